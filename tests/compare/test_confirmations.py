"""Which further rounds are made for known differences that name how their cause is taken away, and what they show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.compare import JudgeSettings, judge_case, parse_known
from harness.compare.confirmations import to_confirm
from harness.model.record import CaseRecord, Confirmation, Crash, Kind, Observation, RunRecord
from harness.model.removed_cause import Without
from harness.model.result import Status
from harness.model.schedule import Schedule
from harness.store.history import read_record, write_record
from tests.compare.making import fate, job, record, schedule, situation

TEXT = """
[[known]]
id = "KD-1"
title = "a key"
reason = "because"
owner = "ann"
expires = 2030-01-01
when.classes = ["later"]
without.conf = { KEY = "0" }
[[known]]
id = "KD-2"
title = "of two users"
reason = "because"
owner = "ann"
expires = 2030-01-01
when.classes = ["later", "earlier"]
when.job = "b"
without.one-user = true
"""
SETTINGS = JudgeSettings(known=parse_known(TEXT, "known.toml"))
HERE = situation(job("a"), job("b"))
KEY, USER = Without(conf={"KEY": "0"}), Without(one_user=True)


def plan(a: int, b: int = 0) -> Schedule:
    return schedule(a=fate("1-8", a), b=fate("9-16", b))


def confirmed(case: CaseRecord, without: Without, reference: Schedule, candidate: Schedule | None) -> CaseRecord:
    seen = {"native": Observation("native", reference)}
    if candidate:
        seen["kao"] = Observation("kao", candidate)
    return replace(case, confirmations=(*case.confirmations, Confirmation(without, HERE, seen)))


def test_rounds_are_made_for_what_may_be_explained_and_once() -> None:
    case = record(HERE, plan(0), plan(500))
    assert to_confirm(case, SETTINGS, {}) == [(KEY, ("kao",))]
    assert to_confirm(record(HERE, plan(0), plan(0, 500)), SETTINGS, {}) == [(KEY, ("kao",)), (USER, ("kao",))]
    assert to_confirm(record(HERE, plan(500), plan(0)), SETTINGS, {}) == [], "its condition does not hold"
    assert to_confirm(record(HERE, plan(0), plan(0)), SETTINGS, {}) == []
    assert to_confirm(confirmed(case, KEY, plan(0), plan(500)), SETTINGS, {}) == []
    assert to_confirm(confirmed(case, KEY, plan(0), None), SETTINGS, {}) == [(KEY, ("kao",))], "not of this column"
    assert to_confirm(replace(case, kind=Kind.LIVE), SETTINGS, {}) == []
    assert to_confirm(case, JudgeSettings(), {}) == []


def test_none_is_made_where_a_program_crashed() -> None:
    died = Observation("kao", plan(500), crashes=(Crash("kao", "exit 7"),))
    assert to_confirm(record(HERE, plan(0), died), SETTINGS, {}) == []


def test_it_explains_where_the_difference_is_gone() -> None:
    case = record(HERE, plan(0), plan(500))
    assert judge_case(case, "kao", SETTINGS).status is Status.DIFFERS
    result = judge_case(confirmed(case, KEY, plan(0), plan(0)), "kao", SETTINGS)
    assert (result.status, result.differences[0].known) == (Status.KNOWN, "KD-1")
    assert judge_case(confirmed(case, KEY, plan(0), plan(500)), "kao", SETTINGS).status is Status.DIFFERS
    assert judge_case(confirmed(case, USER, plan(0), plan(0)), "kao", SETTINGS).status is Status.DIFFERS


def test_each_job_is_asked_for_itself() -> None:
    case = confirmed(record(HERE, plan(0), plan(500, 500)), KEY, plan(0), plan(0, 500))
    result = judge_case(case, "kao", SETTINGS)
    assert {d.job: d.known for d in result.differences} == {"a": "KD-1", "b": None}


def test_a_round_that_crashed_shows_nothing() -> None:
    case = confirmed(record(HERE, plan(0), plan(500)), KEY, plan(0), plan(0))
    made = case.confirmations[0]
    died = replace(made.observations["kao"], crashes=(Crash("kao", "exit 7"),))
    made = replace(made, observations={**made.observations, "kao": died})
    assert judge_case(replace(case, confirmations=(made,)), "kao", SETTINGS).status is Status.DIFFERS


def test_it_is_recorded_so_that_a_run_can_be_judged_again(tmp_path: Path) -> None:
    case = confirmed(record(HERE, plan(0), plan(500)), KEY, plan(0), plan(0))
    write_record(RunRecord({}, "native", ("native", "kao"), (case,)), tmp_path)
    (read,) = read_record(tmp_path).cases
    assert read.confirmations == case.confirmations
    assert judge_case(read, "kao", SETTINGS).status is Status.KNOWN
