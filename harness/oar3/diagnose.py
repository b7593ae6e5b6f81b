"""What an error of OAR3 calls for: the adaptation that would help, told from the error's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["module", "too-old", "column"]

_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("module", re.compile(r"^ModuleNotFoundError: No module named '(?P<name>\w+)", re.M)),
    ("too-old", re.compile(r"^ImportError: cannot import name '[^']+' from '(?P<name>\w+)", re.M)),
    ("too-old", re.compile(r"^AttributeError: module '(?P<name>\w+)[^']*' has no attribute '[^']+'", re.M)),
    ("column", re.compile(r"UndefinedColumn\) column (?P<name>\w+\.\w+) does not exist", re.M)),
    (
        "column",
        re.compile(r'UndefinedColumn\) column "(?P<column>\w+)" of relation "(?P<table>\w+)" does not exist', re.M),
    ),
)


@dataclass(frozen=True, slots=True)
class Need:
    """What is missing.

    :ivar kind: a Python module that is not there, one that is too old, or a column of the database.
    :ivar name: the module's top-level name, or ``table.column``.
    :ivar error: the error's own line.
    """

    kind: Kind
    name: str
    error: str


def diagnose(output: str) -> Need | None:
    """The need that the last error in a program's output tells of, or None if it is of no known kind."""
    found: list[tuple[int, Need]] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(output):
            parts = match.groupdict()
            name = parts.get("name") or f"{parts['table']}.{parts['column']}"
            end = output.find("\n", match.end())
            line = output[output.rfind("\n", 0, match.start()) + 1 : end if end >= 0 else None].strip()
            found.append((match.start(), Need(kind, name, line)))
    return max(found, key=lambda pair: pair[0])[1] if found else None
