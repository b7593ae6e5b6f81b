"""The range of the reference's own answers: what it shows against itself is no fault of a candidate.

A difference is reported only after the reference was asked again about the same snapshot, or on a second server. If
its answers to one job are not alike, that job is judged by their range.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from functools import cached_property

from harness.compare.align import Aligned
from harness.compare.classify import classify
from harness.model.difference import Difference, DifferenceClass
from harness.model.record import CaseRecord, Observation
from harness.model.schedule import Schedule, Situation

MOST = 3
"""How often the reference is asked again at most."""

_TIMES = (DifferenceClass.EARLIER, DifferenceClass.LATER)
_PLACES = (*_TIMES, DifferenceClass.OTHER_SHAPE, DifferenceClass.OTHER_MOLDABLE)
_LASTS = re.compile(r"lasts .* instead of ")
_WIDEST = 3
"""By which factor the noise of two servers may widen the tolerance."""


@dataclass(frozen=True, slots=True)
class SituatedSchedule:
    """One schedule of the reference, and what it is judged against."""

    schedule: Schedule
    situation: Situation


def observed(record: CaseRecord) -> list[Observation]:
    """The observations of the reference that can be compared with, the first one first; none if that failed.

    Of the repeats those in which nothing crashed.
    """
    first = record.observations.get(record.reference)
    if first is None or first.not_run or first.schedule is None:
        return []
    return [first, *_again(record, record.reference)]


def again_of(record: CaseRecord, candidate: str) -> list[SituatedSchedule]:
    """What a candidate answered when it was asked again."""
    return [
        SituatedSchedule(seen.schedule, seen.situation or record.situation)
        for seen in _again(record, candidate)
        if seen.schedule
    ]


def _again(record: CaseRecord, column: str) -> list[Observation]:
    return [
        seen
        for seen in record.repeats
        if seen.combination == column and seen.schedule and not seen.not_run and not seen.crashes
    ]


def answers_of(record: CaseRecord) -> list[SituatedSchedule]:
    """What they answered."""
    return [
        SituatedSchedule(seen.schedule, seen.situation or record.situation)
        for seen in observed(record)
        if seen.schedule
    ]


class Range:
    """What the reference answered, once or several times.

    :param answers: at least one; the first is what candidates are compared with.
    :param tolerance: seconds by which a start may differ.
    """

    def __init__(self, answers: Sequence[SituatedSchedule], tolerance: int, zone: tzinfo = UTC) -> None:
        self._answers = answers
        self._tolerance = tolerance
        self._zone = zone

    def excuse(
        self,
        found: Iterable[Difference],
        schedule: Schedule,
        situation: Situation,
        again: Sequence[SituatedSchedule] = (),
    ) -> list[Difference]:
        """The differences of a candidate from the first answer, those within the range marked ``unstable``.

        A job is within it if the candidate agrees harmlessly with any of the answers to that job; or if its
        start, and how long it lasts if that is what differs, lie between their least and their greatest, give or
        take the tolerance. Another shape or alternative is within it only if the answers differ so, too. (Few of
        the answers that the reference may give are seen.) Each job is judged by itself: jobs may agree with
        different answers.

        What the reference does not decide alike for one job may move others, too, in an answer that was not seen. So
        if it does not for any, a job also counts as within the range if the candidate, asked again, agrees there
        with any of its answers.

        :param again: what the candidate answered then.
        """
        differences = list(found)
        if len(self._answers) < 2 or all(d.harmless for d in differences):
            return differences
        # Against each answer, since what a job's start follows from is that answer's own.
        fits: dict[str, str] = {}
        for answer in self._answers[1:]:
            for each in self._classified(answer, SituatedSchedule(schedule, situation)):
                if each.kind.harmless:
                    fits.setdefault(each.job, "it agrees with what that decides when asked again")
        for other in again if self.unstable else ():
            for answer in self._answers:
                for each in self._classified(answer, other):
                    if each.kind.harmless:
                        fits.setdefault(
                            each.job, "that does not decide alike here, and the two agree when asked again"
                        )
        return [self._excused(each, fits, situation.now) for each in differences]

    @property
    def times(self) -> int:
        """How many answers there are."""
        return len(self._answers)

    @cached_property
    def unstable(self) -> dict[str, frozenset[DifferenceClass]]:
        """The jobs on which the answers are not alike, and the classes of difference between any two of them."""
        kinds: dict[str, set[DifferenceClass]] = {}
        for number, one in enumerate(self._answers):
            for other in self._answers[number + 1 :]:
                for each in self._classified(one, other):
                    if each.kind is not DifferenceClass.IDENTICAL:
                        kinds.setdefault(each.job, set()).add(each.kind)
        return {job: frozenset(found) for job, found in kinds.items()}

    def _classified(self, one: SituatedSchedule, other: SituatedSchedule) -> list[Difference]:
        aligned = Aligned(one.schedule, other.schedule, one.situation, other.situation)
        return classify(aligned, self._tolerance, self._zone)

    def _excused(self, difference: Difference, fits: dict[str, str], now: int) -> Difference:
        if difference.harmless or not difference.job:
            return difference
        if said := fits.get(difference.job):
            why = f"within the reference's own range: {said}"
        elif self._within(difference, now):
            why = "within the reference's own range: that does not decide this job alike when asked again"
        else:
            return difference
        return replace(difference, unstable=True, why=f"{difference.why}; {why}")

    def _within(self, difference: Difference, now: int) -> bool:
        """Whether a job's start and length lie within those of the answers, if these differ in the same way."""
        place, kind = difference.candidate, difference.kind
        lasting = (
            kind is DifferenceClass.OTHER_OUTCOME
            and difference.reference is not None
            and _LASTS.match(difference.why)
        )
        if place is None or not (kind in _TIMES or lasting or kind in self.unstable.get(difference.job, ())):
            return False
        if kind not in _PLACES and not lasting:
            return False
        places = [
            (fate.placement, answer.situation.now)
            for answer in self._answers
            if (fate := answer.schedule.fates.get(difference.job)) and fate.placement
        ]
        starts = [each.start - origin for each, origin in places]
        lengths = [each.stop - each.start for each, _ in places]
        return self._between(starts, place.start - now) and (
            not lasting or self._between(lengths, place.stop - place.start)
        )

    def _between(self, values: Sequence[int], value: int) -> bool:
        return bool(values) and min(values) - self._tolerance <= value <= max(values) + self._tolerance


