"""Puts each job into exactly one class of difference, and says why with figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo

from harness.compare.align import Aligned, Pair
from harness.compare.catalogue import Catalogue
from harness.compare.moments import Clock, duration
from harness.compare.predecessors import Predecessor, moments, predecessors
from harness.compare.shape import Shapes, differ
from harness.compare.validate.violation import some
from harness.model.difference import Difference, DifferenceClass
from harness.model.job import ERROR_STATES, PAST_STATES, REJECTED, Job
from harness.model.schedule import Fate, Placement, Situation

_FAILED = {REJECTED: "rejected", **dict.fromkeys(ERROR_STATES, "in error")}


def outcome(fate: Fate | None) -> str:
    """How a job fared, roughly: ``rejected``, ``in error`` (a killed job is), or ``fine``."""
    return _FAILED.get(fate.state, "fine") if fate else "fine"


def security(situation: Situation) -> int:
    """SCHEDULER_JOB_SECURITY_TIME, seconds; 60 if it is not set, as in OAR2's schedulers."""
    try:
        return int(situation.conf.get("SCHEDULER_JOB_SECURITY_TIME", 60))
    except ValueError:
        return 60


class Classifier:
    """Compares the two schedules of one case, job by job.

    Each job falls in the first class of this list that fits:

    - ``other-outcome``: rejected, in error, killed or launched on one side only (:meth:`_ends`); or lasting another
      time, by more than the tolerance, of the same alternative, if both ends are of the same kind (both history,
      or both predicted).
    - ``only-in-reference``, ``only-in-candidate``: has a place on that side only.
    - ``other-moldable``: another alternative of the request.
    - ``other-shape``: another number of blocks, or of resources in them, on some level of the hierarchy.
    - ``identical``: the same start and resources. ``equivalent-placement``: the same start, other resources, of the
      same shape (that all are eligible is the rules' to say: what is not is ``invalid``).
    - ``shifted``: starts within the tolerance, or by a shift that follows from what came before it: see
      :meth:`_inherited`.
    - ``earlier``, ``later``: starts by more than that before, or after, the reference.

    Starts are compared from each side's own origin (:class:`Aligned`). Jobs that neither side places, with the same
    outcome, are ``identical``.
    """

    def __init__(self, aligned: Aligned, tolerance: int, zone: tzinfo = UTC) -> None:
        self._aligned = aligned
        self._tolerance = tolerance
        self._jobs: Mapping[str, Job] = aligned.jobs()
        self._reference_shapes = Shapes(Catalogue(aligned.reference_in))
        same = aligned.candidate_in is aligned.reference_in
        self._candidate_shapes = self._reference_shapes if same else Shapes(Catalogue(aligned.candidate_in))
        self._reference_clock = Clock(aligned.reference_in.now, zone)
        self._candidate_clock = Clock(aligned.candidate_in.now, zone)
        self._before: dict[bool, dict[str, tuple[Predecessor, ...]]] = {}

    def classify(self) -> list[Difference]:
        """Every job, each with its class; ``identical`` ones too."""
        return [self._job(pair) for pair in self._aligned.pairs()]

    def _job(self, pair: Pair) -> Difference:
        reference = pair.reference.placement if pair.reference else None
        candidate = pair.candidate.placement if pair.candidate else None
        kind, why = self._judge(pair, reference, candidate)
        return Difference(pair.name, kind, why, reference, candidate)

    def _judge(
        self, pair: Pair, reference: Placement | None, candidate: Placement | None
    ) -> tuple[DifferenceClass, str]:
        if why := self._ends(pair):
            return DifferenceClass.OTHER_OUTCOME, why
        if reference is None and candidate is None:
            return DifferenceClass.IDENTICAL, "has no place on either side"
        if candidate is None and reference is not None:
            why = f"the reference starts it at {self._when(reference, self._reference_clock)}"
            return DifferenceClass.ONLY_IN_REFERENCE, why + _said(pair.candidate, "the candidate")
        if reference is None and candidate is not None:
            why = f"the candidate starts it at {self._when(candidate, self._candidate_clock)}"
            return DifferenceClass.ONLY_IN_CANDIDATE, why + _said(pair.reference, "the reference")
        assert reference is not None
        assert candidate is not None
        return self._places(pair, reference, candidate)

    def _ends(self, pair: Pair) -> str:
        """What happened to a job on one side only, beside its place; empty if nothing did.

        Of a plan that is its state after the round as well, and whether the round launched it. If the side that
        did not launch it plans it for later, or nowhere, the class of its place says so instead.
        """
        one, other = pair.reference, pair.candidate
        unlike = f"{_end(one)} in the reference, {_end(other)} in the candidate"
        if outcome(one) != outcome(other):
            return unlike
        if one is None or other is None:
            return ""
        if one.killed != other.killed:
            return f"is to be killed in the {'reference' if one.killed else 'candidate'} only"
        if one.launched is None or other.launched is None or outcome(one) != "fine":
            return ""
        if one.launched != other.launched:
            late, now = (other, self._aligned.candidate_in.now)
            if other.launched:
                late, now = (one, self._aligned.reference_in.now)
            return f"is launched in the {_which(one)} only: {unlike}" if self._due(pair.name, late, now) else ""
        return unlike if _settled(one) != _settled(other) else ""

    def _due(self, name: str, fate: Fate, now: int) -> bool:
        """Whether a job that a round at ``now`` did not launch should have been, by the round's own plan."""
        if fate.placement is None:
            return False
        job = self._jobs.get(name)
        promised = job.reservation if job else None
        # A reservation that waits for its nodes is planned for a second after each round.
        return fate.placement.start <= now or (promised is not None and promised <= now)

    def _places(self, pair: Pair, reference: Placement, candidate: Placement) -> tuple[DifferenceClass, str]:
        shift = self._aligned.start_shift(reference, candidate)
        starts = self._starts(shift, reference, candidate)
        if reference.moldable != candidate.moldable:
            why = f"takes alternative {candidate.moldable} instead of {reference.moldable}, counted from 0"
            return DifferenceClass.OTHER_MOLDABLE, f"{why}; {starts}"
        alike = _ended(pair.reference) == _ended(pair.candidate)
        longer = (candidate.stop - candidate.start) - (reference.stop - reference.start)
        if alike and abs(longer) > self._tolerance:
            lasts, instead = candidate.stop - candidate.start, reference.stop - reference.start
            return DifferenceClass.OTHER_OUTCOME, f"lasts {duration(lasts)} instead of {duration(instead)}"
        moved = reference.resources != candidate.resources
        if moved:
            one, other = (
                self._reference_shapes.of(reference.resources),
                self._candidate_shapes.of(candidate.resources),
            )
            if one != other:
                return DifferenceClass.OTHER_SHAPE, f"holds {differ(one, other)}; {starts}"
        if shift == 0:
            if not moved:
                return DifferenceClass.IDENTICAL, "same start, same resources"
            why = f"same start, other resources of the same shape: {_moved(reference, candidate)}"
            return DifferenceClass.EQUIVALENT_PLACEMENT, why
        if abs(shift) <= self._tolerance:
            return DifferenceClass.SHIFTED, f"{starts}, within the tolerance of {self._tolerance} s"
        follows = self._inherited(pair.name, shift)
        if follows:
            return DifferenceClass.SHIFTED, f"{starts}; {follows}"
        return (DifferenceClass.LATER if shift > 0 else DifferenceClass.EARLIER), starts

    def _inherited(self, name: str, shift: int) -> str:
        """How a job's shift follows from those of the jobs before it; empty if it does not.

        A job that starts later waited, in the candidate's schedule, for the end of the jobs before it on its
        resources, for what it depends on, or for its container's start; one that starts earlier had waited so in
        the reference's. It inherits if its shift is no greater than that moment's own by more than the tolerance:
        small shifts add up along a chain of jobs without end. That holds whatever the other job's own class is,
        which is reported there: each cause once. Only jobs that ended within twice the security time, a second
        and the tolerance of the start held it up: OAR2 starts a job one security time and a second after the last,
        two security times after what it depends on (phase 2 of the native schedulers).
        """
        later = shift > 0
        fates = self._aligned.candidate.fates if later else self._aligned.reference.fates
        others = self._aligned.reference.fates if later else self._aligned.candidate.fates
        best: tuple[int, str] | None = None
        for before in self._predecessors(later).get(name, ()):
            here, there = fates[before.name].placement, others.get(before.name)
            if here is None or there is None or there.placement is None:
                continue
            difference = moments(here, before) - moments(there.placement, before)
            origins = self._aligned.candidate_in.now - self._aligned.reference_in.now
            own = difference - origins if later else -difference - origins
            if best is None or (own > best[0]) == later:
                best = (own, before.name)
        if best is None:
            return ""
        more = shift - best[0] if later else best[0] - shift
        if more > self._tolerance:
            return ""
        word = f"{more} s more than" if more > 0 else "no more than"
        return f"follows {best[1]}, {word} its {abs(best[0])} s"

    def _predecessors(self, later: bool) -> dict[str, tuple[Predecessor, ...]]:
        if later not in self._before:
            side = self._aligned.candidate if later else self._aligned.reference
            reach = 2 * security(self._aligned.reference_in) + 1 + self._tolerance
            self._before[later] = predecessors(side, self._jobs, reach)
        return self._before[later]

    def _when(self, placement: Placement, clock: Clock) -> str:
        return clock.at(placement.start) if self._aligned.same_origin else clock.since(placement.start)

    def _starts(self, shift: int, reference: Placement, candidate: Placement) -> str:
        one, other = self._when(reference, self._reference_clock), self._when(candidate, self._candidate_clock)
        if shift == 0:
            return f"starts when the reference does ({one})"
        word = "after" if shift > 0 else "before"
        return f"starts {abs(shift)} s {word} the reference ({one} → {other})"


