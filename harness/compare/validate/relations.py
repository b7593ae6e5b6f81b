"""Rules ``dependency`` and ``container``: what a job owes to other jobs."""

from __future__ import annotations

from collections.abc import Iterator

from harness.compare.align import PROMISED
from harness.compare.sets import mask_of
from harness.compare.validate.violation import IndexedSchedule, PlacedJob, Violation, some
from harness.model.job import PAST_STATES, Job


def dependencies(indexed: IndexedSchedule) -> Iterator[Violation]:
    """A job starts no earlier than the end of each job it depends on, and not at all while one has no place.

    A job that ended without a place (in error, rejected) holds nobody up: OAR2's native schedulers take Terminated
    and Error alike, whatever the exit code. An advance reservation keeps its promise instead
    (``check_reservation_jobs`` of ``oar_meta_sched`` reads no dependency). Jobs the situation does not know are
    history. What stands since before the round is not judged.
    """
    for placed in indexed.new():
        if placed.job.reservation is not None:
            continue
        start = placed.placement.start
        for name in placed.job.after:
            before = indexed.placement(name)
            fate = indexed.schedule.fates.get(name)
            if before is not None and before.stop > start:
                why = f"starts at {indexed.clock.at(start)}, {before.stop - start} s before the end of {name}"
            elif before is None and name in indexed.jobs and not (fate and fate.state in PAST_STATES):
                why = f"starts at {indexed.clock.at(start)}, though {name}, which it depends on, has no place"
            else:
                continue
            yield Violation("dependency", (placed.job.name, name), why)


def containers(indexed: IndexedSchedule) -> Iterator[Violation]:
    """A job of type ``inner`` runs on its container's resources, within its container's time.

    Both are the one hole in the container's chart (``GanttHoleStorage::new_with_1_hole``). If the container has
    ended, or is unknown, OAR2 treats the job as any other ("use container 0"), and so does this rule; if it waits
    without a place, the job has to wait. In a timeline a container's early end ends its jobs too, within seconds:
    only the start is judged. What stands since before the round is not judged.

    A container that is an advance reservation whose hour has come, and that waits for missing nodes, is planned for a
    second after each round (``treate_waiting_reservation_jobs`` of ``oar_meta_sched``): its time begins when it was
    promised. That its jobs are not launched before it runs is the rule ``launch``.
    """
    for placed in indexed.new():
        outer = indexed.container(placed.job)
        if outer is None:
            continue
        why = _outside(placed, outer, indexed)
        if why:
            yield Violation("container", (placed.job.name, outer.name), why)


def _outside(placed: PlacedJob, container: Job, indexed: IndexedSchedule) -> str:
    outer = container.name
    fate = indexed.schedule.fates.get(outer)
    frame, place = indexed.placement(outer), placed.placement
    if frame is None:
        return (
            "" if fate is None or fate.state in PAST_STATES else f"starts, though its container {outer} has no place"
        )
    beyond = placed.resources & ~mask_of(frame.resources)
    if beyond:
        return f"holds {beyond.bit_count()} resources ({some(beyond)}) that its container {outer} does not"
    begins = frame.start
    if placed.foretold and fate is not None and fate.state in PROMISED and container.reservation is not None:
        begins = min(begins, max(container.reservation, container.submitted))
    if place.start < begins:
        return f"starts {begins - place.start} s before its container {outer}"
    if place.start >= frame.stop:
        return f"starts {place.start - frame.stop} s after the end of its container {outer}"
    if placed.foretold and place.stop > frame.stop:
        return f"ends {place.stop - frame.stop} s after its container {outer}"
    return ""
