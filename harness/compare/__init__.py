"""Judges recorded history: align → validate → classify → explain (known differences) → verdict. Pure."""

from harness.compare.expect.expectations import check_expect
from harness.compare.judge import judge_case, judge_run
from harness.compare.judge_settings import JudgeSettings
from harness.compare.known.known_differences import KnownDifference
from harness.compare.known.known_file import parse_known
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
