"""What is placed before the round: which job has which resources, from when to when."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from harness.oarsub.submission_parts import Ask


@dataclass(frozen=True, slots=True)
class PlacedJob:
    """A job with the resources that it has; times in seconds after the beginning of the case.

    :ivar inside: the container's name it runs in, or empty.
    """

    job: str
    user: str
    ask: Ask
    ids: frozenset[int]
    start: int
    stop: int
    inside: str = ""


class PlacedJobs:
    """All of them; each keeps ``gap`` seconds from the next one: the schedulers' security time."""

    def __init__(self, gap: int) -> None:
        self._gap = gap
        self._all: list[PlacedJob] = []

    def free(self, among: Set[int], wanted: PlacedJob) -> frozenset[int]:
        """Those resources that a job could have (its ``ids`` do not count)."""
        taken: set[int] = set()
        for other in self._all:
            apart = other.stop + self._gap <= wanted.start or wanted.stop + self._gap <= other.start
            if other.inside == wanted.inside and not apart and not may_share(wanted, other):
                taken |= other.ids
        return frozenset(among - taken)

    def of(self, job: str) -> PlacedJob | None:
        """Where a job is placed; None if it is not."""
        return next((each for each in self._all if each.job == job), None)

    def add(self, placed: PlacedJob) -> None:
        """Add a placed job."""
        self._all.append(placed)


def may_share(one: PlacedJob, other: PlacedJob) -> bool:
    """Whether two jobs outside of containers may have a resource at once.

    By equal keys of ``timesharing``, or as a placeholder and a job allowed on it (OAR2, ``parse_timesharing`` of
    ``oar_sched_gantt_with_timesharing``; ``GanttHoleStorage::fill_gantts``). A container shares with nobody here:
    whom the jobs inside it would share with is nothing to begin a scenario with.
    """
    if one.ask.type("container") is not None or other.ask.type("container") is not None:
        return False
    if one.ask.type("timesharing") is not None and _key(one) == _key(other):
        return True
    pairs = ((one.ask, other.ask), (other.ask, one.ask))
    return any(a.type("placeholder") is not None and a.type("placeholder") == b.type("allowed") for a, b in pairs)


def _key(placed: PlacedJob) -> tuple[str, str] | None:
    value = placed.ask.type("timesharing")
    if value is None:
        return None
    words = value.split(",")
    return (
        placed.user if "user" in words else "*",
        placed.ask.label if "name" in words and placed.ask.label else "*",
    )
