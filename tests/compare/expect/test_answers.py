"""What actions were answered, judged from the record."""

from __future__ import annotations

from typing import Any

import pytest

from harness.compare import judge_case
from harness.compare.expect.answers import unmet
from harness.model.difference import DifferenceClass
from harness.model.record import Answer, CaseRecord, Crash, Kind, Observation
from harness.model.result import Status
from harness.model.schedule import Fate, Schedule, StateChange
from tests.compare.making import NOW, fate, job, record, schedule, situation

HERE = situation(job("a"))
RAN = schedule(a=fate("1-8", lasts=60, state="Terminated"))
DONE = Answer("hold", "oarhold {a}", 0, "held 7", "held a")


def live(
    reference: tuple[Answer, ...],
    candidate: tuple[Answer, ...],
    expect: dict[str, Any] | None = None,
    crashes: tuple[Crash, ...] = (),
) -> CaseRecord:
    return record(
        HERE,
        Observation("native", RAN, answers=reference),
        Observation("kao", RAN, answers=candidate, crashes=crashes),
        kind=Kind.LIVE,
        expect=expect or {},
    )


def test_the_same_answer_agrees() -> None:
    result = judge_case(live((DONE,), (DONE,)), "kao")
    assert result.status is Status.AGREES


def test_another_answer_is_another_outcome_with_both_sides_lines() -> None:
    other = Answer("hold", "oarhold {a}", 0, "held 8\nthen", "held b\nthen")
    result = judge_case(live((DONE,), (other,)), "kao")
    (difference,) = result.differences
    assert (difference.job, difference.kind) == ("hold", DifferenceClass.OTHER_OUTCOME)
    assert "- held a; + held b; + then" in difference.why
    assert result.status is Status.DIFFERS


def test_another_exit_code_is_told_before_the_text() -> None:
    other = Answer("hold", "oarhold {a}", 2, "no", "no")
    (difference,) = judge_case(live((DONE,), (other,)), "kao").differences
    assert difference.why == "`oarhold {a}` ends with 2 instead of 0"


def test_what_is_not_to_be_compared_is_not() -> None:
    one, other = Answer("hold", "x", 0, "1"), Answer("hold", "x", 3, "2")
    assert judge_case(live((one,), (other,)), "kao").status is Status.AGREES


def test_a_long_difference_is_cut() -> None:
    one = Answer("look", "oarnodes", 0, "", "\n".join(f"a{i}" for i in range(40)))
    other = Answer("look", "oarnodes", 0, "", "\n".join(f"b{i}" for i in range(40)))
    (difference,) = judge_case(live((one,), (other,)), "kao").differences
    assert "and 74 more lines" in difference.why


@pytest.mark.parametrize(
    ("words", "answer", "why"),
    [
        ({"exit": 0}, DONE, ""),
        ({"exit": 1}, DONE, "expected exit 1, but `oarhold {a}` ended with 0: held 7"),
        ({"output": r"held \d"}, DONE, ""),
        ({"output": "freed"}, DONE, "expected output freed, but it says 'held 7'"),
        ({"done": False}, DONE, "expected it to be left undone, but it was"),
        ({}, Answer("hold", "x", undone="it waited in vain"), "expected it to be done, but it waited in vain"),
        ({"done": False}, Answer("hold", "x", undone="it waited in vain"), ""),
        ({"exit": 0}, Answer("hold", "x", undone="it waited"), "expected it to be done, but it waited"),
    ],
)
def test_assertions_on_actions(words: dict[str, Any], answer: Answer, why: str) -> None:
    assert [broke.why for broke in unmet({"hold": words}, [answer])] == ([why] if why else [])


def test_an_action_that_waited_in_vain_is_invalid_and_names_itself() -> None:
    never = Answer("hold", "oarhold {a}", undone="it waited for a.Running in vain")
    result = judge_case(live((DONE,), (never,), {"hold": {"exit": 0}}), "kao")
    (difference,) = result.differences
    assert (difference.job, difference.kind, difference.rules) == ("hold", DifferenceClass.INVALID, ("expected",))
    assert result.status is Status.INVALID


def test_the_reference_itself_is_held_to_them() -> None:
    result = judge_case(live((DONE,), (DONE,), {"hold": {"exit": 5}}), "native")
    assert [difference.job for difference in result.differences] == ["hold"]


def test_a_job_that_oar_was_to_submit_again_is_missed() -> None:
    case = record(HERE, RAN, RAN, kind=Kind.LIVE, expect={"a-again": {"state": "Terminated"}})
    (difference,) = judge_case(case, "kao").differences
    assert difference.job == "a-again"
    assert "it is absent (the reference breaks it too)" in difference.why


def test_a_crash_is_told_once() -> None:
    never = Answer("hold", "oarhold {a}", undone="it waited for a.Running in vain")
    crashed = live((DONE,), (never,), {"a-again": {"state": "Running"}}, (Crash("kao", "traceback"),))
    assert [d.kind for d in judge_case(crashed, "kao").differences] == [DifferenceClass.CRASH]


def test_exit_codes_and_output_of_real_jobs() -> None:
    ran = Schedule({"a": Fate("Terminated", RAN.fates["a"].placement, exit_code=3, output="node1\nnode2\n")})
    good: dict[str, Any] = {
        "a": {"exit": 3, "output": r"\Anode1\nnode2\n\Z", "lasts-at-least": 60, "lasts-at-most": 60}
    }
    assert judge_case(record(HERE, ran, ran, kind=Kind.LIVE, expect=good), "kao").status is Status.AGREES
    bad: dict[str, Any] = {"a": {"exit": 0, "output": "node3", "lasts-at-least": 61, "lasts-at-most": 59}}
    (difference,) = judge_case(record(HERE, ran, ran, kind=Kind.LIVE, expect=bad), "native").differences
    assert difference.why.count("expected ") == 4
    assert "expected exit 0, but it ended with 3" in difference.why


@pytest.mark.parametrize(
    ("changes", "valid"),
    [
        ([(1, 0, "Alive"), (1, 100, "Absent")], True),
        ([(1, -50, "Alive"), (1, 0, "Absent")], True),
        ([(1, -50, "Absent"), (1, 0, "Alive"), (1, 0, "Absent")], True),
        ([(1, -50, "Alive"), (1, -1, "Absent")], False),
        ([(1, -50, "Absent"), (1, 0, "Suspected"), (1, 1, "Alive")], False),
        ([(1, -50, "Alive"), (1, -10, "Absent"), (1, 20, "Alive")], False),
        ([(1, -50, "Suspected"), (1, 0, "Alive")], True),
        ([(1, 50, "Alive")], True),
        ([(1, 50, "Absent")], False),
    ],
)
def test_a_resource_must_be_usable_when_the_job_starts(changes: list[tuple[int, int, str]], valid: bool) -> None:
    told = tuple(StateChange(resource, NOW + at, state) for resource, at, state in changes)
    here = situation(job("a", "core=1"))
    here = type(here)(here.now, here.resources, here.hierarchy, here.jobs, here.conf, changes=told)
    ran = schedule(a=fate("1", lasts=60, state="Terminated"))
    result = judge_case(record(here, ran, ran, kind=Kind.LIVE), "kao")
    assert (result.status is Status.AGREES) is valid
