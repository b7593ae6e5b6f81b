"""The words of a scenario's assertions: what each takes, and whether a job in a schedule meets it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.compare.catalogue import Catalogue
from harness.compare.moments import duration
from harness.model.schedule import Placement, Schedule, Situation


class Unfit(Exception):
    """A value that does not fit its word: what would."""


def texts(value: object) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    if not values or not all(isinstance(v, str) for v in values):
        raise Unfit("a text, or a list of texts")
    return list(values)


def number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Unfit("a whole number")
    return value


def seconds(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"\d+(:[0-5]?\d){1,2}", value):
        parts = [int(part) for part in value.split(":")]
        return sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    try:
        return number(value)
    except Unfit:
        raise Unfit('seconds, or "hours:minutes:seconds"') from None


def truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unfit("true or false")
    return value


def pattern(value: object) -> re.Pattern[str]:
    try:
        return re.compile(texts(value)[0])
    except (re.error, Unfit):
        raise Unfit("a regular expression") from None


@dataclass(frozen=True, slots=True)
class View:
    """One job in one schedule, as the words see it."""

    situation: Situation
    schedule: Schedule
    catalogue: Catalogue
    place: Placement

    def others(self, names: list[str]) -> Iterator[tuple[str, Placement | None]]:
        for name in names:
            for one in named(name, self.schedule.fates):
                fate = self.schedule.fates[one]
                yield one, fate.placement

    def nodes(self) -> set[str]:
        known = self.catalogue.by_id
        return {known[i].node for i in self.place.resources if i in known}

    def start(self) -> str:
        return f"it starts {duration(self.after())} after the beginning"

    def after(self) -> int:
        """Seconds from the case's beginning to its start."""
        return self.place.start - self.situation.began


def _relation(holds: Callable[[Placement, Placement], bool]) -> Callable[[View, Any], str]:
    def judge(view: View, names: list[str]) -> str:
        for name, other in view.others(names):
            if other is None:
                return f"{name} has no place"
            if not holds(view.place, other):
                gap = view.place.start - other.start
                return f"it starts {abs(gap)} s {'after' if gap >= 0 else 'before'} the start of {name}"
        return ""

    return judge


def _starts_at_least(view: View, least: int) -> str:
    return "" if view.after() >= least else view.start()


def _starts_at_most(view: View, most: int) -> str:
    return "" if view.after() <= most else view.start()


def _on(view: View, nodes: list[str]) -> str:
    beside = view.nodes() - set(nodes)
    return f"it is on {', '.join(sorted(beside))} too" if beside else ""


def _not_on(view: View, nodes: list[str]) -> str:
    wrong = view.nodes() & set(nodes)
    return f"it is on {', '.join(sorted(wrong))}" if wrong else ""


def _nodes(view: View, count: int) -> str:
    return "" if len(view.nodes()) == count else f"it is on {len(view.nodes())}"


def _resources(view: View, count: int) -> str:
    held = len(view.place.resources)
    return "" if held == count else f"it holds {held}"


def _moldable(view: View, count: int) -> str:
    return "" if view.place.moldable == count else f"it takes {view.place.moldable}"


def _lasting(holds: Callable[[int, int], bool]) -> Callable[[View, Any], str]:
    def judge(view: View, wanted: int) -> str:
        held = view.place.stop - view.place.start
        return "" if holds(held, wanted) else f"it is held for {duration(held)}"

    return judge


Word = tuple[Callable[[object], Any], Callable[[View, Any], str]]

PLACED: Mapping[str, Word] = {
    "starts-after": (texts, _relation(lambda mine, other: mine.start > other.start)),
    "starts-before": (texts, _relation(lambda mine, other: mine.start < other.start)),
    "starts-with": (texts, _relation(lambda mine, other: mine.start == other.start)),
    "starts-after-end-of": (texts, _relation(lambda mine, other: mine.start >= other.stop)),
    "ends-before-start-of": (texts, _relation(lambda mine, other: mine.stop <= other.start)),
    "starts-at-least": (seconds, _starts_at_least),
    "starts-at-most": (seconds, _starts_at_most),
    "lasts": (seconds, _lasting(lambda held, wanted: held == wanted)),
    "lasts-at-least": (seconds, _lasting(lambda held, wanted: held >= wanted)),
    "lasts-at-most": (seconds, _lasting(lambda held, wanted: held <= wanted)),
    "on": (texts, _on),
    "not-on": (texts, _not_on),
    "nodes": (number, _nodes),
    "resources": (number, _resources),
    "moldable": (number, _moldable),
}
"""Words that ask for a place. Times count from the beginning of the case.

``on`` and ``not-on`` name nodes; ``moldable`` counts from 0.

``starts-after``, ``starts-before`` and ``starts-with`` compare the start with those of other jobs;
``starts-after-end-of`` compares it with their ends, ``ends-before-start-of`` the end with their starts.
"""

ANY: Mapping[str, Callable[[object], Any]] = {
    "state": texts,
    "message": pattern,
    "placed": truth,
    "killed": truth,
    "exit": number,
    "output": pattern,
}
"""Words about any job, and what they take: its ``state`` (one of them), a ``message`` a regular expression finds,
whether it has a place, whether the scheduler had it killed; on a real node what its program ended with, and what a
regular expression finds in its output."""


def named(name: str, names: Iterable[str]) -> list[str]:
    """The job of that name, or those of the array of that name."""
    return [one for one in names if one == name or (one.startswith(f"{name}[") and one.endswith("]"))]
