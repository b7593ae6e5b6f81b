"""What judging takes beside the record: tolerance, known differences, the date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from harness.compare.known.known_differences import KnownDifference


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """How to judge; the same record can be judged again with others.

    :ivar tolerance: seconds by which a start may differ and be called ``shifted``; None: what each case says.
    :ivar known: the differences that are known, the first that fits explains.
    :ivar today: the date by which known differences expire; None: none does.
    :ivar time_zone: the servers' time zone, in which job types such as ``deadline`` are written, and explanations.
    """

    tolerance: int | None = None
    known: tuple[KnownDifference, ...] = ()
    today: date | None = None
    time_zone: str = "UTC"
