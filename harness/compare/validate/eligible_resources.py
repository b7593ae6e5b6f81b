"""Rules ``moldable``, ``eligible`` and ``state``: which resources a job may hold at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import reduce
from operator import or_

from harness.compare.catalogue import Catalogue
from harness.compare.sets import mask_of, members
from harness.compare.validate.violation import IndexedSchedule, PlacedJob, Violation, some
from harness.model.cluster import RESOURCE_STATES
from harness.model.job import Group
from harness.model.schedule import Situation

_LIVING = tuple(state for state in RESOURCE_STATES if state != "Dead")


def eligible(group: Group, catalogue: Catalogue) -> int:
    """Mask of the resources that fulfil a group's condition, in any state; all if it has and records none."""
    if not group.properties and not group.eligible:
        return catalogue.every
    return mask_of(group.eligible)


def wakes_nodes(situation: Situation) -> bool:
    """Whether Absent nodes are woken for jobs.

    Source: the "EnergySaving phase" of the native schedulers: SCHEDULER_NODE_MANAGER_WAKE_UP_CMD, or
    ENERGY_SAVING_INTERNAL=yes with ENERGY_SAVING_NODE_MANAGER_WAKE_UP_CMD.
    """
    conf = situation.conf
    return bool(conf.get("SCHEDULER_NODE_MANAGER_WAKE_UP_CMD")) or (
        conf.get("ENERGY_SAVING_INTERNAL") == "yes" and bool(conf.get("ENERGY_SAVING_NODE_MANAGER_WAKE_UP_CMD"))
    )


def moldables(indexed: IndexedSchedule) -> Iterator[Violation]:
    """A place is one of the job's alternatives, and it has resources, which exist."""
    for placed in indexed.placed:
        if placed.decided and placed.moldable is None:
            yield Violation(
                "moldable",
                (placed.job.name,),
                f"takes alternative {placed.placement.moldable}, of {len(placed.job.moldables)} counted from 0",
            )
        if not placed.whole:
            yield Violation("eligible", (placed.job.name,), "is given a place without resources")
        unknown = placed.whole & ~indexed.catalogue.every
        if unknown:
            yield Violation("eligible", (placed.job.name,), f"holds resources that do not exist: {some(unknown)}")


def properties(indexed: IndexedSchedule) -> Iterator[Violation]:
    """Every resource given fulfils the condition of one of the groups asked for.

    What stands since before the round is not judged: a resource's properties may change under a running job.
    """
    for placed in indexed.new():
        if placed.moldable is None:
            continue
        wrong = placed.resources & indexed.catalogue.every
        for group in placed.moldable.groups:
            wrong &= ~eligible(group, indexed.catalogue)
        if wrong:
            asked = " or ".join(g.properties or "anything" for g in placed.moldable.groups)
            yield Violation(
                "eligible",
                (placed.job.name,),
                f"holds {wrong.bit_count()} resources ({some(wrong)}) that do not fulfil {some(asked)}",
            )


def unusable(placed: PlacedJob, indexed: IndexedSchedule) -> int:
    """The resources of a placement that are in no state to be used for it."""
    catalogue = indexed.catalogue
    resources = placed.resources & catalogue.every
    if placed.job.reservation is not None or placed.job.type("state") == "permissive":
        living = reduce(or_, (catalogue.in_state_at(state, placed.placement.start) for state in _LIVING))
        return resources & catalogue.in_state_at("Dead", placed.placement.start) & ~living
    wakes, stop = wakes_nodes(indexed.situation), placed.placement.stop
    wrong = resources & ~catalogue.in_state_at("Alive", placed.placement.start)
    if wakes and wrong:
        absent = wrong & catalogue.in_state_at("Absent", placed.placement.start)
        now = indexed.situation.now
        wrong &= ~mask_of(i for i in members(absent) if catalogue.by_id[i].available_upto > now)
    if wakes:
        leaving = members(resources & catalogue.leaving)
        wrong |= mask_of(i for i in leaving if catalogue.by_id[i].available_upto < stop)
    return wrong


def states(indexed: IndexedSchedule) -> Iterator[Violation]:
    """Every resource given was in a state to be used.

    - Alive always serves.
    - If nodes are woken (:func:`wakes_nodes`), so does Absent with an ``available_upto`` still to come; and a
      resource then serves no longer than its ``available_upto`` (the natives draw it as used from then on).
    - A job of type ``state=permissive`` may have Absent and Suspected ones (the native schedulers), and so may an
      advance reservation: they are supposed to be back in time (``check_reservation_jobs`` of ``oar_meta_sched``).
    - Dead serves nobody.
    - In a timeline any state in the second of the job's start counts, if the situation has changes.

    What stands since before the round is not judged.
    """
    for placed in indexed.new():
        wrong = unusable(placed, indexed)
        if wrong:
            found = Counter(indexed.catalogue.by_id[i].state for i in members(wrong))
            figures = ", ".join(f"{number} {state}" for state, number in found.items())
            yield Violation("state", (placed.job.name,), f"holds resources {some(wrong)} not to be used: {figures}")
