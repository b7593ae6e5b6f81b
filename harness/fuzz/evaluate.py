"""One comparison: a scenario's snapshot, a round of the reference, a round of the candidate, judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from harness.compare.ask_again import doubtful
from harness.compare.case_judge import CaseJudge
from harness.compare.confirmations import to_confirm
from harness.compare.judge_settings import JudgeSettings
from harness.compare.known.draft import drafts_of, dump_drafts
from harness.compare.reference_noise import MOST, unsteady
from harness.fuzz.generate import features_of
from harness.fuzz.symptom import Symptom, symptom_of
from harness.model.combination import AGAIN, Combination
from harness.model.record import CaseRecord, Kind
from harness.model.result import CaseResult
from harness.model.target import Artefacts, Target
from harness.plan.confirming_round import confirm
from harness.plan.plan_server import PlanServer
from harness.workload.case_ids import case_id
from harness.workload.scenario import Queue, Scenario


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a comparison showed.

    :ivar symptom: None if the two agree, or differ as is known.
    """

    scenario: Scenario
    features: frozenset[str]
    symptom: Symptom | None
    record: CaseRecord
    result: CaseResult

    @property
    def doubtful(self) -> bool:
        """Whether another round of the reference may show it to be noise."""
        return self.symptom is not None and self.symptom.side == "candidate" and doubtful(self.result.differences)

    @property
    def why(self) -> tuple[str, ...]:
        """The differences in words, a line each."""
        return tuple(
            f"{d.job or 'the round'}: {d.kind.value}: {d.why}" for d in self.result.differences if not d.harmless
        )


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared, and how it is judged.

    :ivar conf: keys of oar.conf that hold if a scenario says nothing.
    :ivar debian: code name of the release.
    :ivar queues: the site's, whose schedulers the queues of a scenario have.
    """

    reference: Combination
    candidate: Combination
    settings: JudgeSettings
    tolerance: int
    debian: str
    conf: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    queues: tuple[Queue, ...] = ()

    @property
    def column(self) -> str:
        """The candidate's id in records; the reference compared with itself is called ``<id>@again`` there."""
        return self.candidate.id + (f"@{AGAIN}" if self.candidate == self.reference else "")

    def ask(
        self,
        plan_server: PlanServer,
        scenario: Scenario,
        artefacts: Artefacts,
        *,
        alone: bool = False,
        by_oarsub: bool = False,
        new: Callable[[Evaluation], bool] = lambda _: True,
    ) -> Evaluation:
        """Compare the two on one server; if they differ, observe the reference again before that is returned.

        :param artefacts: where the rounds' logs are kept.
        :param alone: whether the candidate's round suffices, since nothing but a crash of it is looked for.
        :param by_oarsub: whether each job is submitted by ``oarsub``, instead of laying the rows it would leave.
        :param new: whether what was seen is worth observing again: not if it is but another sighting.
        """
        whole = replace(scenario, conf={**self.conf, **scenario.conf}, site_queues=self.queues)
        by: Literal["oarsub", "any"] = "oarsub" if by_oarsub else "any"
        snapshot = plan_server.snapshot(whole, by=by)
        reference, candidate = self._targets(artefacts)
        seen = plan_server.observe(snapshot, [candidate] if alone else [reference, candidate])
        record = CaseRecord(
            id=self.id_of(scenario),
            kind=Kind.FUZZ,
            title=scenario.title,
            situation=snapshot.situation,
            reference=self.reference.id,
            tolerance=self.tolerance if scenario.tolerance is None else scenario.tolerance,
            observations=seen,
            expect=scenario.expect,
            source=scenario.source,
        )
        found = self.judge(scenario, record)
        causes = to_confirm(record, self.settings, self.environment) if found.symptom and new(found) else []
        for without, _ in causes:
            first, second = self._targets(artefacts.below("without"))
            part = confirm(plan_server, whole, without, first, [second], by)
            record = replace(record, confirmations=(*record.confirmations, part))
            found = self.judge(scenario, record)
        if causes and found.doubtful:
            snapshot = plan_server.snapshot(whole, by=by)
        while found.doubtful and len(record.repeats) < MOST and new(found):
            made = len(record.repeats)
            more = plan_server.again(snapshot, reference, made, min(2, MOST - made))
            record = replace(record, repeats=(*record.repeats, *more))
            found = self.judge(scenario, record)
        if found.doubtful and new(found) and unsteady(record):
            more = plan_server.again(snapshot, candidate, 0, 2)
            record = replace(record, repeats=(*record.repeats, *more))
            found = self.judge(scenario, record)
        return found

    def _targets(self, artefacts: Artefacts) -> tuple[Target, Target]:
        """Reference and candidate."""
        pairs = ((self.reference.id, self.reference), (self.column, self.candidate))
        first, second = (Target(id, each, artefacts.below("logs", id)) for id, each in pairs)
        return first, second

    def id_of(self, scenario: Scenario) -> str:
        """The case's id."""
        return case_id(replace(scenario, conf={**self.conf, **scenario.conf}), Kind.FUZZ, self.debian)

    def judge(self, scenario: Scenario, record: CaseRecord) -> Evaluation:
        """Judge what was observed."""
        judge = CaseJudge(record, self.settings, self.environment)
        reference, result = judge.judge(self.reference.id), judge.judge(self.column)
        order = [job.name for job in record.situation.jobs]
        return Evaluation(
            scenario,
            frozenset(feature.value for feature in features_of(scenario)),
            symptom_of(result, reference, order),
            record,
            result,
        )

    def draft(self, seen: Evaluation) -> str:
        """Known differences to be filled in for what it leaves unexplained on either side; empty if nothing is."""
        reference = CaseJudge(seen.record, self.settings, self.environment).judge(self.reference.id)
        found = [
            draft for result in (seen.result, reference) for draft in drafts_of(seen.record, result, self.environment)
        ]
        return dump_drafts(found, [entry.id for entry in self.settings.known]) if found else ""
