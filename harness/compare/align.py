"""Pairs the fates that two schedules give to the jobs, by the jobs' names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.model.job import PAST_STATES, Job
from harness.model.schedule import Fate, Placement, Schedule, Situation

PROMISED = frozenset({"Waiting", "Hold", "toAckReservation"})
"""States in which a placement is a prediction, even in a timeline."""


def decided(fate: Fate, placement: Placement, now: int, *, timeline: bool) -> bool:
    """Whether a job was placed by what is judged: not if it runs since before ``now``.

    In a plan a job that waits, or is to be launched, owes its place to the round, also if it starts a second
    before ``now``: the metaschedulers do not round the clock alike (``oar_meta_sched`` adds a second to it).
    """
    return timeline or placement.start >= now or fate.state in (*PROMISED, "toLaunch")


def foretold(fate: Fate, *, timeline: bool) -> bool:
    """Whether the end of a job's placement is a prediction: its start and the walltime.

    In a plan it is unless the job has ended; in a timeline only if the job never started.
    """
    return fate.state in PROMISED if timeline else fate.state not in PAST_STATES


@dataclass(frozen=True, slots=True)
class Pair:
    """One job, and what each schedule made of it; None if the schedule does not know it."""

    name: str
    reference: Fate | None
    candidate: Fate | None


@dataclass(frozen=True, slots=True)
class Aligned:
    """Two schedules side by side.

    Times are compared relative to each one's own origin, the ``now`` of its situation: two lanes of a live case
    begin at different moments. Two plans of one snapshot have the same origin.

    >>> one, other = Situation(1000, (), (), (Job("a", 1),)), Situation(5000, (), (), (Job("a", 7),))
    >>> aligned = Aligned(Schedule({"a": Fate("Waiting")}), Schedule({"b": Fate("Waiting")}), one, other)
    >>> [(pair.name, pair.reference is None, pair.candidate is None) for pair in aligned.pairs()]
    [('a', False, True), ('b', True, False)]
    """

    reference: Schedule
    candidate: Schedule
    reference_in: Situation
    candidate_in: Situation

    @property
    def same_origin(self) -> bool:
        """Whether both began at the same moment, so that times of day can be compared."""
        return self.reference_in.now == self.candidate_in.now

    def jobs(self) -> dict[str, Job]:
        """The jobs by name; the candidate's own rows come first."""
        return {job.name: job for job in (*self.reference_in.jobs, *self.candidate_in.jobs)}

    def pairs(self) -> Iterator[Pair]:
        """Every job that the situation or either schedule knows, once: in the situation's order, then the rest."""
        names = dict.fromkeys(job.name for job in (*self.reference_in.jobs, *self.candidate_in.jobs))
        names.update(dict.fromkeys((*self.reference.fates, *self.candidate.fates)))
        for name in names:
            yield Pair(name, self.reference.fates.get(name), self.candidate.fates.get(name))

    def start_shift(self, reference: Placement, candidate: Placement) -> int:
        """Seconds by which the candidate starts a job later than the reference, each from its own origin.

        >>> from procset import ProcSet
        >>> one, other = Situation(1000, (), (), ()), Situation(5000, (), (), ())
        >>> aligned = Aligned(Schedule({}), Schedule({}), one, other)
        >>> aligned.start_shift(Placement(1060, 4660, 0, ProcSet(1)), Placement(5090, 8690, 0, ProcSet(1)))
        30
        """
        return (candidate.start - self.candidate_in.now) - (reference.start - self.reference_in.now)
