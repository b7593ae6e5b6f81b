"""Durations as administrators write them, to seconds and back."""

from __future__ import annotations

import re

from harness.model import bounds
from harness.model.fault import ConfigurationFault

_CLOCK = re.compile(r"(\d+):([0-5]?\d):([0-5]?\d)")
_UNITS = re.compile(
    r"(?:(\d+)\s*(?:h|hours?))?\s*(?:(\d+)\s*(?:min|minutes?))?\s*(?:(\d+)\s*(?:s|sec|seconds?))?", re.I
)
REMEDY = 'write for example "1:30:00", "90 min" or 5400'


def parse_duration(value: object, *, where: str = "", what: str = "duration") -> int:
    """Seconds from ``"1:30:00"``, ``"1 h 30 min"``, ``"90"`` or ``90`` (both: seconds).

    Two numbers with one colon are refused: ``oarsub`` reads ``1:30`` as hours and minutes (``oarsub``,
    ``parse_resource_descriptions``), a stopwatch as minutes and seconds. Negative ones are refused too.
    So are more than ten years. Raises ConfigurationFault, ``where`` and ``what`` naming the place.
    """
    seconds = _seconds(value, where, what)
    if seconds > bounds.LONGEST:
        raise ConfigurationFault(
            f"the {what} is {value!r}", where=where, remedy=f"write at most {bounds.LONGEST} s, which is ten years"
        )
    return seconds


def _seconds(value: object, where: str, what: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    # Longer texts are no durations, and Python reads no number of thousands of digits.
    if isinstance(value, str) and len(value) <= bounds.NAME:
        text = value.strip()
        if text.isascii() and text.isdigit():
            return int(text)
        if clock := _CLOCK.fullmatch(text):
            hours, minutes, seconds = (int(part) for part in clock.groups())
            return hours * 3600 + minutes * 60 + seconds
        units = _UNITS.fullmatch(text)
        if units and any(units.groups()):
            hours, minutes, seconds = (int(part or 0) for part in units.groups())
            return hours * 3600 + minutes * 60 + seconds
        if re.fullmatch(r"\d+:\d+", text):
            clocks = [each for each in (f"0:{text}", f"{text}:00") if _CLOCK.fullmatch(each)]
            raise ConfigurationFault(
                f"{what} {value!r} could mean hours or minutes",
                where=where,
                remedy="write " + " or ".join(f'"{each}"' for each in clocks) if clocks else REMEDY,
            )
    raise ConfigurationFault(f"cannot read the {what} {value!r}", where=where, remedy=REMEDY)


def format_duration(seconds: int) -> str:
    """``H:MM:SS``, as OAR writes durations and :func:`parse_duration` reads them."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def format_as_oar(seconds: int) -> str:
    """``H:M:S`` without leading zeros, as ``OAR::IO::duration_to_sql`` writes it.

    >>> format_as_oar(3900)
    '1:5:0'
    """
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60}:{rest}"
