"""Names of OAR3's versions, and their order: ``3.0.0.dev9`` < ``3.0.0dev14`` < ``3.0.1`` < ``3.0.2``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_VERSION = re.compile(
    r"v?(?P<numbers>\d{1,9}(?:\.\d{1,9}){1,8})(?:[.-]?(?P<stage>dev|a|b|rc|post)\.?(?P<count>\d{0,9}))?", re.I
)
_STAGES = {"dev": -4, "a": -3, "b": -2, "rc": -1, "": 0, "post": 1}

VersionKey = tuple[tuple[int, ...], int, int]


def version_key(text: str) -> VersionKey | None:
    """What versions sort by, or None if ``text`` names none (``master``, ``3``).

    Covers the tags of OAR3's repository, which write development versions both as ``3.0.0.dev9`` and ``3.0.0dev14``.
    Trailing zeros do not count: ``3.1`` and ``3.1.0`` are equal.
    """
    match = _VERSION.fullmatch(text)
    if not match:
        return None
    numbers = [int(number) for number in match["numbers"].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers), _STAGES[(match["stage"] or "").lower()], int(match["count"] or 0)


def is_release(text: str) -> bool:
    """Whether ``text`` names a finished version: not a branch, not a development version or candidate."""
    key = version_key(text)
    return key is not None and key[1] >= 0


def newest_first(names: Iterable[str]) -> list[str]:
    """The names that are versions, newest first; those that are none are left out."""
    keyed = [(key, name) for name in names if (key := version_key(name)) is not None]
    return [name for _, name in sorted(keyed, reverse=True)]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``did you mean 3.0.2?`` where a known name is near ``name``, else an empty string."""
    near = difflib.get_close_matches(name, sorted(set(known) - {name}), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""
