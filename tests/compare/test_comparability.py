"""Nothing compared is never compatible: refusals, failures, empty schedules, procedures and runs of nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare import judge_case, judge_run, parse_known
from harness.compare.judge_settings import JudgeSettings
from harness.model.fault import ExitCode
from harness.model.procedure import Footprint, Pass, Procedure, StepRecord, Way
from harness.model.record import Answer, Asked, CaseRecord, Crash, Kind, Observation, RunRecord, RunState
from harness.model.result import CaseResult, Status, Verdict
from harness.model.schedule import Fate, Schedule, Situation
from tests.compare.making import HOUR, fate, job, record, schedule, situation

HERE = situation(job("a"), job("b"))
GOOD = schedule(a=fate("1-8"), b=fate("9-16"))
LATE = schedule(a=fate("1-8"), b=fate("9-16", 100))
REFUSED = Fate("Rejected", None, "# There are not enough resources", command="oarsub -l nodes=9")


def run(*cases: CaseRecord, **more: Any) -> RunRecord:
    return RunRecord({"oar3": {}}, "native", ("native", "kao"), cases, **more)


def both(found: Schedule, here: Situation = HERE, **more: Any) -> CaseResult:
    return judge_case(record(here, found, found, **more), "kao")


def test_all_refused_is_no_agreement() -> None:
    nothing = schedule(a=REFUSED, b=REFUSED)
    case = record(situation(), nothing, nothing)
    result = judge_run(run(case))
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)
    for each in result.cases:
        assert each.status is Status.NOT_RUN
        assert each.why == (
            "nothing was compared: oarsub refused all 2 jobs, which the scenario does not expect "
            '(a.state = "Rejected"): a: # There are not enough resources (typed: oarsub -l nodes=9); '
            "b: # There are not enough resources (typed: oarsub -l nodes=9)"
        )
        assert [(r.jobs, r.words, r.command, r.expected) for r in each.refused] == [
            (("a",), REFUSED.message, REFUSED.command, False),
            (("b",), REFUSED.message, REFUSED.command, False),
        ]


def test_one_refusal_that_nobody_expects_is_enough() -> None:
    result = both(schedule(a=fate("1-8"), b=REFUSED))
    assert (result.status, result.why.partition(",")[0]) == (Status.NOT_RUN, "oarsub refused 1 of 2 jobs")


def test_a_refusal_that_the_scenario_names_is_its_point() -> None:
    result = both(schedule(a=REFUSED), situation(), expect={"a": {"state": "Rejected"}})
    assert (result.status, result.why) == (Status.AGREES, "")
    assert [refusal.expected for refusal in result.refused] == [True]
    several = schedule(**{"a": fate("1-8"), "sweep[1]": REFUSED, "sweep[2]": REFUSED})
    result = both(several, expect={"sweep": {"state": ["Error", "Rejected"]}})
    assert result.status is Status.AGREES
    assert [refusal.label for refusal in result.refused] == ["sweep[1] to sweep[2]"]


def test_to_have_no_place_is_no_refusal() -> None:
    result = both(schedule(a=fate("1-8"), b=REFUSED), expect={"b": {"placed": False}})
    assert result.status is Status.NOT_RUN


def test_refused_on_one_side_is_a_difference() -> None:
    result = judge_case(record(HERE, GOOD, schedule(a=fate("1-8"), b=REFUSED)), "kao")
    assert (result.status, result.differences[0].kind) == (Status.DIFFERS, "other-outcome")
    assert [refusal.jobs for refusal in result.refused] == [("b",)]


@pytest.mark.parametrize("state", ["Error", "toError"])
@pytest.mark.parametrize("placed", [True, False])
def test_failing_on_both_sides_is_no_agreement(state: str, placed: bool) -> None:
    failed = fate("9-16", lasts=10, state=state) if placed else Fate(state)
    found = schedule(a=fate("1-8", state="Terminated"), b=failed)
    result = both(found, kind=Kind.LIVE)
    assert result.status is Status.NOT_RUN
    assert "1 of 2 jobs failed" in result.why
    assert both(found, kind=Kind.LIVE, expect={"b": {"state": state}}).status is Status.AGREES


@pytest.mark.parametrize(
    "ended",
    [
        fate("9-16", lasts=10, state="Error", killed=True),
        fate("9-16", lasts=10, state="Error", ended=True),
        fate("9-16", lasts=HOUR, state="Error"),
    ],
)
def test_a_job_that_was_ended_did_not_fail(ended: Fate) -> None:
    assert both(schedule(a=fate("1-8", state="Terminated"), b=ended), kind=Kind.LIVE).status is Status.AGREES


def test_where_nothing_has_a_place_the_scenario_says_so() -> None:
    nothing = schedule(a=Fate("Waiting"), b=Fate("Waiting"))
    result = both(nothing)
    assert result.status is Status.NOT_RUN
    assert result.why == (
        "nothing was compared: all 2 jobs have no place, and the scenario does not say that it should be so "
        "(a.placed = false): a, b"
    )
    assert both(nothing, expect={"a": {"placed": False}}).status is Status.NOT_RUN, "it says nothing of b"
    said = {"a": {"placed": False}, "b": {"state": "Waiting"}}
    assert both(nothing, expect=said).status is Status.AGREES
    assert both(schedule(a=fate("1-8"), b=Fate("Waiting"))).status is Status.AGREES, "b waits on both sides"


def test_what_stands_since_before_the_round_is_no_decision() -> None:
    standing = schedule(a=fate("1-8", -50, state="Running"), b=Fate("Waiting"))
    assert both(standing).status is Status.NOT_RUN
    assert both(standing, expect={"b": {"placed": False}}).status is Status.AGREES
    alone = schedule(a=fate("1-8", -50, state="Running"), b=fate("9-16", -50, state="Running"))
    assert both(alone).why.startswith("nothing was compared: no job was to be given a place")
    assert both(alone, expect={"a": {"state": "Running"}}).status is Status.AGREES


def test_no_job_at_all() -> None:
    assert both(Schedule({}), situation()).why == "nothing was compared: there is no job"


def test_answers_that_are_compared_are_something() -> None:
    told = Answer("look", "oarstat", told="job a waits")
    seen = Observation("", schedule(a=Fate("Waiting"), b=Fate("Waiting")), answers=(told,))
    assert judge_case(record(HERE, seen, seen, kind=Kind.LIVE), "kao").status is Status.AGREES
    deaf = replace(seen, answers=(replace(told, told=None),))
    assert judge_case(record(HERE, deaf, deaf, kind=Kind.LIVE), "kao").status is Status.NOT_RUN


def test_what_nobody_wrote_expects_nothing() -> None:
    mixed = schedule(a=fate("1-8"), b=REFUSED)
    assert both(mixed, kind=Kind.FUZZ).status is Status.AGREES
    assert both(schedule(a=Fate("Waiting"), b=REFUSED), kind=Kind.FUZZ).status is Status.NOT_RUN


@pytest.mark.parametrize(
    "procedure",
    [
        Procedure(()),
        Procedure((Pass(Way.AS_WRITTEN, (StepRecord("a", "", ""),)),)),
        Procedure((Pass(Way.ADAPTED, ()),)),
        Procedure((Pass(Way.ADAPTED, (StepRecord("a", "", ""),), before=Footprint()),)),
    ],
)
def test_a_procedure_that_was_not_carried_out(procedure: Procedure) -> None:
    case = record(HERE, None, Observation("", procedure=procedure), kind=Kind.PROCEDURE)
    result = judge_run(replace(run(case), combinations=("kao",)))
    assert result.cases[0].status is Status.NOT_RUN
    assert result.cases[0].why.startswith("nothing was compared: ")
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)


def test_a_procedure_that_leaves_nothing_is_compatible_without_a_reference() -> None:
    seen = Footprint()
    done = Procedure((Pass(Way.ADAPTED, (StepRecord("a", "", ""),), before=seen, after=seen),))
    for name in ("kao", "native"):
        case = record(HERE, None, Observation("", procedure=done), kind=Kind.PROCEDURE)
        case = replace(case, observations={name: replace(case.observations["kao"], combination=name)})
        result = judge_run(replace(run(case), combinations=(name,)))
        assert (result.verdict, len(result.compared)) == (Verdict.COMPATIBLE, 1)


def test_nothing_is_compared_with_a_reference_that_crashed() -> None:
    crash = Crash("oar_sched", "nonsense on its output")
    result = judge_case(record(HERE, Observation("", GOOD, crashes=(crash,)), LATE), "kao")
    assert (result.status, result.differences) == (Status.NOT_RUN, ())
    assert result.why == "nothing to compare it with: the reference crashed (oar_sched: nonsense on its output)"


def test_a_run_of_the_reference_alone_compares_nothing() -> None:
    alone = judge_run(replace(run(record(HERE, GOOD)), combinations=("native",)))
    assert (alone.verdict, alone.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)


def test_verdicts_are_of_candidates() -> None:
    bad = schedule(a=fate("1-8"), b=fate("1-8"))
    result = judge_run(run(record(HERE, bad, GOOD, tolerance=9999, expect={"b": {"on": ["node2"]}})))
    native, kao = result.combinations
    assert native.verdict is Verdict.INCOMPATIBLE, "its own row says what it breaks"
    assert kao.verdict is Verdict.COMPATIBLE
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)


def test_an_expectation_that_the_reference_breaks_too_is_the_scenarios_fault() -> None:
    case = record(HERE, GOOD, GOOD, expect={"b": {"starts-at-least": 600}})
    result = judge_run(run(case))
    (row,) = result.compared
    assert (row.status, row.faulty, len(row.shared)) == (Status.INVALID, False, 1)
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)
    # It is no cover for a difference of the candidate's own.
    moved = judge_run(run(replace(case, observations={**case.observations, "kao": Observation("kao", LATE)})))
    assert moved.compared[0].differences[0].kind == "later"
    assert "expected starts-at-least 600" in moved.compared[0].differences[0].why
    assert moved.verdict is Verdict.INCOMPATIBLE
    # Nor for another expectation that it alone breaks.
    more = replace(case, expect={"b": {"starts-at-least": 600}, "a": {"starts-at-most": 0}})
    wrong = schedule(a=fate("1-8", 1), b=fate("9-16"))
    result = judge_run(run(replace(more, observations={**case.observations, "kao": Observation("kao", wrong)})))
    assert result.verdict is Verdict.INCOMPATIBLE


def test_accepted_crashes_are_counted_apart() -> None:
    entry = (
        '[[known]]\nid = "K"\ntitle = "t"\nreason = "r"\nowner = "o"\nexpires = 2030-01-01\nwhen.classes = "crash"'
    )
    dead = Observation("", crashes=(Crash("kao", "exit 7"),))
    cases = [record(HERE, GOOD, dead, case=f"c{n}") for n in range(3)]
    result = judge_run(run(*cases), JudgeSettings(known=parse_known(entry, "k.toml")))
    assert result.verdict is Verdict.COMPATIBLE_WITH_KNOWN_DIFFERENCES
    assert {c.id: c.accepted_crashes for c in result.combinations} == {"native": 0, "kao": 3}


ASKED = tuple(Asked(f"c{n}", Kind.PLAN, f"case c{n}", f"{n}.toml", ("native", "kao")) for n in range(3))


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.INTERRUPTED])
@pytest.mark.parametrize("seen", [0, 1, 3])
def test_a_run_that_ended_early_is_never_compatible(state: RunState, seen: int) -> None:
    cases = [record(HERE, GOOD, GOOD, case=f"c{n}") for n in range(seen)]
    result = judge_run(run(*cases, asked=ASKED, state=state, ended="a signal"))
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)
    assert result.ended_early == "a signal"
    assert len(result.cases) == 6, "what was asked for is told, reached or not"
    assert sum(case.why == "not reached: the run ended early" for case in result.cases) == 6 - 2 * seen


def test_what_was_found_incompatible_stays_so() -> None:
    result = judge_run(run(record(HERE, GOOD, LATE, case="c0"), asked=ASKED, state=RunState.INTERRUPTED))
    assert (result.verdict, result.exit_code) == (Verdict.INCOMPATIBLE, ExitCode.INCOMPATIBLE)


def test_a_case_that_was_begun_and_not_ended() -> None:
    result = judge_run(run(record(HERE, GOOD, case="c0"), asked=ASKED[:1], state=RunState.RUNNING))
    assert [(c.candidate, c.status, c.why) for c in result.cases] == [
        ("native", Status.AGREES, ""),
        ("kao", Status.NOT_RUN, "not reached: the run ended early"),
    ]


def test_a_whole_run_lacks_nothing_that_was_asked_for() -> None:
    result = judge_run(run(record(HERE, GOOD, GOOD, case="c0"), asked=ASKED[:2]))
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)


_FATES = st.sampled_from(
    [
        REFUSED,
        Fate("Waiting"),
        Fate("Error"),
        Fate("toError"),
        Fate("Hold"),
        fate("1-8", -60, state="Running"),
        fate("1-8", 0, 10, state="Error"),
    ]
)


@given(st.lists(_FATES, max_size=4), st.sampled_from([Kind.PLAN, Kind.FUZZ]))
def test_no_schedule_without_a_decision_agrees(fates: list[Fate], kind: Kind) -> None:
    named = {f"j{n}": found for n, found in enumerate(fates)}
    here = situation(*(job(name) for name, found in named.items() if found is not REFUSED))
    found = Schedule(named)
    case = record(here, found, found, kind=kind, expect={"valid": False})
    if kind is Kind.FUZZ and any(f.placement and f.placement.start >= here.now for f in fates):
        return
    result = judge_run(run(case))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert {row.status for row in result.cases} == {Status.NOT_RUN}
    assert all(row.why for row in result.cases)
