"""What an ``oarsub`` line asks for, taken apart and put together again: what generating and shrinking work on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.model.job import ALL, BEST, BESTHALF, Level
from harness.oarsub.option_parser import options
from harness.oarsub.submission import Reservation, Submission, parse_oarsub
from harness.workload.duration import format_duration

DEFAULT_WALLTIME = 7200
"""Seconds given to a job that says nothing (admission rule "Set the default walltime" of a fresh OAR)."""

_WORDS = {"ALL": ALL, "BEST": BEST, "BESTHALF": BESTHALF}
_NAMES = {count: word for word, count in _WORDS.items()}
_PART = re.compile(r"[\s+,]*(?:\{(?P<condition>[^}]+)\})?\s*/*(?P<levels>(?!\s*walltime)[^,+{]*)")
_LEVEL = re.compile(r"\s*(\w+)\s*=\s*(\d+|ALL|BEST|BESTHALF)\s*", re.A)
_WALLTIME = re.compile(r"[\s,]*walltime\s*=\s*(\d+)(?::(\d+))?(?::(\d+))?\s*", re.A)


@dataclass(frozen=True, slots=True)
class Part:
    """One resource group of a request: levels from the widest to the narrowest, and an SQL condition or nothing."""

    levels: tuple[Level, ...]
    condition: str = ""

    def __str__(self) -> str:
        levels = "".join(f"/{each.property}={_NAMES.get(each.count, each.count)}" for each in self.levels)
        return f"{{{self.condition}}}{levels}" if self.condition else levels


@dataclass(frozen=True, slots=True)
class Alternative:
    """One ``-l``: parts held together for ``walltime`` seconds; None: the server's default."""

    parts: tuple[Part, ...]
    walltime: int | None = None

    @property
    def seconds(self) -> int:
        """The walltime, that of a fresh OAR where none is asked for."""
        return DEFAULT_WALLTIME if self.walltime is None else self.walltime

    def __str__(self) -> str:
        parts = "+".join(map(str, self.parts))
        return parts if self.walltime is None else f"{parts},walltime={format_duration(self.walltime)}"


@dataclass(frozen=True, slots=True)
class Ask:
    """An ``oarsub`` line by its meaning.

    :ivar alternatives: the values of ``-l``; none: the server's default request.
    :ivar condition: that of ``-p``. :ivar label: that of ``-n``.
    :ivar others: options that are none of these, as words.
    :ivar commands: the words that are no options; one, or none for a reservation.
    """

    alternatives: tuple[Alternative, ...] = ()
    condition: str = ""
    types: tuple[str, ...] = ()
    queue: str = ""
    label: str = ""
    project: str = ""
    after: tuple[str, ...] = ()
    reservation: Reservation | None = None
    array: int = 1
    hold: bool = False
    others: tuple[str, ...] = ()
    commands: tuple[str, ...] = ("sleep 600",)

    def type(self, name: str) -> str | None:
        """The value of the type ``name`` ("" where it has none), or None where it is not asked for."""
        for entry in self.types:
            key, _, value = entry.partition("=")
            if key == name:
                return value
        return None

    @property
    def argv(self) -> tuple[str, ...]:
        """The words of the line, ``oarsub`` first."""
        words = ["oarsub"]
        for option, value in (
            ("-q", self.queue),
            ("-n", self.label),
            ("--project", self.project),
            ("-p", self.condition),
            ("-r", _moments(self.reservation)),
            ("--array", str(self.array) if self.array > 1 else ""),
        ):
            words += [option, value] if value else []
        for option, values in (("-t", self.types), ("-a", self.after), ("-l", map(str, self.alternatives))):
            for value in values:
                words += [option, value]
        return (*words, *(["--hold"] if self.hold else []), *self.others, *self.commands)

    def submission(self, files: Mapping[str, str] | None = None) -> Submission:
        """The line as scenario files keep it; raises ConfigurationFault where none can have it."""
        return parse_oarsub(Submission(self.argv).line, files=files)


def _moments(reservation: Reservation | None) -> str:
    if reservation is None:
        return ""
    moments = (reservation.start, *([] if reservation.stop is None else [reservation.stop]))
    return ",".join(f"+{format_duration(each)}" for each in moments)


def read_ask(submission: Submission) -> Ask:
    """What a line asks for; raises ValueError for a ``-l`` that ``oarsub`` would not read either."""
    values: dict[str, list[str]] = {}
    others: list[str] = []
    for option in options(submission.argv):
        if option.name in _KNOWN:
            values.setdefault(option.name, []).append(option.value)
        else:
            # A flag's value is always empty, and no valued option left over takes an empty one.
            others.append(f"--{option.name}={option.value}" if option.value else f"--{option.name}")
    return Ask(
        alternatives=tuple(map(read_alternative, values.get("resource", ()))),
        condition=_last(values, "property"),
        types=submission.types,
        queue=_last(values, "queue"),
        label=_last(values, "name"),
        project=_last(values, "project"),
        after=submission.after,
        reservation=submission.reservation,
        array=int(_last(values, "array") or 1),
        hold="hold" in values,
        others=tuple(others),
        commands=tuple(values.get("", ())),
    )


_KNOWN = (
    *("resource", "property", "type", "queue", "name", "project", "anterior", "reservation", "array", "hold", ""),
)


def _last(values: Mapping[str, list[str]], name: str) -> str:
    return values.get(name, [""])[-1]


def read_alternative(text: str) -> Alternative:
    """The value of one ``-l``, after ``parse_resource_descriptions`` of ``oarsub``; raises ValueError."""
    parts: list[Part] = []
    at = 0
    while at < len(text):
        if parts and (found := _WALLTIME.fullmatch(text, at)):
            hours, minutes, seconds = (int(each or 0) for each in found.groups())
            return Alternative(tuple(parts), hours * 3600 + minutes * 60 + seconds)
        part = _PART.match(text, at)
        if part is None or part.end() == at:
            break
        levels = [_LEVEL.fullmatch(word) for word in part["levels"].split("/")]
        parts.append(Part(tuple(_level(level, text) for level in levels), part["condition"] or ""))
        at = part.end()
    if at < len(text) or not parts:
        raise ValueError(f"cannot read the request {text!r}")
    return Alternative(tuple(parts))


def _level(found: re.Match[str] | None, text: str) -> Level:
    if found is None:
        raise ValueError(f"cannot read a level of the request {text!r}")
    return Level(found[1], _WORDS[found[2]] if found[2] in _WORDS else int(found[2]))
