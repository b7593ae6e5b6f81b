"""The verdict: judges a case, and a whole run, from its recorded history alone."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness.compare.case_judge import CaseJudge
from harness.compare.judge_settings import JudgeSettings
from harness.compare.known.circumstances import Circumstances
from harness.compare.known.known_differences import uses
from harness.model.difference import COUNTED
from harness.model.fault import ExitCode
from harness.model.record import Asked, CaseRecord, Kind, RunRecord
from harness.model.result import CaseResult, CombinationResult, RunResult, Status, Verdict

_NOT_REACHED = "not reached: the run ended early"


def judge_case(
    record: CaseRecord,
    candidate: str,
    settings: JudgeSettings | None = None,
    environment: Mapping[str, Any] | None = None,
) -> CaseResult:
    """One case under one candidate.

    Every job falls into one class (:class:`~harness.compare.classify.Classifier`); a job that breaks a rule
    (:func:`~harness.compare.validate.validate`) or an assertion of the scenario is ``invalid`` instead, also if
    the reference breaks the same, which ``why`` then says. A crash is a difference of no job. If the candidate is
    the reference, or that has no schedule, or the case is not for the reference, rules and assertions alone are
    judged. If the reference ought to have a schedule the case then counts as not run, unless the candidate is
    found wrong by itself.

    :param environment: the run's surroundings, for known differences that name versions.

    >>> from harness.model.job import Job
    >>> from harness.model.record import Observation
    >>> from harness.model.schedule import Fate, Schedule, Situation
    >>> here = Situation(0, (), ("host",), (Job("long", 1),))
    >>> waits = Observation("native", Schedule({"long": Fate("Waiting")}))
    >>> fails = Observation("kao", Schedule({"long": Fate("Error")}))
    >>> record = CaseRecord("c1", Kind.PLAN, "a long job", here, "native", 60, {"native": waits, "kao": fails})
    >>> result = judge_case(record, "kao")
    >>> result.status.value, [difference.kind.value for difference in result.differences]
    ('differs', ['other-outcome'])
    """
    return CaseJudge(record, settings or JudgeSettings(), environment or {}).judge(candidate)


def reproduce(template: str, case: CaseRecord | Asked, combination: str) -> str:
    """The command line of one case under one combination, from the run's (:attr:`RunRecord.reproduce`)."""
    item = shlex.quote(f"{case.source}::{case.kind}[{combination}]")
    return template.replace("{case}", case.id).replace("{item}", item)


def _verdict(results: Iterable[CaseResult]) -> Verdict:
    """A column's: incompatible if a case is at fault; else inconclusive if one says nothing, or none."""
    found = list(results)
    if any(result.faulty for result in found):
        return Verdict.INCOMPATIBLE
    if not found or any(result.status is Status.NOT_RUN or result.shared for result in found):
        return Verdict.INCONCLUSIVE
    known = any(result.status is Status.KNOWN for result in found)
    return Verdict.COMPATIBLE_WITH_KNOWN_DIFFERENCES if known else Verdict.COMPATIBLE


