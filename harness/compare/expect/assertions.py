"""Whether a job in a schedule meets a word of ``[expect]``, and what the values of words may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.compare.catalogue import Catalogue
from harness.compare.moments import duration
from harness.model.expect_words import ValueType
from harness.model.schedule import Fate, Placement, Schedule, Situation


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
    size = len(view.place.resources)
    return "" if size == count else f"it has {size}"


def _moldable(view: View, count: int) -> str:
    return "" if view.place.moldable == count else f"it takes {view.place.moldable}"


def _lasting(holds: Callable[[int, int], bool]) -> Callable[[View, Any], str]:
    def judge(view: View, wanted: int) -> str:
        length = view.place.stop - view.place.start
        return "" if holds(length, wanted) else f"it lasts {duration(length)}"

    return judge


def _state(fate: Fate | None, states: list[str]) -> str:
    state = fate.state if fate else "absent"
    return "" if state in states else f"it is {state}"


def _message(fate: Fate | None, wanted: re.Pattern[str]) -> str:
    message = fate.message if fate else ""
    return "" if wanted.search(message) else f"it says {message!r}"


def _placed(fate: Fate | None, wanted: bool) -> str:
    placed = fate is not None and fate.placement is not None
    return "" if placed == wanted else ("it has a place" if placed else "it has no place")


def _killed(fate: Fate | None, wanted: bool) -> str:
    killed = fate is not None and fate.killed
    return "" if killed == wanted else ("it is killed" if killed else "it is not killed")


def _exit(fate: Fate | None, wanted: int) -> str:
    ended = fate.exit_code if fate else None
    return "" if ended == wanted else (f"it ended with {ended}" if ended is not None else "no end is recorded")


def _output(fate: Fate | None, wanted: re.Pattern[str]) -> str:
    written = fate.output if fate else ""
    return "" if wanted.search(written) else f"it wrote {written[-200:]!r}"


READERS: Mapping[ValueType, Callable[[object], Any]] = {
    ValueType.JOBS: texts,
    ValueType.DURATION: seconds,
    ValueType.NODES: texts,
    ValueType.COUNT: number,
    ValueType.STATES: texts,
    ValueType.PATTERN: pattern,
    ValueType.FLAG: truth,
}
"""What reads the value of a word; raises Unfit."""

OF_PLACE: Mapping[str, Callable[[View, Any], str]] = {
    "starts-after": _relation(lambda mine, other: mine.start > other.start),
    "starts-before": _relation(lambda mine, other: mine.start < other.start),
    "starts-with": _relation(lambda mine, other: mine.start == other.start),
    "starts-after-end-of": _relation(lambda mine, other: mine.start >= other.stop),
    "ends-before-start-of": _relation(lambda mine, other: mine.stop <= other.start),
    "starts-at-least": _starts_at_least,
    "starts-at-most": _starts_at_most,
    "lasts": _lasting(lambda length, wanted: length == wanted),
    "lasts-at-least": _lasting(lambda length, wanted: length >= wanted),
    "lasts-at-most": _lasting(lambda length, wanted: length <= wanted),
    "on": _on,
    "not-on": _not_on,
    "nodes": _nodes,
    "resources": _resources,
    "moldable": _moldable,
}
"""Why a job's place does not meet a word, empty if it does: the words that ask for a place."""

OF_FATE: Mapping[str, Callable[[Fate | None, Any], str]] = {
    "state": _state,
    "message": _message,
    "placed": _placed,
    "killed": _killed,
    "exit": _exit,
    "output": _output,
}
"""The same of what became of a job, None if the schedule does not know it: the words that ask for no place."""


def named(name: str, names: Iterable[str]) -> list[str]:
    """The job of that name, or those of the array of that name.

    >>> named("sweep", ["sweep[1]", "sweep[2]", "sweeper"])
    ['sweep[1]', 'sweep[2]']
    """
    return [one for one in names if one == name or (one.startswith(f"{name}[") and one.endswith("]"))]
