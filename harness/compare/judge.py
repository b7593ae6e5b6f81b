"""The verdict: judges a case, and a whole run, from its recorded history alone."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from harness.compare.case import CaseJudge
from harness.compare.circumstances import Circumstances
from harness.compare.known import uses
from harness.compare.settings import JudgeSettings
from harness.model.difference import DifferenceClass
from harness.model.fault import ExitCode
from harness.model.record import CaseRecord, Kind, RunRecord
from harness.model.result import CaseResult, CombinationResult, RunResult, Status, Verdict


def judge_case(
    record: CaseRecord,
    candidate: str,
    settings: JudgeSettings | None = None,
    environment: Mapping[str, Any] | None = None,
) -> CaseResult:
    """One case under one candidate.

    Every job falls into one class (:class:`~harness.compare.classify.Classifier`); a job that breaks a rule
    (:func:`~harness.compare.validate.validate`) or an assertion of the scenario is ``invalid`` instead, also where
    the reference breaks the same, which ``why`` then says. A crash is a difference of no job. Where the candidate is
    the reference, or that has no schedule, or the case is not for the reference, rules and assertions alone are
    judged. Where the reference ought to have a schedule the case then counts as not run, unless the candidate is
    found wrong by itself.

    :param environment: the run's surroundings, for known differences that name versions.
    """
    return CaseJudge(record, settings or JudgeSettings(), environment or {}).judge(candidate)


def reproduce(template: str, case: CaseRecord, combination: str) -> str:
    """The command line of one case under one combination, from the run's (:attr:`RunRecord.reproduce`)."""
    item = shlex.quote(f"{case.source}::{case.kind}[{combination}]")
    return template.replace("{case}", case.id).replace("{item}", item)


def _verdict(statuses: Iterable[Status]) -> Verdict:
    """Incompatible where anything is; else inconclusive where anything, or everything, was not run."""
    seen = set(statuses)
    if seen & {Status.CRASH, Status.INVALID, Status.DIFFERS}:
        return Verdict.INCOMPATIBLE
    if not seen or Status.NOT_RUN in seen:
        return Verdict.INCONCLUSIVE
    return Verdict.COMPATIBLE_WITH_KNOWN_DIFFERENCES if Status.KNOWN in seen else Verdict.COMPATIBLE


def judge_run(record: RunRecord, settings: JudgeSettings | None = None) -> RunResult:
    """A whole run: every case under every combination asked for in it, the reference of each case among them.

    A combination's verdict comes from its cases: ``incompatible`` where one crashes, breaks a rule or differs without
    explanation; else ``inconclusive`` where one was not run, or there is none; else ``compatible``, with known
    differences where some were explained. The run's verdict comes from all cases in the same way, the reference's
    own rows included, and is ``inconclusive`` too where the record says that something is missing. In a procedure the
    reference has no row. The exit code is the verdict's, but NOTHING_RAN where not one case ran.
    """
    settings = settings or JudgeSettings()
    results: list[CaseResult] = []
    places: list[Circumstances] = []
    for case in record.cases:
        judge = CaseJudge(case, settings, record.environment)
        asked = case.combinations or record.combinations
        # A procedure is compared with nothing, so the reference has no row of its own in it.
        first = () if case.kind is Kind.PROCEDURE else (case.reference,)
        for combination in dict.fromkeys((*first, *asked, *case.observations)):
            if combination in case.not_applicable:
                continue
            result = judge.judge(combination)
            if settings.known and result.status is not Status.NOT_RUN:
                places.append(judge.circumstances(combination))
            results.append(replace(result, reproduce=reproduce(record.reproduce, case, combination)))
    verdict = _verdict(result.status for result in results)
    without_oar3 = record.environment.get("oar3") is None
    if record.missing and (verdict is not Verdict.INCOMPATIBLE or without_oar3):
        # How OAR2's own schedulers differ says nothing of a migration.
        verdict = Verdict.INCONCLUSIVE
    ran = any(result.status is not Status.NOT_RUN for result in results)
    every = dict.fromkeys((record.reference, *record.combinations, *(r.candidate for r in results)))
    if results and all(result.kind is Kind.PROCEDURE for result in results):
        # Nothing was asked of the reference: to call it inconclusive would say too much.
        every.pop(record.reference)
    return RunResult(
        verdict=verdict,
        exit_code=verdict.exit_code if ran else ExitCode.NOTHING_RAN,
        environment=record.environment,
        reference=record.reference,
        combinations=tuple(_combination(record, name, results) for name in every),
        cases=tuple(results),
        missing=record.missing,
        known=uses(settings.known, (d for r in results for d in r.differences), settings.today, places),
    )


def _combination(record: RunRecord, name: str, results: Iterable[CaseResult]) -> CombinationResult:
    own = [result for result in results if result.candidate == name]
    counts: Counter[str] = Counter()
    for result in own:
        counts.update(result.counts)
    return CombinationResult(
        id=name,
        verdict=_verdict(result.status for result in own),
        adaptations=record.adaptations.get(name, ()),
        cases=sum(result.status is not Status.NOT_RUN for result in own),
        differences={kind.value: counts[kind.value] for kind in DifferenceClass if counts[kind.value]},
    )
