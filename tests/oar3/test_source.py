"""Source trees, read without running anything of them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.fault import ConfigurationFault
from harness.oar3.source import read_scripts, read_tree

if TYPE_CHECKING:
    from tests.oar3.conftest import MakeTree


def test_a_tree(tmp_path: Path, make_tree: MakeTree) -> None:
    source = read_tree(make_tree(tmp_path / "t"))
    assert (source.version, source.origin, source.name) == ("3.0.2", "tree", "3.0.2")
    assert dict(source.scripts) == {"kao": "oar.kao.kao:main"}
    assert re.fullmatch(r"[0-9a-f]{64}", source.sha256)
    assert source.environment() == {"version": "3.0.2", "origin": "tree", "sha256": source.sha256}


def test_the_sum_is_of_what_matters(tmp_path: Path, make_tree: MakeTree) -> None:
    tree = make_tree(tmp_path / "t")
    before = read_tree(tree).sha256
    assert read_tree(make_tree(tmp_path / "elsewhere")).sha256 == before
    (tree / "README").write_text("not run")
    (tree / "oar" / "__pycache__").mkdir()
    (tree / "oar" / "__pycache__" / "x.pyc").write_bytes(b"made by running it")
    assert read_tree(tree).sha256 == before
    (tree / "oar" / "kao" / "kao.py").rename(tree / "oar" / "kao" / "kamelot.py")
    assert read_tree(tree).sha256 != before


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('VERSION = "3.1.0"\n', "3.1.0"),
        ('__version__: str = "3.1.0"\n', "3.1.0"),
        ('VERSION = "3.1"\n__version__ = VERSION\n', "3.1"),
        ('a = b = "3"\n__version__ = a\n', "3"),
    ],
)
def test_how_a_version_may_be_stated(tmp_path: Path, make_tree: MakeTree, text: str, version: str) -> None:
    tree = make_tree(tmp_path / "t")
    (tree / "oar" / "__init__.py").write_text(text)
    assert read_tree(tree).version == version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no __version__"),
        ("__version__ = compute()\n", "no __version__"),
        ("def (\n", "not valid Python"),
        ("\0", "not valid Python"),
        ("__version__ = '2.5.9'\n", "not OAR3"),
    ],
)
def test_what_is_no_version_of_oar3(tmp_path: Path, make_tree: MakeTree, text: str, said: str) -> None:
    tree = make_tree(tmp_path / "t")
    (tree / "oar" / "__init__.py").write_text(text)
    with pytest.raises(ConfigurationFault, match=said):
        read_tree(tree)


def test_poetry_s_tables_and_the_standard_s(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(
        """
[project.scripts]
kao = "oar.kao.kao : main"
[tool.poetry.scripts]
'.oarsub' = 'oar.cli.oarsub:cli[extra]'
kamelot = { reference = "oar.kao.kamelot:main", type = "console" }
old = { callable = "oar.old:main" }
shell = { reference = "scripts/x.sh", type = "file" }
"""
    )
    assert read_scripts(pyproject) == {
        ".oarsub": "oar.cli.oarsub:cli",
        "kamelot": "oar.kao.kamelot:main",
        "old": "oar.old:main",
        "kao": "oar.kao.kao:main",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.poetry.scripts]\nkao = 'oar.kao; import os:main'\n", "cannot use"),
        ("[tool.poetry.scripts]\n'../kao' = 'oar.kao:main'\n", "cannot use"),
        ("[tool.poetry.scripts]\n'..' = 'oar.kao:main'\n", "cannot use"),
        ("[tool.poetry.scripts]\nkao = 3\n", "cannot use"),
        ("[tool.poetry]\n", "no console scripts"),
        ("[tool]\npoetry = 3\n", "no console scripts"),
        ("[tool", "not valid TOML"),
    ],
)
def test_scripts_that_cannot_be_launched(tmp_path: Path, text: str, said: str) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(text)
    with pytest.raises(ConfigurationFault, match=said):
        read_scripts(pyproject)


@given(name=st.text(max_size=12), value=st.text(max_size=24))
def test_no_script_that_is_read_can_break_a_launcher(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: str
) -> None:
    pyproject = tmp_path_factory.mktemp("scripts") / "pyproject.toml"
    quoted = [
        '"' + "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08x}" for c in text) + '"'
        for text in (name, value)
    ]
    pyproject.write_text(f"[project.scripts]\n{quoted[0]} = {quoted[1]}\n", encoding="utf-8")
    try:
        scripts = read_scripts(pyproject)
    except ConfigurationFault:
        return
    ((read, target),) = scripts.items()
    assert read == name
    assert "/" not in read
    assert read.strip(".")
    module, function = target.split(":")
    assert all(part.isidentifier() for part in (*module.split("."), *function.split(".")))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_module(tmp_path: Path, make_tree: MakeTree) -> None:
    tree = make_tree(tmp_path / "t")
    (tree / "oar" / "kao" / "kao.py").chmod(0)
    with pytest.raises(ConfigurationFault, match="readable"):
        read_tree(tree)
