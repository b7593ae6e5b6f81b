"""The third opinion: which side departs from plain FIFO with conservative backfilling. It changes no verdict.

Each side is followed on its own: for each job on which the two differ, the planner says where it would put that job
after the side's own decisions on the jobs before it. So one departure is reported once, whatever follows from it;
a second more between any two jobs adds up to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from harness.compare.catalogue import Catalogue
from harness.compare.third_opinion.choose_resources import Pickers
from harness.compare.third_opinion.plain_cases import Side, side, unplain, waiting
from harness.compare.third_opinion.planner import Planner, plan
from harness.model.difference import Difference
from harness.model.job import Job
from harness.model.opinion import Departs, JobOpinion, Opinion
from harness.model.schedule import Placement, Schedule, Situation

GRACE = 1
"""Seconds by which a start may differ from ours: ``oar_meta_sched`` rounds the clock up by one, and the native
schedulers leave one more between two jobs."""

SPARE = 2
"""Seconds that a gap may have to be longer by, to be taken: the same two seconds, if a job has to end in time."""


def differing(found: Iterable[Difference]) -> tuple[str, ...]:
    """The jobs to have an opinion on: those whose difference is not harmless, in start, alternative or at all."""
    names = []
    for difference in found:
        one, other = difference.reference, difference.candidate
        if difference.harmless or not difference.job or (one is None and other is None):
            continue
        if one is None or other is None or abs(one.start - other.start) > GRACE or one.moldable != other.moldable:
            names.append(difference.job)
    return tuple(names)


class Opinions:
    """Gives opinions on the candidates of one plan, against one reference.

    :param schedulers: by combination and queue, if queues keep their own.
    """

    def __init__(
        self,
        situation: Situation,
        reference: str,
        schedule: Schedule,
        schedulers: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self._schedulers = schedulers
        self._situation = situation
        self._pickers = Pickers(Catalogue(situation))
        self._reference = side(reference, situation, schedule, schedulers.get(reference))
        self._plans: dict[tuple[tuple[str, ...], frozenset[str]], dict[str, Placement]] = {}

    def of(self, candidate: str, schedule: Schedule, found: Iterable[Difference]) -> Opinion | None:
        """The opinion on one candidate; None if no job differs in what the planner decides."""
        reference, other = (
            self._reference,
            side(candidate, self._situation, schedule, self._schedulers.get(candidate)),
        )
        names = set(differing(found)) - reference.over - other.over
        if not names:
            return None
        why = unplain(self._situation, reference, other)
        if why:
            return Opinion(why=why)
        new = self._waiting(reference, other)
        own = self._own(new, reference.over & other.over)
        one, two = self._departing(reference, new, names), self._departing(other, new, names)
        jobs = [
            JobOpinion(job.name, _who(job.name in one, job.name in two), own.get(job.name))
            for job in new
            if job.name in names
        ]
        return Opinion(tuple(jobs)) if jobs else None

    def _waiting(self, *sides: Side) -> list[Job]:
        return sorted(waiting(self._situation, *sides), key=lambda job: job.id)

    def _own(self, new: list[Job], over: frozenset[str]) -> dict[str, Placement]:
        """Our own plan; most candidates share one."""
        key = (tuple(job.name for job in new), over)
        if key not in self._plans:
            self._plans[key] = plan(self._situation, self._reference.standing, new, over, self._pickers)
        return self._plans[key]

    def _departing(self, mine: Side, new: Iterable[Job], names: set[str]) -> set[str]:
        """The jobs that a side puts elsewhere than the planner would, after what it did with those before them."""
        planner = Planner(self._situation, self._pickers, mine.over)
        for name, standing in mine.standing.items():
            planner.hold(name, standing)
        found = set()
        for job in new:
            place = mine.placed.get(job.name)
            if job.name in names and not any(_alike(place, planner.place(job, spare)) for spare in (0, SPARE)):
                found.add(job.name)
            if place is not None:
                planner.hold(job.name, place)
        return found


def _alike(one: Placement | None, other: Placement | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one.start - other.start) <= GRACE and one.moldable == other.moldable


def _who(reference: bool, candidate: bool) -> Departs:
    if reference and candidate:
        return Departs.BOTH
    if reference:
        return Departs.REFERENCE
    return Departs.CANDIDATE if candidate else Departs.NEITHER
