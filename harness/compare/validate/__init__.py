"""Judges one schedule against its situation, by rules that know neither scheduler."""

from __future__ import annotations

from datetime import UTC, tzinfo

from harness.compare.moments import Clock
from harness.compare.validate.eligible_resources import moldables, properties, states
from harness.compare.validate.hierarchy import hierarchy
from harness.compare.validate.launch import launches
from harness.compare.validate.overlap import overlaps
from harness.compare.validate.quota_limits import quotas
from harness.compare.validate.relations import containers, dependencies
from harness.compare.validate.times import dates, reservations, submissions, walltimes
from harness.compare.validate.violation import IndexedSchedule, Violation, index_schedule
from harness.model.schedule import Schedule, Situation

RULES = (
    moldables,
    properties,
    states,
    hierarchy,
    overlaps,
    walltimes,
    submissions,
    dates,
    reservations,
    dependencies,
    containers,
    quotas,
    launches,
)
"""All rules. A further one is one more function from an IndexedSchedule."""


def validate(
    situation: Situation, schedule: Schedule, *, timeline: bool = False, zone: tzinfo = UTC
) -> tuple[Violation, ...]:
    """The rules that a schedule breaks; none if it is valid.

    :param timeline: whether the schedule is what really ran: times are history then, and may end early; else it is a
        plan, made at the situation's ``now``, and what runs since before is not the plan's doing.
    :param zone: the server's time zone, for the dates in job types.

    A job of an hour on node1 that a plan gives ten minutes:

    >>> from procset import ProcSet
    >>> from harness.model.cluster import parse_cluster
    >>> from harness.model.job import Group, Job, Level, Moldable
    >>> from harness.model.schedule import Fate, Placement
    >>> job = Job("long", 1, moldables=(Moldable(3600, (Group((Level("host", 1),), "", ProcSet((1, 2))),)),))
    >>> here = Situation(0, parse_cluster("2 nodes").resources, ("host",), (job,))
    >>> plan = Schedule({"long": Fate("Waiting", Placement(0, 600, 0, ProcSet(1)))})
    >>> [(violation.rule, violation.jobs) for violation in validate(here, plan)]
    [('walltime', ('long',))]
    """
    indexed = index_schedule(situation, schedule, timeline=timeline, clock=Clock(situation.now, zone))
    return tuple(violation for rule in RULES for violation in rule(indexed))


__all__ = ["RULES", "IndexedSchedule", "Violation", "validate"]
