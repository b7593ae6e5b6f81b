"""OAR3 as .debs: what is taken, what is left out, what is refused."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.model.fault import ConfigurationFault
from harness.oar3.copies import find, read_path
from harness.oar3.deb import OAR2_PACKAGES, host_architecture, read_deb, read_debs

if TYPE_CHECKING:
    from tests.oar3.conftest import MakeDeb, MakeTree

REPLACE = "carries the name of an OAR2 package and would replace it; only python3-oar and ProcSet are wanted"


def test_control_fields_and_files(tmp_path: Path, make_deb: MakeDeb) -> None:
    deb = read_deb(make_deb(tmp_path, fields="Source: oar3 (3.0.2-1)\nConflicts: a (<< 3), b:any | c\n"))
    assert (deb.package, deb.version, deb.source) == ("python3-oar", "3.0.2-1", "oar3")
    assert deb.files == ("usr", "usr/share", "usr/share/python3-oar", "usr/share/python3-oar/dummy")
    assert deb.takes_away == {"a", "b", "c"}


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="no dpkg-deb on this machine")
@pytest.mark.parametrize("compression", ["gzip", "xz", "none"])
def test_what_dpkg_itself_makes(tmp_path: Path, compression: str) -> None:
    tree = tmp_path / "a dummy"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        "Package: python3-oar\nVersion: 3.0.9\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\n"
        "Description: dummy\n"
    )
    (tree / "usr").mkdir()
    (tree / "usr" / "a file").write_text("dummy")
    path = tmp_path / "made by dpkg.deb"
    subprocess.run(["dpkg-deb", "--build", f"-Z{compression}", tree, path], check=True, capture_output=True)
    source = read_debs(path)
    assert source.version == "3.0.9"
    assert source.debs == (path,)
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert "usr/a file" in read_deb(path).files


def test_all_debs_of_a_release_are_a_legitimate_folder(tmp_path: Path, make_deb: MakeDeb) -> None:
    folder = tmp_path / "a release"
    for package in ("oar-common", "oar-server", "oar-node", "oar-user", "oar-restful-api", "oar-doc"):
        make_deb(folder, package)
    make_deb(folder, "python3-oar-dbgsym")
    wanted = (make_deb(folder, "python3-oar"), make_deb(folder, "python3-procset.py", "1.0-1", architecture="all"))
    source = read_path(folder)
    assert source.debs == wanted
    assert (source.origin, source.version, source.name) == ("deb", "3.0.2-1", "3.0.2-1")
    reasons = {entry.package: entry.reason for entry in source.left_out}
    assert reasons["oar-server"] == REPLACE
    assert len(reasons) == 7
    assert "not needed" in reasons["python3-oar-dbgsym"]
    assert source.notes == ()


def test_the_sum_is_of_the_chosen_ones(tmp_path: Path, make_deb: MakeDeb) -> None:
    folder = tmp_path / "a"
    make_deb(folder)
    make_deb(folder, "python3-procset", "1.0")
    before = read_path(folder).sha256
    make_deb(folder, "oar-node")
    shutil.copytree(folder, tmp_path / "b")
    assert read_path(tmp_path / "b").sha256 == before
    make_deb(folder, "python3-procset", "1.0", fields="Section: x\n")
    assert read_path(folder).sha256 != before


@pytest.mark.parametrize("package", sorted(OAR2_PACKAGES))
def test_one_deb_with_a_name_of_oar2_is_refused(tmp_path: Path, make_deb: MakeDeb, package: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        find([str(make_deb(tmp_path, package))])
    assert f"{package} {REPLACE}" in str(caught.value)
    assert caught.value.exit_code == 4


def test_one_deb_that_is_python3_oar_will_do(tmp_path: Path, make_deb: MakeDeb) -> None:
    path = make_deb(tmp_path, filename="my own name, with spaces.deb", architecture="all", compression="gz")
    source = read_path(path)
    assert source.debs == (path,)
    assert "ProcSet" in source.notes[0]


@pytest.mark.parametrize(
    ("package", "version", "options", "said"),
    [
        ("hello", "2.10", {}, "hello is not needed"),
        ("python3-procset", "1.0", {}, "no python3-oar among python3-procset"),
        ("python3-oar", "3.0.2", {"architecture": "alpha"}, "is for alpha, and this machine is"),
        ("python3-oar", "2.5.9", {}, r"is of OAR 2\.5\.9, not of OAR3"),
        ("oar-something", "2.6.1-1", {"fields": "Source: oar\n"}, r"is of OAR 2\.6\.1-1"),
        ("python3-oar", "3.0.2", {"fields": "Breaks: oar-common (<< 3)\n"}, "would take away oar-common"),
    ],
)
def test_one_deb_that_is_not_it(
    tmp_path: Path, make_deb: MakeDeb, package: str, version: str, options: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigurationFault, match=said) as caught:
        read_path(make_deb(tmp_path, package, version, **options))
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_usable_python3_oar_says_why(tmp_path: Path, make_deb: MakeDeb) -> None:
    make_deb(tmp_path / "a", "oar-server")
    with pytest.raises(ConfigurationFault, match="no python3-oar among oar-server"):
        read_path(tmp_path / "a")
    make_deb(tmp_path / "a", architecture="alpha")
    with pytest.raises(ConfigurationFault, match=r"can be used: .* is for alpha"):
        read_path(tmp_path / "a")
    make_deb(tmp_path / "a")
    assert read_path(tmp_path / "a").debs[0].name == f"python3-oar_3.0.2-1_{host_architecture()}.deb"


def test_two_python3_oar_are_ambiguous(tmp_path: Path, make_deb: MakeDeb) -> None:
    make_deb(tmp_path / "a", version="3.0.1-1")
    make_deb(tmp_path / "a", version="3.0.2-1")
    with pytest.raises(ConfigurationFault, match="more than one python3-oar"):
        read_path(tmp_path / "a")


@pytest.mark.parametrize("compression", ["gz", "xz", "bz2"])
def test_a_deb_cut_anywhere_is_refused(tmp_path: Path, make_deb: MakeDeb, compression: str) -> None:
    path = make_deb(tmp_path / "a", compression=compression)
    whole = path.read_bytes()
    for length in (*range(0, 240, 7), *range(240, len(whole) - 1, 31), len(whole) - 2):
        path.write_bytes(whole[:length])
        with pytest.raises(ConfigurationFault, match="no complete Debian package"):
            read_path(path.parent)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"\x1f\x8b", b"!<arch>\n", b"<html>not found</html>"])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "python3-oar_3.0.2_all.deb"
    path.write_bytes(content)
    with pytest.raises(ConfigurationFault, match="no complete Debian package"):
        read_path(path)


def test_the_cache_may_hold_debs_flat_or_by_debian_release(cache: Path, make_deb: MakeDeb) -> None:
    make_deb(cache / "oar3" / "3.0.1", version="3.0.1")
    make_deb(cache / "oar3" / "3.0.2" / "bookworm", version="3.0.2~bookworm")
    sources = find(["3.0.1"], codename="trixie")
    assert isinstance(sources, tuple)
    assert sources[0].origin == "deb"
    other = read_path(cache / "oar3" / "3.0.2", codename="trixie")
    assert any("bookworm" in note for note in other.notes)
    make_deb(cache / "oar3" / "3.0.2" / "trixie", version="3.0.2~trixie")
    assert read_path(cache / "oar3" / "3.0.2", codename="trixie").version == "3.0.2~trixie"
    assert read_path(cache / "oar3" / "3.0.2", codename="bookworm").version == "3.0.2~bookworm"


def test_a_tree_with_debs_in_it_is_a_tree(tmp_path: Path, make_tree: MakeTree, make_deb: MakeDeb) -> None:
    tree = make_tree(tmp_path / "t")
    make_deb(tree)
    assert read_path(tree).origin == "tree"


def test_links_to_debs(tmp_path: Path, make_deb: MakeDeb) -> None:
    real = make_deb(tmp_path / "real")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "it.deb").symlink_to(real)
    assert read_path(tmp_path / "links").version == "3.0.2-1"
    (tmp_path / "links" / "it.deb").unlink()
    (tmp_path / "links" / "it.deb").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ConfigurationFault):
        read_path(tmp_path / "links")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_deb(tmp_path: Path, make_deb: MakeDeb) -> None:
    path = make_deb(tmp_path)
    path.chmod(0)
    with pytest.raises(ConfigurationFault, match="permission"):
        read_path(path)
