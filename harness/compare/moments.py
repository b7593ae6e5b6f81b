"""How moments and durations are written in explanations, and read from the types of jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from harness.model.fault import ConfigurationFault


def zone(name: str) -> tzinfo:
    """A time zone by its name; raises ConfigurationFault if there is none of that name."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigurationFault(f"unknown time zone {name!r}", remedy="write for example Europe/Paris") from None


def duration(seconds: int) -> str:
    """Seconds as hours, minutes and seconds, ``1:02:03``, with a sign if negative.

    >>> duration(3723), duration(-60)
    ('1:02:03', '-0:01:00')
    """
    sign, rest = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"


@dataclass(frozen=True, slots=True)
class Clock:
    """Writes moments (epoch seconds) as seen from ``now``: ``10:02:01``, with the date if it is another day."""

    now: int
    zone: tzinfo = UTC

    def at(self, moment: int) -> str:
        """A moment, for people."""
        try:
            then = datetime.fromtimestamp(moment, self.zone)
            same = then.date() == datetime.fromtimestamp(self.now, self.zone).date()
        except (OverflowError, OSError, ValueError):
            return f"@{moment}"
        return then.strftime("%H:%M:%S" if same else "%Y-%m-%d %H:%M:%S")

    def since(self, moment: int) -> str:
        """A moment as what has passed since ``now``: ``+0:02:01``."""
        text = duration(moment - self.now)
        return text if text.startswith("-") else f"+{text}"

    def read(self, text: str) -> int | None:
        """Epoch seconds of a date as OAR's job types have it; None if it is none.

        OAR2's admission rules let ``YYYY-MM-DD``, with ``HH:MM`` or ``HH:MM:SS`` after it, pass; its schedulers
        take it for the server's local time (``OAR::IO::sql_to_local``).
        """
        try:
            return int(datetime.fromisoformat(" ".join(text.split())).replace(tzinfo=self.zone).timestamp())
        except (ValueError, OverflowError):
            return None
