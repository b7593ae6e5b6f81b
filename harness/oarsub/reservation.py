"""Advance reservations (``-r``), and the relative times that scenario files write where ``oarsub`` wants a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from harness.model.duration import format_duration, parse_duration
from harness.model.fault import ConfigurationFault

DATE = "%Y-%m-%d %H:%M:%S"
"""How ``oarsub`` reads and OAR writes a date."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """An advance reservation: its start, and its end if it names one.

    Of a scenario file's line both are seconds after the submission; of a line as ``oarsub`` is given it, epoch
    seconds. ``str`` writes the former as a scenario file holds it.
    """

    start: int
    stop: int | None = None

    def __str__(self) -> str:
        moments = (self.start, *(() if self.stop is None else (self.stop,)))
        return ",".join(f"+{format_duration(each)}" for each in moments)


def read_relative(value: str) -> Reservation:
    """The ``-r`` of a scenario file; raises ConfigurationFault if it is a date, or ends before it starts.

    >>> read_relative("+0:20:00, +1 h")
    Reservation(start=1200, stop=3600)
    """
    start, comma, stop = value.partition(",")
    found = Reservation(seconds_after(start, "-r"), seconds_after(stop, "-r") if comma else None)
    if found.stop is not None and found.stop <= found.start:
        raise ConfigurationFault(f'-r "{value}" ends before it starts', remedy="write the end after the start")
    return found


def read_dated(value: str) -> Reservation:
    """A ``-r`` of full dates in UTC; raises ValueError for any other, as ``now``.

    After ``parse_reservation`` of ``oarsub``; ``now`` is the machine's own clock there, not the database's.

    >>> read_dated("1970-01-01 00:01:00")
    Reservation(start=60, stop=None)
    """
    start, *others = (
        int(datetime.strptime(part.strip(), DATE).replace(tzinfo=UTC).timestamp()) for part in value.split(",")
    )
    return Reservation(start, others[0] if others else None)


def seconds_after(text: str, option: str) -> int:
    """Seconds of a relative time such as ``+0:20:00``; ``now`` is 0 for ``-r``.

    :param option: what it belongs to, for the words of the ConfigurationFault that anything else raises.
    """
    text = text.strip()
    if text == "now" and option == "-r":
        return 0
    if not text.startswith("+"):
        raise ConfigurationFault(
            f'{option} "{text}": a fixed date lies in the past one day',
            remedy=f'write it relative: {option} "+0:20:00"',
        )
    return parse_duration(text[1:], what=f"time of {option}")
