"""Copies of OAR3 that are bombs, holes or gone: refused in one line, before they are unpacked or read."""

from __future__ import annotations

import io
import lzma
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.model import bounds
from harness.model.fault import ConfigurationFault, MachineFault
from harness.oar3 import wheels
from harness.oar3.copies import find
from harness.oar3.deb import read_deb
from harness.oar3.install import _tar
from harness.oar3.source import read_tree
from harness.oar3.version import version_key
from harness.oar3.wheels import unzip

if TYPE_CHECKING:
    from tests.oar3.conftest import MakeTree


def member(name: str, data: bytes) -> bytes:
    head = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
    return head + data + b"\n" * (len(data) % 2)


def archive(name: str, size: int) -> bytes:
    """A tar archive, packed, of one file of zeros; in memory it is never whole."""
    entry = tarfile.TarInfo(name)
    entry.size = size
    packed = io.BytesIO()
    with lzma.open(packed, "wb", preset=0) as stream:
        stream.write(entry.tobuf())
        for _ in range(size >> 20):
            stream.write(bytes(1 << 20))
        stream.write(bytes(1024))
    return packed.getvalue()


@pytest.mark.parametrize("bomb", ["control", "data"])
def test_a_package_that_unpacks_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bomb: str) -> None:
    monkeypatch.setattr(bounds, "PACKAGE", 8 << 20)
    sizes = {"control": 1 << 20, "data": 1 << 20, bomb: 20 << 20}
    parts = (member(f"{name}.tar.xz", archive(f"./{name}", size)) for name, size in sizes.items())
    path = tmp_path / "a.deb"
    path.write_bytes(b"!<arch>\n" + member("debian-binary", b"2.0\n") + b"".join(parts))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(ConfigurationFault, match="unpacks to more than 8 MiB"):
        read_deb(path)


def test_a_package_of_holes(tmp_path: Path) -> None:
    with (tmp_path / "a.deb").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigurationFault, match="larger than 256 MiB"):
        read_deb(tmp_path / "a.deb")


@pytest.mark.parametrize("name", ["oar/kao/huge.py", "oar/data.bin", "pyproject.toml", "oar/__init__.py"])
def test_a_tree_with_holes(tmp_path: Path, make_tree: MakeTree, name: str) -> None:
    tree = make_tree(tmp_path / "t")
    with (tree / name).open("ab") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigurationFault, match=r"larger than 4 MiB|more than 64 MiB"):
        read_tree(tree)


def test_a_tree_whose_files_nest_without_end(tmp_path: Path, make_tree: MakeTree) -> None:
    tree = make_tree(tmp_path / "t")
    (tree / "pyproject.toml").write_text("a = " + "[" * 100_000)
    with pytest.raises(ConfigurationFault, match="brackets"):
        read_tree(tree)
    tree = make_tree(tmp_path / "u")
    (tree / "oar/__init__.py").write_text("VERSION = " + "(" * 100_000)
    with pytest.raises(ConfigurationFault, match="not valid Python"):
        read_tree(tree)


def test_a_tree_that_is_removed_after_it_was_found(tmp_path: Path, make_tree: MakeTree) -> None:
    source = read_tree(make_tree(tmp_path / "t"))
    shutil.rmtree(source.path)
    with pytest.raises(ConfigurationFault, match="can be read no more"):
        _tar(source.path, "oar")


def test_a_wheel_that_unpacks_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "a.whl", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a/b.py", bytes(2 << 20))
    with pytest.raises(MachineFault, match="unpacks to more than 1 MiB"):
        unzip([tmp_path / "a.whl"], tmp_path / "lib")
    assert not (tmp_path / "lib/a").exists()


@pytest.mark.parametrize(
    "value", ["9" * 5000, "3." + "9" * 5000, "x" * 5000, "~nobody-at-all/x", "v3.0.0.dev" + "1" * 5000]
)
def test_names_of_versions_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("OAR_COMPAT_CACHE", str(tmp_path))
    assert version_key(value) is None
    with pytest.raises(ConfigurationFault):
        find([value])
