"""The types of a job (``-t``) that the harness itself must understand."""

from __future__ import annotations

import re
from collections.abc import Iterable

DATED = ("postpone", "deadline", "expire")
"""Types whose value is a date."""

_DATED = re.compile(rf"({'|'.join(DATED)})=(.*)", re.S)
NOOP = r"noop(=standby)?"
"""What is matched by the type of a job that needs no node."""

INNER = "inner="
"""Before the name or id of the container that a job runs in."""


def is_noop(types: Iterable[str]) -> bool:
    """Whether a job needs no node, and ends at its walltime or by ``oardel``.

    >>> is_noop(["besteffort", "noop=standby"])
    True
    """
    return any(re.fullmatch(NOOP, entry) for entry in types)


def dated(entry: str) -> tuple[str, str] | None:
    """The name and the date of a dated type, as written; None for any other.

    >>> dated("deadline=+1:00:00")
    ('deadline', '+1:00:00')
    """
    found = _DATED.fullmatch(entry)
    return (found[1], found[2]) if found else None


def container_of(types: Iterable[str]) -> str:
    """What the first ``inner=`` names; empty if there is none."""
    return next((entry.removeprefix(INNER) for entry in types if entry.startswith(INNER)), "")