def judge_run(record: RunRecord, settings: JudgeSettings | None = None) -> RunResult:
    """A whole run: every case under every combination asked for in it, the reference of each case among them.

    A candidate's verdict comes from its cases: ``incompatible`` if one crashes, breaks a rule or differs without
    explanation, and the reference does not break the same; else ``inconclusive`` if one was not compared, the
    reference breaks the same, or there is none; else ``compatible``, with known differences if some were
    explained. The reference's rows are judged in the same way. The run is ``incompatible`` if a candidate is; else
    ``inconclusive`` if a candidate is, or there is none, or the reference breaks something by itself, or the run
    ended early, or the record says that something is missing. In a procedure the reference has no row. The exit code
    is the verdict's, but NOTHING_RAN if a run came to its end and not one case ran.
    """
    settings = settings or JudgeSettings()
    results: list[CaseResult] = []
    places: list[Circumstances] = []
    for case in record.cases:
        judge = CaseJudge(case, settings, record.environment)
        for combination in _rows(record, case, case.reference, case.observations):
            result = judge.judge(combination)
            if combination not in case.observations and record.ended_early:
                result = replace(result, why=_NOT_REACHED)
            if settings.known and result.status is not Status.NOT_RUN:
                places.append(judge.circumstances(combination))
            results.append(replace(result, reproduce=reproduce(record.reproduce, case, combination)))
    begun = {case.id for case in record.cases}
    results += [row for case in record.asked if case.id not in begun for row in _unreached(record, case)]
    every = dict.fromkeys((record.reference, *record.combinations, *(r.candidate for r in results)))
    tried = {result.candidate for result in results}
    if record.reference not in tried and results and all(result.kind is Kind.PROCEDURE for result in results):
        # Nothing was asked of the reference: to call it inconclusive would say too much.
        every.pop(record.reference)
    combinations = tuple(_combination(record, name, results) for name in every)
    verdict = _of_run(record, results, every)
    ran = any(not seen.not_run for case in record.cases for seen in case.observations.values())
    return RunResult(
        verdict=verdict,
        exit_code=verdict.exit_code if ran or record.ended_early else ExitCode.NOTHING_RAN,
        environment=record.environment,
        reference=record.reference,
        combinations=combinations,
        cases=tuple(results),
        missing=record.missing,
        known=uses(settings.known, (d for r in results for d in r.differences), settings.today, places),
        ended_early=record.ended_early,
        warnings=record.warnings,
    )


def _rows(record: RunRecord, case: CaseRecord | Asked, reference: str, seen: Iterable[str] = ()) -> Iterator[str]:
    """The combinations that a case has a row for."""
    # A procedure is compared with nothing, so the reference has no row of its own in it.
    first = () if case.kind is Kind.PROCEDURE else (reference,)
    for combination in dict.fromkeys((*first, *(case.combinations or record.combinations), *seen)):
        if combination not in case.not_applicable:
            yield combination


def _unreached(record: RunRecord, case: Asked) -> Iterator[CaseResult]:
    """The rows of a case that was asked for, and of which nothing is recorded."""
    why = _NOT_REACHED if record.ended_early else "nothing was recorded of it"
    for name in _rows(record, case, record.reference):
        command = reproduce(record.reproduce, case, name)
        yield CaseResult(case.id, case.kind, case.title, name, Status.NOT_RUN, 0.0, reproduce=command, why=why)


def _of_run(record: RunRecord, results: Iterable[CaseResult], combinations: Iterable[str]) -> Verdict:
    """The whole run's verdict: that of its candidates' rows, if nothing else keeps it from one."""
    own: list[CaseResult] = []
    compared: list[CaseResult] = []
    for row in results:
        (own if row.candidate == record.reference and row.kind is not Kind.PROCEDURE else compared).append(row)
    verdict = _verdict(compared)
    without_oar3 = record.environment.get("oar3") is None
    # How OAR2's own schedulers differ says nothing of a migration.
    if verdict is Verdict.INCOMPATIBLE and not (record.missing and without_oar3):
        return verdict
    idle = {*combinations} - {record.reference, *(row.candidate for row in compared)}
    if record.missing or record.ended_early or idle or verdict is Verdict.INCOMPATIBLE:
        return Verdict.INCONCLUSIVE
    of_reference = _verdict(own) if own else verdict
    if of_reference in (Verdict.INCOMPATIBLE, Verdict.INCONCLUSIVE):
        return Verdict.INCONCLUSIVE
    return of_reference if verdict is Verdict.COMPATIBLE else verdict


def _combination(record: RunRecord, name: str, results: Iterable[CaseResult]) -> CombinationResult:
    own = [result for result in results if result.candidate == name]
    counts: Counter[str] = Counter()
    for result in own:
        counts.update(result.counts)
    return CombinationResult(
        id=name,
        verdict=_verdict(own),
        adaptations=record.adaptations.get(name, ()),
        cases=sum(result.status is not Status.NOT_RUN for result in own),
        differences={name: counts[name] for name in COUNTED if counts[name]},
        accepted_crashes=sum(result.accepted_crashes for result in own),
    )
