"""What the ``-l`` of an ``oarsub`` line asks for: alternatives of groups of levels, and a walltime.

After ``parse_resource_descriptions`` of ``oarsub`` 2.6.1. Only the forms that its help shows are read here; the odd
ones it also takes (a comma between groups, blanks within a number, …) are :class:`NotInRows`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.model.job import ALL, BEST, BESTHALF, Level

MOST = 2**31 - 1
"""The greatest number that a column ``integer`` of PostgreSQL holds."""

_WORDS = {"ALL": ALL, "BEST": BEST, "BESTHALF": BESTHALF}
_LEVEL = re.compile(r"\s*([a-z_][a-z0-9_]*)\s*=\s*(\d{1,10}|ALL|BESTHALF|BEST)\s*", re.A)
_WALLTIME = re.compile(r",\s*walltime\s*=\s*(\d{1,9})(?::(\d{1,9}))?(?::(\d{1,9}))?\s*$", re.A)
_GROUP = re.compile(r"\s*(?:\{([^{}]+)\})?\s*/*([^+,{}]*)", re.A)


class NotInRows(Exception):
    """A line of which only ``oarsub`` itself can say what rows it leaves; ``reason`` says what it uses."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AskedGroup:
    """Levels from the widest to the narrowest, on the resources that fulfil ``condition`` (SQL; None: all)."""

    levels: tuple[Level, ...]
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """One ``-l``: groups held together for ``walltime`` seconds; None: it says no walltime."""

    groups: tuple[AskedGroup, ...]
    walltime: int | None = None


def read_alternatives(values: Iterable[str], conf: Mapping[str, str]) -> tuple[Alternative, ...]:
    """The values of ``-l``, in their order; without any, that of ``OARSUB_DEFAULT_RESOURCES``.

    :param conf: oar.conf; ``nodes`` is a name for ``OARSUB_NODES_RESOURCES``.
    """
    default = conf.get("OARSUB_DEFAULT_RESOURCES", "/resource_id=1")
    nodes = conf.get("OARSUB_NODES_RESOURCES", "resource_id")
    return tuple(_alternative(value, default, nodes) for value in list(values) or [default])


def _alternative(value: str, default: str, nodes: str) -> Alternative:
    if value.lstrip().startswith("walltime"):
        value = f"{default},{value.lstrip()}"
    walltime = None
    if found := _WALLTIME.search(value):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        walltime = hours * 3600 + minutes * 60 + seconds
        if walltime > MOST:
            raise NotInRows(f"-l {value}: a walltime of {walltime} s")
        value = value[: found.start()]
    groups = []
    at = 0
    while True:
        found = _GROUP.match(value, at)
        assert found, "it matches the empty string"
        condition, levels = found[1], found[2].strip()
        if not levels and condition is None:
            raise NotInRows(f"-l {value}: a group that asks for nothing")
        groups.append(AskedGroup(_levels(levels or default.strip().lstrip("/"), nodes), condition))
        at = found.end()
        if at == len(value):
            return Alternative(tuple(groups), walltime)
        if value[at] != "+":
            raise NotInRows(f"-l {value}: not of the usual form")
        at += 1


def _levels(text: str, nodes: str) -> tuple[Level, ...]:
    levels = []
    for part in text.split("/"):
        found = _LEVEL.fullmatch(part)
        if not found or found[1] == "walltime":
            raise NotInRows(f"-l: {part!r} is no level of the usual form")
        count = _WORDS[found[2]] if found[2] in _WORDS else int(found[2])
        if count > MOST:
            raise NotInRows(f"-l: {part!r} is too great a number")
        levels.append(Level(nodes if found[1] == "nodes" else found[1], count))
    return tuple(levels)
