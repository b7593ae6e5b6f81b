"""What OAR3's own tree asks for, as pip writes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from harness.oar3.adapt import declared_requirement
from harness.oar3.source import Oar3Source, read_tree

if TYPE_CHECKING:
    from tests.oar3.conftest import MakeTree


def source(tmp_path: Path, make_tree: MakeTree, dependencies: str) -> Oar3Source:
    tree = make_tree(tmp_path / "tree")
    with (tree / "pyproject.toml").open("a") as file:
        file.write(f"[tool.poetry.dependencies]\npython = '>=3.10, <4'\n{dependencies}\n")
    return read_tree(tree)


@pytest.mark.parametrize(
    ("module", "declared", "requirement"),
    [
        ("sqlalchemy", 'SQLAlchemy = "^2.0.0"', "SQLAlchemy>=2.0.0,<3"),
        ("sqlalchemy_utils", 'SQLAlchemy-Utils = ">=0.37.3"', "SQLAlchemy-Utils>=0.37.3"),
        ("tabulate", 'tabulate = ">=0.8.9, <1.0"', "tabulate>=0.8.9,<1.0"),
        ("passlib", 'passlib = {extras = ["bcrypt"], version = "^1.7.4"}', "passlib>=1.7.4,<2"),
        ("procset", 'procset = { git = "https://example.org/procset.py" }', "procset"),
        ("rich", 'rich = "*"', "rich"),
        ("rich", 'rich = "13.5.2"', "rich==13.5.2"),
        ("rich", 'rich = "^0.3.1"', "rich>=0.3.1,<0.4"),
        ("rich", 'rich = "^0.0.3"', "rich>=0.0.3,<0.0.4"),
        ("rich", 'rich = "^1"', "rich>=1,<2"),
        ("rich", 'rich = "^0"', "rich>=0,<1"),
        ("rich", 'rich = [{version = "^1"}, {version = "^2"}]', "rich"),
        ("rich", 'richer = "^1"', "rich"),
    ],
)
def test_a_requirement_is_written_as_pip_reads_it(
    tmp_path: Path, make_tree: MakeTree, module: str, declared: str, requirement: str
) -> None:
    found = declared_requirement(source(tmp_path, make_tree, declared), module)
    assert found == requirement
    assert Requirement(found)


def test_a_tree_without_dependencies_and_debs_give_the_module_s_own_name(tmp_path: Path, make_tree: MakeTree) -> None:
    tree = read_tree(make_tree(tmp_path / "tree"))
    assert declared_requirement(tree, "rich") == "rich"
    assert declared_requirement(Oar3Source("3.0.2", "deb", tmp_path / "x.deb", "", "3.0.2"), "rich") == "rich"
