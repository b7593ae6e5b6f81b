"""The fixed order in which OAR3 is looked for, with trees."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.model.fault import ConfigurationFault
from harness.model.record import Missing
from harness.oar3.copies import cached, find
from harness.oar3.source import Oar3Source

if TYPE_CHECKING:
    from tests.oar3.conftest import MakeTree


def one(*asked: str) -> Oar3Source:
    sources = find(asked)
    assert isinstance(sources, tuple)
    (source,) = sources
    return source


def test_nothing_anywhere_is_missing_with_what_was_tried(cache: Path) -> None:
    missing = find()
    assert isinstance(missing, Missing)
    assert "OAR_COMPAT_OAR3" in missing.why
    assert str(cache / "oar3") in missing.why
    assert "--oar3" in missing.how


def test_a_path_wins_over_the_cache_and_the_environment(
    cache: Path, tmp_path: Path, make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tree(cache / "oar3" / "3.0.9", "3.0.9")
    monkeypatch.setenv("OAR_COMPAT_OAR3", str(make_tree(tmp_path / "from the environment", "3.0.5")))
    assert one(str(make_tree(tmp_path / "asked for", "3.0.1"))).version == "3.0.1"
    assert one().version == "3.0.5"
    monkeypatch.setenv("OAR_COMPAT_OAR3", "")
    assert one().version == "3.0.9"


def test_the_newest_release_of_the_cache_comes_first_and_branches_only_by_name(
    cache: Path, make_tree: MakeTree
) -> None:
    for name in ("3.0.2", "3.0.10", "3.0.9", "3.1.0.dev1", "master"):
        make_tree(cache / "oar3" / name, name.replace("master", "4.0.0dev"))
    assert cached() == ("3.1.0.dev1", "3.0.10", "3.0.9", "3.0.2", "master")
    assert one().name == "3.0.10"
    assert one("master").version == "4.0.0dev"
    assert one("master").name == "master"
    assert one("3.1.0.dev1").origin == "tree"


def test_several_make_an_axis_in_the_order_asked_for(cache: Path, make_tree: MakeTree) -> None:
    make_tree(cache / "oar3" / "3.0.1")
    make_tree(cache / "oar3" / "3.0.2")
    sources = find(["3.0.2", "3.0.1", "3.0.2"])
    assert isinstance(sources, tuple)
    assert [source.name for source in sources] == ["3.0.2", "3.0.1"]


def test_the_environment_may_name_several(
    cache: Path, tmp_path: Path, make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tree(cache / "oar3" / "3.0.1", "3.0.1")
    odd = make_tree(tmp_path / f"a{os.pathsep}b", "3.0.7")
    monkeypatch.setenv("OAR_COMPAT_OAR3", f"3.0.1{os.pathsep}{make_tree(tmp_path / 't', '3.0.3')}")
    sources = find()
    assert isinstance(sources, tuple)
    assert [source.version for source in sources] == ["3.0.1", "3.0.3"]
    monkeypatch.setenv("OAR_COMPAT_OAR3", str(odd))
    assert one().version == "3.0.7"


def test_two_of_one_version_are_told_apart(tmp_path: Path, make_tree: MakeTree) -> None:
    one_tree, other = make_tree(tmp_path / "1"), make_tree(tmp_path / "2")
    (other / "oar" / "patch.py").write_text("x = 1\n")
    sources = find([str(one_tree), str(other)])
    assert isinstance(sources, tuple)
    assert [source.name for source in sources] == [f"3.0.2-{source.sha256[:8]}" for source in sources]
    assert len({source.name for source in sources}) == 2


def test_an_unknown_version_offers_the_nearest(cache: Path, make_tree: MakeTree) -> None:
    make_tree(cache / "oar3" / "3.0.2")
    make_tree(cache / "oar3" / "master")
    with pytest.raises(ConfigurationFault, match="did you mean master"):
        find(["mastr"])
    with pytest.raises(ConfigurationFault, match=r"did you mean 3\.0\.2"):
        find(["3.0.22"])


def test_an_archive_s_own_folder_is_looked_into(tmp_path: Path, make_tree: MakeTree) -> None:
    tree = make_tree(tmp_path / "up" / "oar3-3.0.2")
    assert one(str(tmp_path / "up")).path == tree


def test_names_with_spaces_links_and_relative_paths(
    tmp_path: Path, make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = make_tree(tmp_path / "a copy of OAR3")
    link = tmp_path / "link"
    link.symlink_to(tree)
    assert one(str(link)).sha256 == one(str(tree)).sha256
    assert len(find([str(link), str(tree)])) == 1  # type: ignore[arg-type]
    monkeypatch.chdir(tmp_path)
    assert one("./link").path.is_absolute()
    assert one("a copy of OAR3").path == tree


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: None, "is not there"),
        (lambda path: path.mkdir(), "the folder is empty"),
        (lambda path: path.write_text("x"), "a file that is no .deb"),
        (lambda path: (path / "kao").mkdir(parents=True), "name the folder above it"),
        (lambda path: (path / "oar").mkdir(parents=True), r"without oar/__init__\.py and pyproject\.toml"),
        (lambda path: (path.mkdir(), (path / "readme").write_text("x")), "neither .debs nor a source tree"),
        (lambda path: path.symlink_to(path), "it|there|read"),
    ],
)
def test_what_is_there_instead_is_said(tmp_path: Path, make: object, said: str) -> None:
    path = tmp_path / "thing"
    make(path)  # type: ignore[operator]
    with pytest.raises(ConfigurationFault, match=said) as caught:
        find([str(path)])
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder(tmp_path: Path, make_tree: MakeTree) -> None:
    tree = make_tree(tmp_path / "t")
    tree.chmod(0)
    try:
        with pytest.raises(ConfigurationFault, match="readable"):
            find([str(tree)])
    finally:
        tree.chmod(0o755)


def test_a_broken_release_in_the_cache_is_passed_over_aloud(cache: Path, make_tree: MakeTree) -> None:
    make_tree(cache / "oar3" / "3.0.1", "3.0.1")
    (cache / "oar3" / "3.0.2").mkdir()
    (cache / "oar3" / "3.0.3").mkdir()
    (cache / "oar3" / "3.0.3" / "README").write_text("x")
    source = one()
    assert source.name == "3.0.1"
    assert "3.0.3" in source.notes[0]
    with pytest.raises(ConfigurationFault, match="neither"):
        find(["3.0.3"])


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_value_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationFault, match="empty"):
        find([value])
