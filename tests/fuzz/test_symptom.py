"""The same fault says the same, whatever its figures; another says something else."""

from __future__ import annotations

import pytest

from harness.fuzz.symptom import Symptom, normal, symptom_of
from harness.model.difference import Difference
from harness.model.difference import DifferenceClass as D
from harness.model.record import Kind
from harness.model.result import CaseResult, Status

ORDER = ["a", "b", "c"]


def result(*differences: Difference, status: Status = Status.DIFFERS) -> CaseResult:
    return CaseResult("x", Kind.FUZZ, "x", "kao", status, 0.0, differences)


CLEAN = result(status=Status.AGREES)


def test_two_that_agree_show_nothing() -> None:
    assert symptom_of(CLEAN, CLEAN, ORDER) is None
    assert symptom_of(result(Difference("a", D.SHIFTED, "by 1 s"), status=Status.AGREES), CLEAN, ORDER) is None


def test_the_first_job_counts_and_not_what_may_follow_from_it() -> None:
    found = result(Difference("c", D.LATER, "…"), Difference("a", D.SHIFTED, "…"), Difference("b", D.EARLIER, "…"))
    assert symptom_of(found, CLEAN, ORDER) == Symptom("candidate", "earlier")


def test_what_may_follow_from_a_known_difference_is_no_symptom() -> None:
    found = result(Difference("c", D.LATER, "…"), Difference("b", D.EARLIER, "…", known="KD-1"))
    assert symptom_of(found, CLEAN, ORDER) is None


def test_a_crash_comes_before_a_broken_rule_and_that_before_other_places() -> None:
    differs = Difference("a", D.LATER, "…")
    invalid = Difference("c", D.INVALID, "overlap: holds 2 resources (1-2) from …; hierarchy: holds 1")
    crash = Difference("", D.CRASH, "kamelot: traceback: KeyError: 'x' in f (a/b.py, line 7)")
    assert symptom_of(result(differs, invalid), CLEAN, ORDER) == Symptom("candidate", "invalid", "overlap")
    shown = symptom_of(result(differs, invalid, crash), CLEAN, ORDER)
    assert shown
    assert shown.kind == "crash"


def test_a_known_crash_or_broken_rule_is_no_symptom() -> None:
    known = Difference("", D.CRASH, "kamelot: exit 7", known="KD-2")
    assert symptom_of(result(known), CLEAN, ORDER) is None


def test_what_is_wrong_with_the_reference_is_told_as_such() -> None:
    broken = result(Difference("b", D.INVALID, "overlap: holds 2 resources"))
    assert symptom_of(CLEAN, broken, ORDER) == Symptom("reference", "invalid", "overlap")
    assert symptom_of(broken, broken, ORDER) == Symptom("both", "invalid", "overlap")
    other = result(Difference("b", D.INVALID, "hierarchy: holds 2 resources"))
    assert symptom_of(other, broken, ORDER) == Symptom("candidate", "invalid", "hierarchy")
    crash = result(Difference("", D.CRASH, "oar_meta_sched: signal 9"))
    assert symptom_of(broken, crash, ORDER) == Symptom("reference", "crash", "oar_meta_sched: signal #")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KeyError: 'a' in f (a/b.py, line 7)", "KeyError: 'job 12' in f (a/b.py, line 99)"),
        ("timeout after 30 s at 0x7ff1", "timeout after 5 s at 0xdead"),
        ("bad value [1, 2]\nmore", "bad value [3]\nother"),
    ],
)
def test_figures_and_names_do_not_count(one: str, other: str) -> None:
    assert normal(one) == normal(other)


def test_another_message_is_another_symptom() -> None:
    assert normal("KeyError: 'a' in f") != normal("KeyError: 'a' in g")
    assert normal("") == ""
