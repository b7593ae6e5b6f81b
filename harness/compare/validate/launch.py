"""Rule ``launch``: what a round launches can start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harness.compare.sets import members
from harness.compare.validate.eligible_resources import unusable
from harness.compare.validate.violation import IndexedSchedule, PlacedJob, Violation, some
from harness.model.job import PAST_STATES, Job

_SECOND = 1
"""The metaschedulers do not round the clock alike: ``oar_meta_sched`` adds a second to it."""
_RUNS = ("Running", "Launching", "toLaunch", "Suspended", "Resuming", "Finishing")
_ON_NOTHING = ("noop", "cosystem")


def launches(indexed: IndexedSchedule) -> Iterator[Violation]:
    """A job that is launched can start at once.

    - Its start has been reached.
    - Its container has been started, by this round at the latest. (OAR2 waits until it is Running.)
    - What it depends on has ended; an advance reservation keeps its promise instead.
    - Its resources are Alive. A job that needs no node (``noop``, ``cosystem``) and is of type ``state=permissive``
      may have others, and one of type ``…=standby`` Absent ones that stay until its end (``get_gantt_jobs_to_launch``
      of ``OAR::IO``).
    """
    for placed in indexed.placed:
        if placed.fate.launched:
            for why, others in _wrong(placed, indexed):
                yield Violation("launch", (placed.job.name, *others), f"is launched, {why}")


def _wrong(placed: PlacedJob, indexed: IndexedSchedule) -> Iterator[tuple[str, tuple[str, ...]]]:
    early = placed.placement.start - indexed.situation.now
    if early > _SECOND:
        yield f"{early} s before its start", ()
    outer = indexed.container(placed.job)
    fate = indexed.schedule.fates.get(outer.name) if outer else None
    if outer and fate and fate.state not in (*_RUNS, *PAST_STATES):
        yield f"though its container {outer.name} does not run ({fate.state})", (outer.name,)
    for name in placed.job.after if placed.job.reservation is None else ():
        before = indexed.schedule.fates.get(name)
        if name in indexed.jobs and before and before.state not in PAST_STATES:
            yield f"though {name}, which it depends on, has not ended ({before.state})", (name,)
    wrong = _away(placed, indexed)
    if wrong:
        found = Counter(indexed.catalogue.by_id[i].state for i in members(wrong))
        yield f"though of its resources {some(wrong)} are {', '.join(found)}", ()


def _away(placed: PlacedJob, indexed: IndexedSchedule) -> int:
    """Mask of the resources that are not there to be used at once; without those that the rule ``state`` reports."""
    catalogue = indexed.catalogue
    wrong = placed.resources & catalogue.every & ~catalogue.in_state("Alive") & ~unusable(placed, indexed)
    if placed.job.type("state") == "permissive" and any(_is(placed.job, kind) for kind in _ON_NOTHING):
        return 0
    if any(placed.job.type(kind) == "standby" for kind in (*_ON_NOTHING, "deploy")):
        stay = catalogue.in_state("Absent") & wrong
        for resource in members(stay):
            if catalogue.by_id[resource].available_upto >= placed.placement.stop:
                wrong &= ~(1 << resource)
    return wrong


def _is(job: Job, kind: str) -> bool:
    return job.type(kind) is not None