def _which(reference: Fate) -> str:
    return "reference" if reference.launched else "candidate"


def _settled(fate: Fate) -> str:
    """A state after a round, but for whether it was launched."""
    return "Waiting" if fate.state == "toLaunch" else fate.state


def _ended(fate: Fate | None) -> bool:
    return fate is not None and fate.state in PAST_STATES


def _end(fate: Fate | None) -> str:
    if fate is None:
        return "absent"
    return f"{fate.state} ({some(fate.message)})" if fate.message else fate.state


def _said(fate: Fate | None, who: str) -> str:
    if fate is None:
        return f"; {who} does not know it"
    return f"; {who} leaves it {_end(fate)}"


def _moved(reference: Placement, candidate: Placement) -> str:
    return f"{some(reference.resources)} → {some(candidate.resources)}"


def classify(aligned: Aligned, tolerance: int, zone: tzinfo = UTC) -> list[Difference]:
    """Every job of two schedules, each in exactly one class: see :class:`Classifier`.

    A job that the candidate starts ten minutes later, with a tolerance of a minute:

    >>> from procset import ProcSet
    >>> from harness.model.cluster import parse_cluster
    >>> from harness.model.schedule import Schedule
    >>> here = Situation(0, parse_cluster("2 nodes").resources, ("host",), (Job("long", 1),))
    >>> reference = Schedule({"long": Fate("Waiting", Placement(0, 3600, 0, ProcSet(1)))})
    >>> candidate = Schedule({"long": Fate("Waiting", Placement(600, 4200, 0, ProcSet(1)))})
    >>> (difference,) = classify(Aligned(reference, candidate, here, here), 60)
    >>> difference.job, difference.kind.value
    ('long', 'later')
    """
    return Classifier(aligned, tolerance, zone).classify()
