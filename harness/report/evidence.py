"""From a judged case back to what was recorded of it: observations, crashes, and the outcomes several share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.model.codec import dumps
from harness.model.difference import Difference
from harness.model.record import CaseRecord, Crash, Observation, RunRecord
from harness.model.result import CaseResult, RunResult, Status
from harness.model.schedule import Placement, Situation
from harness.report.gantt import window

WORST_FIRST = (Status.CRASH, Status.INVALID, Status.DIFFERS, Status.KNOWN, Status.NOT_RUN, Status.AGREES)


@dataclass(frozen=True, slots=True)
class Row:
    """One job of a case as both sides have it; moments are seconds from when each side's round was decided."""

    difference: Difference
    reference: Placement | None
    candidate: Placement | None

    @property
    def job(self) -> str:
        """The job's name, or ``the round`` if the difference concerns all of it."""
        return self.difference.job or "the round"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one candidate, or several with exactly the same outcome, made of a case.

    :ivar results: one for each of these candidates.
    :ivar rows: the differences, worst first.
    :ivar observation: the first candidate's; None if nothing was recorded.
    :ivar crashes: of this candidate; the reference's are the case's.
    """

    results: tuple[CaseResult, ...]
    rows: tuple[Row, ...]
    observation: Observation | None
    crashes: tuple[Crash, ...]

    @property
    def status(self) -> Status:
        """The status they share."""
        return self.results[0].status

    @property
    def candidates(self) -> tuple[str, ...]:
        """The ids of the candidates."""
        return tuple(result.candidate for result in self.results)


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case with all its candidates, worst outcome first.

    :ivar record: what was recorded; None if the record does not have the case.
    :ivar reference: the observation under the reference, if any.
    """

    id: str
    kind: str
    title: str
    record: CaseRecord | None
    reference: Observation | None
    outcomes: tuple[Outcome, ...]

    @property
    def status(self) -> Status:
        """The worst status of its outcomes."""
        return self.outcomes[0].status


def cases_of(result: RunResult, record: RunRecord) -> list[CaseView]:
    """Every case of the run once, the worst first, cases of one status in their own order."""
    records = {case.id: case for case in record.cases}
    heaps: dict[str, list[CaseResult]] = {}
    for case in result.cases:
        heaps.setdefault(case.id, []).append(case)
    views = [_view(heap, records.get(case_id)) for case_id, heap in heaps.items()]
    return sorted(views, key=lambda view: WORST_FIRST.index(view.status))


def crashes_of(record: RunRecord, case: CaseResult) -> list[tuple[str, Crash]]:
    """The crashes recorded for a case, each with the id of the combination it befell; the candidate's first."""
    known = next((c for c in record.cases if c.id == case.id), None)
    return crashes_in(known, case.candidate) if known else []


def crashes_in(record: CaseRecord, candidate: str) -> list[tuple[str, Crash]]:
    """The same, from the case's own record."""
    sides = dict.fromkeys((candidate, record.reference))
    seen = record.observations
    return [(side, crash) for side in sides if side in seen for crash in seen[side].crashes]


def situation_of(record: CaseRecord, observation: Observation | None) -> Situation:
    """What an observation is drawn and measured against: its lane's own situation, or the case's."""
    return observation.situation if observation and observation.situation else record.situation


def shared_span(record: CaseRecord, observations: Iterable[Observation]) -> tuple[int, int]:
    """The span that shows all of these, in seconds from when each one's round was decided.

    Each lane has its own clock; what two charts can share is the time since the round.
    """
    spans = [
        (window(situation, [o.schedule]), situation.now)
        for o, situation in ((o, situation_of(record, o)) for o in observations)
        if o.schedule is not None
    ]
    return (
        min((span.start - now for span, now in spans), default=0),
        max((span.stop - now for span, now in spans), default=1),
    )


def _view(heap: list[CaseResult], record: CaseRecord | None) -> CaseView:
    reference = record.observations.get(record.reference) if record else None
    shared: dict[bytes, list[CaseResult]] = {}
    for case in heap:
        observation = record.observations.get(case.candidate) if record else None
        crashes = observation.crashes if observation else ()
        same = dumps((case.status, case.why, case.notes, case.differences, case.opinion, crashes))
        shared.setdefault(same, []).append(case)
    outcomes = [_outcome(tuple(cases), record, reference) for cases in shared.values()]
    return CaseView(
        id=heap[0].id,
        kind=heap[0].kind.value,
        title=heap[0].title,
        record=record,
        reference=reference,
        outcomes=tuple(sorted(outcomes, key=lambda outcome: WORST_FIRST.index(outcome.status))),
    )


def _outcome(results: tuple[CaseResult, ...], record: CaseRecord | None, reference: Observation | None) -> Outcome:
    observation = record.observations.get(results[0].candidate) if record else None
    rows = [
        Row(
            difference,
            _relative(difference.reference, difference.job, record, reference),
            _relative(difference.candidate, difference.job, record, observation),
        )
        for difference in results[0].differences
    ]
    rows.sort(key=lambda row: (row.difference.known is not None, -row.difference.kind.severity))
    return Outcome(results, tuple(rows), observation, observation.crashes if observation else ())


def _relative(
    placement: Placement | None, job: str, record: CaseRecord | None, observation: Observation | None
) -> Placement | None:
    """A placement on the clock of its own lane; the recorded one if there is one, as judging may align clocks."""
    if observation and observation.schedule and job in observation.schedule.fates:
        placement = observation.schedule.fates[job].placement
    if placement is None or record is None:
        return placement
    now = situation_of(record, observation).now
    return Placement(placement.start - now, placement.stop - now, placement.moldable, placement.resources)
