"""Judges recorded history: align → validate → classify → explain (known differences) → verdict. Pure."""

from harness.compare.expect import check_expect
from harness.compare.judge import judge_case, judge_run
from harness.compare.known import KnownDifference
from harness.compare.known_file import parse_known
from harness.compare.settings import JudgeSettings
from harness.compare.validate import Violation, validate

__all__ = [
    "JudgeSettings",
    "KnownDifference",
    "Violation",
    "check_expect",
    "judge_case",
    "judge_run",
    "parse_known",
    "validate",
]
