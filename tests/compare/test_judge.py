"""The verdict: statuses of cases, verdicts of combinations and runs, exit codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from harness.compare import JudgeSettings, judge_case, judge_run, parse_known
from harness.model.difference import DifferenceClass
from harness.model.fault import ExitCode
from harness.model.record import Adaptation, CaseRecord, Crash, Kind, Missing, Observation, RunRecord
from harness.model.result import Status, Verdict
from harness.model.schedule import Fate
from tests.compare.making import fate, job, record, schedule, situation

HERE = situation(job("a"), job("b"))
GOOD = schedule(a=fate("1-8"), b=fate("9-16"))
LATE = schedule(a=fate("1-8"), b=fate("9-16", 100))
BAD = schedule(a=fate("1-8"), b=fate("1-8"))
KNOWN_TEXT = """
    [[known]]
    id = "KD-1"
    title = "later"
    reason = "because"
    owner = "ann"
    expires = 2030-01-01
    when.classes = "later"
    [[known]]
    id = "KD-2"
    title = "never"
    reason = "because"
    owner = "bob"
    expires = 2020-01-01
    when.classes = ["crash", "invalid"]
    """
KNOWN = parse_known(KNOWN_TEXT, "known.toml")


def run(*cases: CaseRecord, missing: tuple[Missing, ...] = ()) -> RunRecord:
    return RunRecord(
        environment={"oar3": {"version": "3.0.2"}},
        reference="native",
        combinations=("native", "kao"),
        cases=cases,
        adaptations={"kao": (Adaptation("package:x", "installed x", "no x"),)},
        missing=missing,
        reproduce="oar-compat run --case {case}",
    )


def test_agrees() -> None:
    result = judge_case(record(HERE, GOOD, GOOD), "kao")
    assert result.status is Status.AGREES
    assert result.differences == ()
    assert result.counts == {"identical": 2}
    assert (result.id, result.kind, result.title, result.candidate) == ("c1", Kind.PLAN, "case c1", "kao")


def test_differs_says_why() -> None:
    result = judge_case(record(HERE, GOOD, LATE), "kao")
    assert result.status is Status.DIFFERS
    (difference,) = result.differences
    assert difference.kind is DifferenceClass.LATER
    assert difference.why == "starts 100 s after the reference (15:06:40 → 15:08:20)"
    assert result.counts == {"identical": 1, "later": 1}


def test_settings_override_the_tolerance() -> None:
    result = judge_case(record(HERE, GOOD, LATE), "kao", JudgeSettings(tolerance=100))
    assert result.status is Status.AGREES
    assert result.counts == {"identical": 1, "shifted": 1}


def test_invalid_wins_over_the_class() -> None:
    result = judge_case(record(HERE, GOOD, BAD), "kao")
    assert result.status is Status.INVALID
    (difference,) = result.differences
    assert (difference.job, difference.kind) == ("b", DifferenceClass.INVALID)
    assert difference.why == "overlap: holds 8 resources (1-8) from 15:06:40 on, which a holds until 16:06:40"
    assert difference.reference == GOOD.fates["b"].placement
    assert difference.candidate == BAD.fates["b"].placement


def test_what_the_reference_breaks_too_is_said() -> None:
    result = judge_case(record(HERE, BAD, BAD), "kao")
    assert result.status is Status.INVALID
    assert result.differences[0].why.endswith("(the reference breaks it too)")
    assert "too" not in judge_case(record(HERE, GOOD, BAD), "kao").differences[0].why


def test_several_rules_broken_by_one_job_are_one_difference() -> None:
    both = schedule(a=fate("1-8"), b=fate("1-8", 60, lasts=60))
    (difference,) = judge_case(record(HERE, GOOD, both), "kao").differences
    assert difference.kind is DifferenceClass.INVALID
    assert "overlap: " in difference.why
    assert "; walltime: " in difference.why


def test_reference_is_judged_by_the_rules_alone() -> None:
    good, bad = judge_case(record(HERE, GOOD), "native"), judge_case(record(HERE, BAD), "native")
    assert good.status is Status.AGREES
    assert good.counts == {"identical": 2}
    assert bad.status is Status.INVALID
    assert bad.counts == {"identical": 1, "invalid": 1}
    assert bad.differences[0].reference == bad.differences[0].candidate == BAD.fates["b"].placement
    assert "too" not in bad.differences[0].why


def test_the_reference_is_judged_in_its_own_lane() -> None:
    bare = situation(job("a"), job("b"), resources=[r for r in HERE.resources if r.id > 8])
    result = judge_case(record(HERE, Observation("", GOOD, situation=bare)), "native")
    assert {d.job for d in result.differences} == {"a"}


def test_crash_is_a_difference_of_no_job() -> None:
    crashed = Observation("", GOOD, crashes=(Crash("kamelot", "traceback", "Traceback:\n  x\nKeyError: 1\n"),))
    result = judge_case(record(HERE, GOOD, crashed), "kao")
    assert result.status is Status.CRASH
    (difference,) = result.differences
    assert (difference.job, difference.kind) == ("", DifferenceClass.CRASH)
    assert difference.why == "kamelot: traceback: KeyError: 1"
    silent = judge_case(record(HERE, GOOD, Observation("", crashes=(Crash("kao", "exit 7"),))), "kao")
    assert silent.status is Status.CRASH
    assert silent.differences[0].why == "kao: exit 7"


def test_crash_is_worse_than_invalid() -> None:
    crashed = Observation("", BAD, crashes=(Crash("kao", "signal 11"),))
    for case, candidate in ((record(HERE, crashed), "native"), (record(HERE, None, crashed), "kao")):
        alone = judge_case(case, candidate)
        assert alone.status is Status.CRASH
        assert {d.kind for d in alone.differences} == {DifferenceClass.CRASH, DifferenceClass.INVALID}
    result = judge_case(record(HERE, GOOD, crashed), "kao")
    assert result.status is Status.CRASH
    assert result.counts == {"identical": 1, "invalid": 1, "crash": 1}


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        (None, "nothing was recorded of it"),
        (Observation("", not_run="no OAR3"), "no OAR3"),
        (Observation(""), "no schedule was recorded of it"),
    ],
)
def test_not_run(candidate: Observation | None, why: str) -> None:
    result = judge_case(record(HERE, GOOD, candidate), "kao")
    assert (result.status, result.why, result.candidate) == (Status.NOT_RUN, why, "kao")


@pytest.mark.parametrize("reference", [None, Observation("", not_run="no engine"), Observation("")])
def test_without_reference_only_the_rules_are_judged(reference: Observation | None) -> None:
    result = judge_case(record(HERE, reference, GOOD), "kao")
    assert result.status is Status.NOT_RUN
    assert result.why == "nothing to compare it with: the reference has no schedule"
    assert result.counts == {}
    worse = judge_case(record(HERE, reference, BAD), "kao")
    assert worse.status is Status.INVALID
    assert worse.differences[0].reference is None
    assert worse.differences[0].candidate == BAD.fates["b"].placement


def test_what_is_not_for_the_reference_is_judged_by_itself() -> None:
    case = replace(record(HERE, None, GOOD), not_applicable={"native": "it knows no placeholders"})
    result = judge_case(case, "kao")
    assert (result.status, result.why) == (Status.AGREES, "")
    assert result.notes == (
        "compared with nothing, as it is not for the reference (it knows no placeholders): judged by itself",
    )
    assert judge_case(replace(case, expect={"b": {"placed": False}}), "kao").status is Status.INVALID
    worse = replace(record(HERE, None, BAD), not_applicable=case.not_applicable)
    assert judge_case(worse, "kao").status is Status.INVALID
    run = judge_run(RunRecord({"oar3": {}}, "native", ("native", "kao"), (case,)))
    assert [each.candidate for each in run.cases] == ["kao"]


def test_known_only() -> None:
    result = judge_case(record(HERE, GOOD, LATE), "kao", JudgeSettings(known=KNOWN))
    assert result.status is Status.KNOWN
    assert result.differences[0].known == "KD-1"


@pytest.mark.parametrize(
    ("condition", "explained"),
    [
        ('reference = "native"', True),
        ('reference = "kao"', False),
        ('candidate = "kao"', True),
        ('candidate = "native"', False),
        ('kinds = "live"', True),
        ('kinds = "plan"', False),
        ('case = "case c1"', True),
        ('case = "other"', False),
        ('oar3 = "3.0.*"', True),
        ('oar3 = "3.1"', False),
        ('queue = "mine"', True),
        ('queue = "default"', False),
        ("shift = [100, 100]", True),
        ("shift = [600, 600]", False),
    ],
)
def test_known_differences_look_at_the_case(condition: str, explained: bool) -> None:
    there = situation(job("a"), job("b", queue="mine"), now=HERE.now + 500)
    late = schedule(a=fate("1-8", 500, state="Terminated"), b=fate("9-16", 600, state="Terminated"))
    case = record(HERE, GOOD, Observation("", late, situation=there), kind=Kind.LIVE)
    text = KNOWN_TEXT.replace('when.classes = "later"', f"when.{condition}")
    found = judge_case(case, "kao", JudgeSettings(known=parse_known(text, "k")), {"oar3": {"version": "3.0.2"}})
    assert {d.job for d in found.differences} == {"b"}
    assert (found.status is Status.KNOWN) is explained


def test_known_differences_expire() -> None:
    settings = JudgeSettings(known=KNOWN, today=date(2030, 1, 2))
    result = judge_case(record(HERE, GOOD, LATE), "kao", settings)
    assert result.status is Status.DIFFERS
    assert "expired on 2030-01-01" in result.differences[0].why


def test_seconds_and_artefacts_are_passed_on() -> None:
    result = judge_case(record(HERE, GOOD, Observation("", GOOD, seconds=1.5, artefacts="kao/1")), "kao")
    assert (result.seconds, result.artefacts, result.why, result.reproduce) == (1.5, "kao/1", "", "")


def test_the_servers_time_zone() -> None:
    zoned = JudgeSettings(time_zone="Europe/Paris")
    assert "(17:06:40 → 17:08:20)" in judge_case(record(HERE, GOOD, LATE), "kao", zoned).differences[0].why
    here = situation(job("a", types=("postpone=2025-06-15 17:06:40",)), job("b"))
    assert judge_case(record(here, GOOD, GOOD), "kao", zoned).status is Status.AGREES
    assert judge_case(record(here, GOOD, GOOD), "kao").status is Status.INVALID


def test_a_rule_broken_twice_by_one_job_is_told_twice() -> None:
    here = situation(job("a"), job("b"), job("c", "host=2"))
    plan = schedule(a=fate("1-8"), b=fate("9-16"), c=fate("1-16", 60))
    (difference,) = judge_case(record(here, plan), "native").differences
    first, second = difference.why.split("; ")
    assert first.startswith("overlap: holds 8 resources (1-8)")
    assert second.startswith("holds 8 resources (9-16)")


def test_known_beside_unknown_differs() -> None:
    early = situation(job("a"), job("b"), job("c", "host=2"))
    mixed = schedule(a=fate("1-8"), b=fate("9-16", 100))
    result = judge_case(
        record(early, schedule(a=fate("1-8"), b=fate("9-16"), c=fate("17-32")), mixed),
        "kao",
        JudgeSettings(known=KNOWN),
    )
    assert result.status is Status.DIFFERS
    assert {d.job: d.known for d in result.differences} == {"b": "KD-1", "c": None}


def test_harmless_differences_agree_even_where_unexplained() -> None:
    moved = schedule(a=fate("17-24"), b=fate("9-16", 1))
    result = judge_case(record(HERE, GOOD, moved), "kao")
    assert result.status is Status.AGREES
    assert result.counts == {"equivalent-placement": 1, "shifted": 1}


def test_lanes_have_their_own_situation() -> None:
    later = situation(job("a"), job("b"), now=HERE.now + 500)
    shifted = schedule(a=fate("1-8", 500, state="Terminated"), b=fate("9-16", 500, state="Terminated"))
    own = Observation("", shifted, situation=later)
    assert judge_case(record(HERE, GOOD, own, kind=Kind.LIVE), "kao").status is Status.AGREES
    assert judge_case(record(HERE, GOOD, shifted, kind=Kind.LIVE), "kao").status is Status.DIFFERS


def test_the_references_lane_may_be_the_one_of_its_own() -> None:
    there = situation(job("a"), job("b"), now=HERE.now + 500)
    moved = schedule(a=fate("1-8", 500, state="Terminated"), b=fate("9-16", 700, state="Terminated"))
    case = record(HERE, Observation("", moved, situation=there), GOOD, kind=Kind.LIVE)
    (difference,) = judge_case(case, "kao").differences
    assert difference.why == "starts 200 s before the reference (+0:03:20 → +0:00:00)"
    text = KNOWN_TEXT.replace('when.classes = "later"', "when.shift = [-200, -200]")
    assert judge_case(case, "kao", JudgeSettings(known=parse_known(text, "k"))).status is Status.KNOWN


def test_what_the_reference_breaks_in_its_own_lane() -> None:
    bare = situation(job("a"), job("b"), resources=[r for r in HERE.resources if r.id > 8])
    for reference, also in ((bare, True), (None, False)):
        case = record(HERE, Observation("", GOOD, situation=reference), Observation("", GOOD, situation=bare))
        (difference,) = judge_case(case, "kao").differences
        assert difference.why.endswith("(the reference breaks it too)") is also
    alone = record(HERE, None, Observation("", GOOD, situation=bare))
    assert judge_case(alone, "kao").status is Status.INVALID


def test_own_situation_is_what_a_lane_is_judged_against() -> None:
    asleep = situation(job("a"), job("b"), resources=[r for r in HERE.resources if r.id > 8])
    result = judge_case(record(HERE, GOOD, Observation("", GOOD, situation=asleep)), "kao")
    assert result.status is Status.INVALID


@pytest.mark.parametrize(("kind", "status"), [(Kind.LIVE, Status.AGREES), (Kind.REPLAY, Status.AGREES)])
def test_timelines_may_end_early(kind: Kind, status: Status) -> None:
    short = schedule(a=fate("1-8", lasts=10, state="Running"), b=fate("9-16", lasts=10, state="Running"))
    assert judge_case(record(HERE, short, short, kind=kind), "kao").status is status
    assert judge_case(record(HERE, short, short), "kao").status is Status.INVALID


def test_expectations_are_rules_too() -> None:
    result = judge_case(record(HERE, GOOD, GOOD, expect={"b": {"starts-after": "a"}}), "kao")
    assert result.status is Status.INVALID
    assert result.differences[0].why == (
        "expected starts-after a, but it starts 0 s after the start of a (the reference breaks it too)"
    )


def test_rules_are_not_judged_where_a_scenario_says_so() -> None:
    assert judge_case(record(HERE, BAD, BAD, expect={"valid": False}), "kao").status is Status.AGREES
    assert judge_case(record(HERE, BAD, BAD, expect={"valid": True}), "kao").status is Status.INVALID


def test_job_that_only_an_expectation_names() -> None:
    nothing = schedule(a=fate("1-8"))
    for candidate in ("native", "kao"):
        result = judge_case(record(HERE, nothing, nothing, expect={"b": {"placed": True}}), candidate)
        assert [d.job for d in result.differences] == ["b"]


def test_run_of_one_good_case() -> None:
    result = judge_run(run(record(HERE, GOOD, GOOD)))
    assert (result.verdict, result.exit_code) == (Verdict.COMPATIBLE, ExitCode.COMPATIBLE)
    assert [(c.candidate, c.reproduce) for c in result.cases] == [
        ("native", "oar-compat run --case c1"),
        ("kao", "oar-compat run --case c1"),
    ]
    native, kao = result.combinations
    assert (native.id, native.verdict, native.cases) == ("native", Verdict.COMPATIBLE, 1)
    assert (kao.id, kao.verdict, kao.cases, kao.differences) == ("kao", Verdict.COMPATIBLE, 1, {"identical": 2})
    assert [a.id for a in kao.adaptations] == ["package:x"]
    assert native.adaptations == ()
    assert (result.reference, result.environment) == ("native", {"oar3": {"version": "3.0.2"}})


@pytest.mark.parametrize(
    ("cases", "missing", "verdict", "code"),
    [
        ([(GOOD, GOOD), (GOOD, LATE)], 0, Verdict.INCOMPATIBLE, ExitCode.INCOMPATIBLE),
        ([(GOOD, BAD)], 0, Verdict.INCOMPATIBLE, ExitCode.INCOMPATIBLE),
        ([(BAD, None)], 0, Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        ([(GOOD, GOOD), (GOOD, None)], 0, Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        ([(GOOD, LATE), (GOOD, None)], 1, Verdict.INCOMPATIBLE, ExitCode.INCOMPATIBLE),
        ([(GOOD, GOOD)], 1, Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        ([(None, None)], 0, Verdict.INCONCLUSIVE, ExitCode.NOTHING_RAN),
        ([], 0, Verdict.INCONCLUSIVE, ExitCode.NOTHING_RAN),
        ([], 1, Verdict.INCONCLUSIVE, ExitCode.NOTHING_RAN),
    ],
)
def test_verdicts(cases: list[tuple], missing: int, verdict: Verdict, code: ExitCode) -> None:
    records = [record(HERE, one, other, case=f"c{i}") for i, (one, other) in enumerate(cases)]
    result = judge_run(run(*records, missing=(Missing("kao", "no OAR3", "get it"),) * missing))
    assert (result.verdict, result.exit_code) == (verdict, code)
    assert len(result.missing) == missing


def test_run_with_known_differences() -> None:
    result = judge_run(run(record(HERE, GOOD, LATE)), JudgeSettings(known=KNOWN, today=date(2026, 1, 1)))
    assert result.verdict is Verdict.COMPATIBLE_WITH_KNOWN_DIFFERENCES
    assert result.exit_code is ExitCode.COMPATIBLE
    assert [(u.id, u.owner, u.differences, u.expired) for u in result.known] == [
        ("KD-1", "ann", 1, False),
        ("KD-2", "bob", 0, True),
    ]


def test_crash_can_be_known_but_only_by_name() -> None:
    crashed = record(HERE, GOOD, Observation("", crashes=(Crash("kao", "exit 7"),)))
    assert judge_case(crashed, "kao", JudgeSettings(known=KNOWN[:1])).status is Status.CRASH
    assert judge_case(crashed, "kao", JudgeSettings(known=KNOWN)).status is Status.KNOWN


def test_combination_that_was_asked_for_and_never_tried_is_inconclusive() -> None:
    result = judge_run(run(record(HERE, GOOD)))
    verdicts = {c.id: (c.verdict, c.cases) for c in result.combinations}
    assert verdicts == {"native": (Verdict.COMPATIBLE, 1), "kao": (Verdict.INCONCLUSIVE, 0)}
    assert result.verdict is Verdict.INCONCLUSIVE


def test_jobs_neither_side_knows_are_identical() -> None:
    nothing = schedule(a=Fate("Waiting"))
    assert judge_case(record(HERE, nothing, nothing), "kao").counts == {"identical": 2}


def test_only_what_is_asked_of_a_case_counts() -> None:
    asked = replace(record(HERE, GOOD, GOOD), combinations=("native", "kao"))
    elsewhere = RunRecord({}, "native", ("native", "kao", "kamelot"), (asked,))
    result = judge_run(replace(elsewhere, combinations=("native", "kao")))
    assert [case.candidate for case in result.cases] == ["native", "kao"]
    assert result.verdict is Verdict.COMPATIBLE
    assert judge_run(elsewhere).verdict is Verdict.INCONCLUSIVE, "kamelot was asked for, and no case is for it"
    assert judge_run(replace(elsewhere, cases=(replace(asked, combinations=()),))).verdict is Verdict.INCONCLUSIVE


def test_the_command_that_reproduces_is_quoted_for_a_shell() -> None:
    here = replace(record(HERE, GOOD, GOOD), source="a file.toml")
    run = RunRecord({}, "native", ("native", "kao"), (here,), reproduce="pytest {item} # {case}")
    assert judge_run(run).cases[1].reproduce == f"pytest 'a file.toml::plan[kao]' # {here.id}"


def test_without_any_oar3_natives_that_differ_say_nothing_of_a_migration() -> None:
    moved = schedule(a=fate("1-8"), b=fate("9-16", 5000))
    wanting = run(record(HERE, GOOD, moved), missing=(Missing("OAR3", "none found", "get it"),))
    assert judge_run(wanting).verdict is Verdict.INCOMPATIBLE
    without = replace(wanting, environment={"oar3": None})
    assert judge_run(without).verdict is Verdict.INCONCLUSIVE
    assert judge_run(without).exit_code is ExitCode.INCONCLUSIVE
