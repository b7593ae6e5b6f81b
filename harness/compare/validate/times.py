"""Rules ``walltime``, ``submission``, ``postpone``, ``deadline``, ``expire`` and ``reservation``: when a job runs."""

from __future__ import annotations

from collections.abc import Iterator

from harness.compare.moments import duration
from harness.compare.validate.violation import IndexedSchedule, PlacedJob, Violation

ROUND_SECONDS = 60
"""The longest that the Almighty lets pass between two rounds."""


def walltimes(indexed: IndexedSchedule) -> Iterator[Violation]:
    """A job lasts at least the walltime, if its end is a prediction.

    A reservation that comes late keeps its end and loses from its walltime (``check_jobs_to_launch`` of
    ``oar_meta_sched``). What stands since before the round is not judged: its walltime may have been changed.
    """
    for placed in indexed.new():
        if not placed.foretold or placed.moldable is None:
            continue
        place, wanted = placed.placement, placed.moldable.walltime
        due = place.start + wanted
        if placed.job.reservation is not None and placed.job.reservation < place.start:
            due = placed.job.reservation + wanted
        if place.stop < due:
            yield Violation(
                "walltime",
                (placed.job.name,),
                f"lasts {duration(place.stop - place.start)}, less than its walltime of {duration(wanted)}",
            )


def submissions(indexed: IndexedSchedule) -> Iterator[Violation]:
    """Nothing starts before it was submitted."""
    for placed in indexed.placed:
        if placed.placement.start < placed.job.submitted:
            yield Violation(
                "submission",
                (placed.job.name,),
                f"starts at {indexed.clock.at(placed.placement.start)}, "
                f"{placed.job.submitted - placed.placement.start} s before it was submitted",
            )


def dates(indexed: IndexedSchedule) -> Iterator[Violation]:
    """The dates of the job types ``postpone``, ``deadline`` and ``expire`` hold, but for advance reservations.

    A job starts no earlier than its ``postpone``; its (predicted) end is no later than its ``deadline``; once its
    ``expire`` has passed it never starts, though a plan may still predict so before. Source: phase 2 of OAR2's
    native schedulers, which no reservation goes through. What stands since before the round is not judged.
    """
    for placed in indexed.new():
        if placed.job.reservation is None:
            yield from _dates(placed, indexed)


def _dates(placed: PlacedJob, indexed: IndexedSchedule) -> Iterator[Violation]:
    clock, place = indexed.clock, placed.placement
    limits = {word: clock.read(placed.job.type(word) or "") for word in ("postpone", "deadline", "expire")}
    postpone, deadline, expire = limits["postpone"], limits["deadline"], limits["expire"]
    if postpone is not None and place.start < postpone:
        why = f"starts at {clock.at(place.start)}, {postpone - place.start} s before its postpone date"
        yield Violation("postpone", (placed.job.name,), why)
    end = place.stop if placed.foretold else place.start
    if deadline is not None and end > deadline:
        word = "ends" if placed.foretold else "starts"
        why = f"{word} at {clock.at(end)}, {end - deadline} s after its deadline"
        yield Violation("deadline", (placed.job.name,), why)
    started = indexed.situation.now if placed.foretold else place.start
    if expire is not None and started > expire:
        why = f"is given a place, though it expired at {clock.at(expire)}"
        yield Violation("expire", (placed.job.name,), why)


def reservations(indexed: IndexedSchedule) -> Iterator[Violation]:
    """An advance reservation starts when it was promised.

    Never before. In a plan at the very second, or if that has passed by the next second after ``now``
    (``treate_waiting_reservation_jobs`` of ``oar_meta_sched``). In a timeline at most
    RESERVATION_WAITING_RESOURCES_TIMEOUT (300 s) late, for which it waits for missing resources, and one round more.
    """
    patience = indexed.seconds("RESERVATION_WAITING_RESOURCES_TIMEOUT", 300) + ROUND_SECONDS
    for placed in indexed.new():
        promised, start = placed.job.reservation, placed.placement.start
        if promised is None:
            continue
        if placed.foretold:
            latest = promised if promised > indexed.situation.now else indexed.situation.now + 1
        else:
            latest = promised + patience
        if not promised <= start <= latest:
            word = "before" if start < promised else "after"
            yield Violation(
                "reservation",
                (placed.job.name,),
                f"starts at {indexed.clock.at(start)}, {abs(start - promised)} s {word} the "
                f"{indexed.clock.at(promised)} reserved",
            )
