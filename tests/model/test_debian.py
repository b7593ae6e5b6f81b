"""Debian's releases are written down in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import harness
from harness.model import debian


def test_no_code_name_is_written_anywhere_else() -> None:
    root = Path(harness.__file__).parent
    names = re.compile(rf"\b({'|'.join(debian.CODENAMES)})\b")
    table = root / "model" / "debian.py"
    assert names.search(table.read_text()), "the expression finds what it looks for"
    written = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in sorted(root.rglob("*.py"))
        if path != table
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if names.search(line)
    ]
    assert written == []


@pytest.mark.parametrize("key", ["codename", "number", "schema", "oar2"])
def test_a_release_is_known_by_each_of_its_names(key: str) -> None:
    values = [getattr(release, key) for release in debian.RELEASES]
    assert len(set(values)) == len(values)


def test_the_newest_comes_first_and_is_the_default() -> None:
    numbers = [release.number for release in debian.RELEASES]
    assert numbers == sorted(numbers, reverse=True)
    assert debian.by_codename(debian.DEFAULT) is debian.RELEASES[0]


def test_a_schema_nobody_knows_belongs_to_no_release() -> None:
    assert all(debian.by_schema(release.schema) is release for release in debian.RELEASES)
    assert debian.by_schema("1.0") is None
