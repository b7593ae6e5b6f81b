"""Documents name files and packages that are there, and every package is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]
PAGES = sorted([*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md")])
EXAMPLES = {"scenarios/hole.toml"}
"""Files of a user's, in pages that show how to write one."""


def packages() -> list[str]:
    """Every folder of the package that holds files of ours."""
    found = {
        path.parent for path in (TOP / "harness").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    kept = {path for path in found if not any(part in ("fixtures", "scenarios") for part in path.parts)}
    return sorted(str(path.relative_to(TOP)) for path in kept if path != TOP / "harness")


@pytest.mark.parametrize("package", packages())
def test_the_architecture_page_names_each_package(package: str) -> None:
    assert f"| `{package}` |" in (TOP / "docs/architecture.md").read_text()


def test_each_line_of_that_table_begins_with_a_file_that_is_there() -> None:
    rows = re.findall(r"^\| `(harness/[^`]+)` \|.*\| ([^|]+) \|$", (TOP / "docs/architecture.md").read_text(), re.M)
    assert len(rows) == len(packages())
    gone = [f"{folder}/{name}" for folder, names in rows for name in re.findall(r"`([^`]+)`", names)]
    assert [path for path in gone if not (TOP / path).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_files_that_a_page_names_are_there(page: Path) -> None:
    named = re.findall(r"`((?:harness|tests|fixtures|scenarios|docs)/[\w./-]+?)`", page.read_text())
    assert [path for path in named if path not in EXAMPLES and not (TOP / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_a_module_s_name_is_there_once() -> None:
    """Outside ``__init__`` and ``__main__``: no two packages mirror each other."""
    names = [path.name for path in (TOP / "harness").rglob("*.py") if not path.name.startswith("__")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