def unsteady(record: CaseRecord) -> bool:
    """Whether the reference, asked again, decided any job otherwise."""
    return len(observed(record)) > 1 and bool(Range(answers_of(record), record.tolerance).unstable)


def noise_note(found: Range) -> str:
    """One line on the jobs that the reference does not decide alike; empty if it does."""
    worse = {
        job: sorted(kind.value for kind in kinds if not kind.harmless)
        for job, kinds in found.unstable.items()
        if any(not kind.harmless for kind in kinds)
    }
    if not worse:
        return ""
    listed = ", ".join(f"{job} ({', '.join(kinds)})" for job, kinds in list(worse.items())[:5])
    more = f", and {len(worse) - 5} more" if len(worse) > 5 else ""
    repeats = found.times - 1
    times = "once more" if repeats == 1 else f"{repeats} times more"
    return f"the reference, asked {times}, does not decide alike: {listed}{more}; judged by the range of its answers"


def calibrated(answers: Sequence[SituatedSchedule], tolerance: int) -> tuple[int, str]:
    """The tolerance of a case on whole servers, and the job that widened it (empty if none did).

    Two servers of the reference start the same job at moments that differ by the machine's own noise: a candidate may
    differ by as much. Three times the tolerance at most: what differs by more is the reference's own doing, and
    counts for its job alone (:class:`Range`).
    """
    widest, name = tolerance, ""
    for number, one in enumerate(answers):
        for other in answers[number + 1 :]:
            for job, fate in one.schedule.fates.items():
                again = other.schedule.fates.get(job)
                first, second = fate.placement, again.placement if again else None
                if first is None or second is None or first.moldable != second.moldable:
                    continue
                shift = abs((first.start - one.situation.now) - (second.start - other.situation.now))
                if widest < shift <= tolerance * _WIDEST:
                    widest, name = shift, job
    return widest, name
