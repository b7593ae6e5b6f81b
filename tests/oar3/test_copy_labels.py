"""What copies are called: labels, commits, contents; never two alike, never what an engine or a schema refuses."""

from __future__ import annotations

import os
import re
import string
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engine.engine_names import as_part
from harness.model.fault import ConfigurationFault
from harness.oar3.copies import find
from harness.oar3.copy_labels import LONGEST, as_name, split_label, told_apart
from harness.oar3.source import Oar3Source, environment_of
from harness.report.json_report import schema

if TYPE_CHECKING:
    from tests.oar3.conftest import MakeTree

ID = re.compile(schema()["$defs"]["combination_id"]["pattern"])
LETTERS = string.ascii_letters + string.digits + "._+-"


def copies(*asked: str) -> tuple[Oar3Source, ...]:
    found = find(asked)
    assert isinstance(found, tuple)
    return found


def names(*asked: str) -> list[str]:
    return [source.name for source in copies(*asked)]


def git(folder: Path, *words: str) -> str:
    identity = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-C", str(folder), *words],
        env={**os.environ, **identity, "GIT_CONFIG_GLOBAL": "/dev/null"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def committed(folder: Path) -> str:
    """Commit all there is and return the short hash."""
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")
    return git(folder, "rev-parse", "--short=8", "HEAD")


def test_a_commit_against_its_parent(tmp_path: Path, make_tree: MakeTree) -> None:
    new = make_tree(tmp_path / "new")
    parent = committed(new)
    old = tmp_path / "old"
    git(new, "worktree", "add", "-q", str(old), parent)
    (new / "oar" / "kao" / "kao.py").write_text("raise SystemExit('changed')\n")
    child = committed(new)
    assert names(str(new), str(old)) == [child, parent]
    (old / "oar" / "kao" / "new.py").write_text("")
    assert names(str(new), str(old)) == [child, f"{parent}-dirty"]
    assert copies(str(old))[0].name == "3.0.2", "one alone needs no other name than its version"
    assert copies(str(old))[0].environment()["commit"] == f"{parent}-dirty"


def test_what_makes_a_tree_dirty(tmp_path: Path, make_tree: MakeTree) -> None:
    tree = make_tree(tmp_path / "t")
    (tree / "oar" / "tools.sh").write_text("true\n")
    clean = committed(tree)

    def commit() -> str:
        return copies(str(tree))[0].commit

    assert commit() == clean
    (tree / "oar" / "__pycache__").mkdir()
    (tree / "oar" / "__pycache__" / "x.cpython-311.pyc").write_bytes(b"x")
    (tree / "notes.txt").write_text("not a part of what is installed")
    assert commit() == clean
    (tree / "oar" / "tools.sh").write_text("false\n")
    assert commit() == f"{clean}-dirty"
    git(tree, "checkout", "-q", "--", "oar/tools.sh")
    (tree / "oar" / "tools.sh").unlink()
    assert commit() == f"{clean}-dirty"


def test_a_program_s_file_is_part_of_the_content(tmp_path: Path, make_tree: MakeTree) -> None:
    """It is installed as well: with the sum of Python's files alone, an image made before the change was used."""
    tree = make_tree(tmp_path / "t")
    before = copies(str(tree))[0].sha256
    (tree / "oar" / "tools.sh").write_text("true\n")
    assert copies(str(tree))[0].sha256 != before


def test_a_repository_s_own_programs_are_not_run(tmp_path: Path, make_tree: MakeTree) -> None:
    tree = make_tree(tmp_path / "t")
    (tree / ".gitattributes").write_text("* filter=evil\n")
    clean = committed(tree)
    trap, seen = tmp_path / "trap", tmp_path / "seen"
    trap.write_text(f"#!/bin/sh\ntouch {seen}\ncat\n")
    trap.chmod(0o755)
    git(tree, "config", "core.fsmonitor", str(trap))
    git(tree, "config", "filter.evil.clean", str(trap))
    git(tree, "config", "core.pager", str(trap))
    (tree / "oar" / "kao" / "kao.py").write_text("changed = 1\n")
    assert copies(str(tree))[0].commit == f"{clean}-dirty"
    assert not seen.exists()


def test_another_project_s_checkout_is_not_the_tree_s_own(tmp_path: Path, make_tree: MakeTree) -> None:
    (tmp_path / "readme").write_text("x")
    committed(tmp_path)
    assert copies(str(make_tree(tmp_path / "unpacked here")))[0].commit == ""


def test_labels(tmp_path: Path, make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = make_tree(tmp_path / "1"), make_tree(tmp_path / "2")
    assert names(f"new={one}", f"old={other}") == ["new", "old"]
    assert names(f"new={one}", str(other)) == ["new", "3.0.2"]
    assert names(f"a={one}", f"b={one}") == ["a", "b"], "a copy may be compared with itself"
    label, version = names(f"3.0.2={one}", str(other))
    assert label == "3.0.2", "what somebody calls it stays"
    assert version.startswith("3.0.2-")
    assert [name.rpartition("-")[2] for name in names(str(one), str(other))][1] == "2", "alike to the last byte"
    monkeypatch.setenv("OAR_COMPAT_OAR3", f"new={one}{os.pathsep}old={other}")
    assert names() == ["new", "old"]
    colon = make_tree(tmp_path / f"a{os.pathsep}b")
    monkeypatch.setenv("OAR_COMPAT_OAR3", f"new={colon}")
    assert names() == ["new"]


def test_a_label_for_a_version_of_the_cache(cache: Path, make_tree: MakeTree) -> None:
    make_tree(cache / "oar3" / "3.0.2")
    make_tree(cache / "oar3" / "my branch", "3.1.0")
    assert names("site=3.0.2", "my branch") == ["site", "my-branch"]


def test_a_path_that_holds_an_equals_sign(
    tmp_path: Path, make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tree(tmp_path / "new=x")
    make_tree(tmp_path / "x", "3.0.9")
    monkeypatch.chdir(tmp_path)
    assert [source.version for source in copies("new=x")] == ["3.0.2"], "what is there wins"
    assert [source.version for source in copies("./new=x", str(tmp_path / "new=x"))] == ["3.0.2"]
    assert [(source.name, source.version) for source in copies("new=./new=x")] == [("new", "3.0.2")]
    with pytest.raises(ConfigurationFault, match=r"a=b.*is not there"):
        find([str(tmp_path / "a=b")])


@pytest.mark.parametrize("label", ["", "a b", "a@b", "a:b", "ü", "-x", "a\nb", "x" * (LONGEST + 1), "again", "$(id)"])
def test_what_is_no_label(tmp_path: Path, make_tree: MakeTree, label: str) -> None:
    with pytest.raises(ConfigurationFault, match="cannot be a label") as caught:
        find([f"{label}={make_tree(tmp_path / 't')}"])
    assert "\n" not in str(caught.value)
    assert caught.value.where == "--oar3"


def test_two_of_one_label(tmp_path: Path, make_tree: MakeTree) -> None:
    with pytest.raises(ConfigurationFault, match="two copies of OAR3 are called 'new'"):
        find([f"new={make_tree(tmp_path / '1')}", f"new={make_tree(tmp_path / '2', '3.0.1')}"])


def source(name: str, commit: str, content: str, label: str) -> Oar3Source:
    return Oar3Source(name, "tree", Path("/x"), content * 8, name, label=label, commit=commit)


@given(
    st.lists(
        st.builds(
            source,
            st.text(min_size=1, max_size=6) | st.sampled_from(["3.0.2", "3.0.2-2", "again", "1:3~b+c"]),
            st.sampled_from(["", "12345678", "12345678-dirty"]),
            st.sampled_from("ab"),
            st.just(""),
        ),
        max_size=6,
    ),
    st.sets(st.text(LETTERS, min_size=1, max_size=5).filter(lambda text: text[0].isalnum()), max_size=3),
)
def test_no_two_are_called_alike_and_all_can_be_shown(plain: list[Oar3Source], labels: set[str]) -> None:
    labelled = [source("3.0.2", "", "c", label) for label in sorted(labels)]
    named = told_apart([*labelled, *plain])
    shown = [each.name for each in named]
    assert len(set(shown)) == len(shown)
    assert shown[: len(labels)] == sorted(labels)
    for name in shown:
        assert ID.fullmatch(f"kao@{name}")
        assert ID.fullmatch(f"kao-external+kamelot@{name}")
        assert name != "again"
        assert "/" not in name


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_container_s_name_is_one_the_engine_takes(one: str, other: str) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", f"oar-compat-{as_part(one)}")
    assert len(as_part(one)) < 80
    assert (as_part(one) == as_part(other)) == (one == other)
    assert as_name(as_name(one)) == as_name(one)


@given(st.text(LETTERS + "=/~ @", max_size=12))
def test_a_label_and_the_rest_make_the_value_again(value: str) -> None:
    try:
        label, rest = split_label(value, "--oar3", lambda _: False)
    except ConfigurationFault:
        assert "=" in value
        return
    assert value == (f"{label}={rest}" if label else rest)


def test_the_environment_names_each() -> None:
    new, old = source("new", "12345678-dirty", "a", "new"), source("3.0.1", "", "b", "")
    said = environment_of([new, old])
    assert said["oar3"] == new.environment(), "the first, as ever"
    assert said["oar3-copies"] == {"new": new.environment(), "3.0.1": old.environment()}
    assert said["oar3"]["commit"] == "12345678-dirty"
    assert environment_of([old]) == {"oar3": old.environment()}
    assert environment_of([]) == {"oar3": None}
