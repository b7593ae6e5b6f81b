"""Which of a case's columns differ so that the reference is to be asked again before a difference is reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.compare.case_judge import CaseJudge
from harness.compare.judge_settings import JudgeSettings
from harness.compare.reference_noise import observed
from harness.model.difference import Difference, DifferenceClass
from harness.model.record import CaseRecord, Kind


def doubtful(differences: tuple[Difference, ...]) -> bool:
    """Whether another answer of the reference may show them to be noise: something is unexplained, and no crash.

    What differs after a program crashed follows from that, as a rule, and a crash is never noise.
    """
    if any(d.kind is DifferenceClass.CRASH for d in differences):
        return False
    return any(d.known is None and not d.harmless for d in differences)


def doubted(
    record: CaseRecord, settings: JudgeSettings | None = None, environment: Mapping[str, Any] | None = None
) -> list[str]:
    """The columns of a case that differ from the reference as recorded so far; none if that has no schedule."""
    if record.kind is Kind.PROCEDURE or not observed(record):
        return []
    judge = CaseJudge(record, settings or JudgeSettings(), environment or {})
    return [
        column
        for column in record.observations
        if column != record.reference and doubtful(judge.judge(column).differences)
    ]
