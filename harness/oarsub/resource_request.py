"""The one grammar of ``-l``: alternatives of groups of levels, and a walltime.

After ``parse_resource_descriptions`` of ``oarsub`` 2.6.1, in the forms that its help shows. It also takes odd ones
(a comma between groups, blanks within a number, …); those are not read here, and left to ``oarsub``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.model.duration import format_duration
from harness.model.job import COUNT_WORDS, Level

MOST = 2**31 - 1
"""The greatest number that a column ``integer`` of PostgreSQL holds."""

DEFAULT_WALLTIME = 7200
"""Seconds given to a request that names no walltime (admission rule "Set the default walltime" of a fresh OAR)."""

_COUNTS = {word: count for count, word in COUNT_WORDS.items()}
_LEVEL = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*(\d{1,10}|ALL|BESTHALF|BEST)\s*", re.A)
_WALLTIME = re.compile(r",\s*walltime\s*=\s*(\d{1,9})(?::(\d{1,9}))?(?::(\d{1,9}))?\s*$", re.A)
_GROUP = re.compile(r"\s*(?:\{([^{}]+)\})?\s*/*([^+,{}]*)", re.A)


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """One resource group of a request.

    :ivar levels: from the widest to the narrowest; none: those of the server's default request.
    :ivar condition: SQL that its resources fulfil; empty: none.
    """

    levels: tuple[Level, ...]
    condition: str = ""

    def __str__(self) -> str:
        levels = "".join(f"/{level}" for level in self.levels)
        return f"{{{self.condition}}}{levels}" if self.condition else levels


@dataclass(frozen=True, slots=True)
class Alternative:
    """One ``-l``: groups that are all given for ``walltime`` seconds; None: it names no walltime.

    ``str`` writes it as ``oarsub`` takes it.
    """

    groups: tuple[ResourceGroup, ...]
    walltime: int | None = None

    @property
    def seconds(self) -> int:
        """The walltime; that of a fresh OAR if it names none."""
        return DEFAULT_WALLTIME if self.walltime is None else self.walltime

    def __str__(self) -> str:
        groups = "+".join(map(str, self.groups))
        return groups if self.walltime is None else f"{groups},walltime={format_duration(self.walltime)}"


def read_alternative(text: str) -> Alternative:
    """The value of one ``-l``; raises ValueError if it is not of the usual form.

    >>> read_alternative("{mem > 64}/host=2/core=ALL,walltime=1:30").walltime
    5400
    >>> str(read_alternative("nodes=1+cpu=2"))
    '/nodes=1+/cpu=2'
    """
    walltime, end = None, len(text)
    if found := _WALLTIME.search(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        walltime, end = hours * 3600 + minutes * 60 + seconds, found.start()
        if walltime > MOST:
            raise ValueError(f"cannot read the request {text!r}: a walltime of {walltime} s")
    groups = []
    at = 0
    while True:
        found = _GROUP.match(text, at, end)
        assert found, "it matches the empty string"
        condition, levels = found[1] or "", found[2].strip()
        if not levels and not condition:
            raise ValueError(f"cannot read the request {text!r}: a group asks for nothing")
        groups.append(ResourceGroup(read_levels(levels) if levels else (), condition))
        at = found.end()
        if at == end:
            return Alternative(tuple(groups), walltime)
        if text[at] != "+":
            raise ValueError(f"cannot read the request {text!r}: not of the usual form")
        at += 1


def read_levels(text: str) -> tuple[Level, ...]:
    """The levels of one group, without a slash before the first; raises ValueError if one is not of the usual form.

    >>> read_levels("host=1/core=BEST")
    (Level(property='host', count=1), Level(property='core', count=-2))
    """
    return tuple(map(_level, text.split("/")))


def _level(text: str) -> Level:
    found = _LEVEL.fullmatch(text)
    if not found or found[1] == "walltime":
        raise ValueError(f"cannot read {text!r}: no level of the usual form")
    count = _COUNTS[found[2]] if found[2] in _COUNTS else int(found[2])
    if count > MOST:
        raise ValueError(f"cannot read {text!r}: too great a number")
    return Level(found[1], count)
