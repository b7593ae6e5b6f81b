"""What the reference shows against itself is no difference of a candidate; what leaves its range is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare import JudgeSettings, judge_case, judge_run
from harness.compare.ask_again import doubted
from harness.compare.known.known_file import parse_known
from harness.model.difference import UNSTABLE, DifferenceClass
from harness.model.record import CaseRecord, Crash, Kind, Observation, RunRecord
from harness.model.result import Status
from harness.model.schedule import Fate, Schedule
from tests.compare.making import HOUR, NOW, fate, job, record, schedule, situation

D = DifferenceClass
NAMES = ("a", "b", "c", "d")
HERE = situation(*(job(name) for name in NAMES))
TOLERANCE = 60
PLACES = st.tuples(st.sampled_from([0, 100, 500, 3000]), st.sampled_from(["whole", "spread"]))
Answers = list[dict[str, tuple[int, str]]]


def answer(wanted: dict[str, tuple[int, str]]) -> Schedule:
    """Each job on a node of its own, whole or spread over half of both its cpus and of another's."""
    fates = {}
    for number, (name, (start, shape)) in enumerate(wanted.items()):
        first = 8 * number + 1
        resources = f"{first}-{first + 7}" if shape == "whole" else f"{first}-{first + 3} {first + 32}-{first + 35}"
        fates[name] = fate(resources, start)
    return Schedule(fates)


def case(reference: Schedule, candidate: Schedule, *repeats: Schedule, kind: Kind = Kind.PLAN) -> CaseRecord:
    made = record(HERE, reference, candidate, tolerance=TOLERANCE, expect={"valid": False}, kind=kind)
    return replace(made, repeats=tuple(Observation("native", each) for each in repeats))


def each(places: st.SearchStrategy[tuple[int, str]]) -> st.SearchStrategy[dict[str, tuple[int, str]]]:
    return st.fixed_dictionaries(dict.fromkeys(NAMES, places))


@given(st.lists(each(PLACES), min_size=1, max_size=4), st.data())
def test_a_candidate_within_the_range_is_harmless(answers: Answers, data: st.DataObject) -> None:
    chosen = {name: data.draw(st.sampled_from([a[name] for a in answers]), label=name) for name in NAMES}
    result = judge_case(case(answer(answers[0]), answer(chosen), *map(answer, answers[1:])), "kao")
    assert result.status is Status.AGREES, [d.why for d in result.differences]
    assert result.counts.get(UNSTABLE, 0) == sum(d.unstable for d in result.differences)


@given(st.lists(each(PLACES), min_size=1, max_size=4), st.sampled_from(NAMES), st.booleans())
def test_a_candidate_outside_of_it_is_not(answers: Answers, name: str, early: bool) -> None:
    starts = [a[name][0] for a in answers]
    out = min(starts) - TOLERANCE - 1 if early else max(starts) + TOLERANCE + 1
    candidate = {**answers[0], name: (out, answers[0][name][1])}
    result = judge_case(case(answer(answers[0]), answer(candidate), *map(answer, answers[1:])), "kao")
    assert result.status is Status.DIFFERS
    assert {d.job for d in result.differences if not d.harmless} == {name}


def test_a_shape_is_noise_only_where_the_reference_shows_other_shapes_too() -> None:
    whole, spread, other = fate("1-8"), fate("1-4 33-36"), fate("1-2 9-10 17-18 25-26")
    for repeat, status in ((spread, Status.AGREES), (whole, Status.DIFFERS)):
        result = judge_case(case(schedule(a=whole), schedule(a=other), schedule(a=repeat)), "kao")
        assert result.status is status


def test_noise_of_one_job_excuses_no_other() -> None:
    reference, repeat = schedule(a=fate("1-8"), b=fate("9-16")), schedule(a=fate("1-8", 500), b=fate("9-16"))
    result = judge_case(case(reference, schedule(a=fate("1-8", 500), b=fate("9-16", 500)), repeat), "kao")
    assert result.status is Status.DIFFERS
    assert {(d.job, d.unstable) for d in result.differences} == {("a", True), ("b", False)}
    assert result.counts == {UNSTABLE: 1, "later": 1, "identical": 2}
    assert result.unstable == ("a",)


def test_it_is_said_and_counted_apart() -> None:
    reference, repeat = schedule(a=fate("1-8")), schedule(a=fate("1-8", 500))
    noisy = case(reference, repeat, repeat)
    result = judge_case(noisy, "kao")
    assert result.status is Status.AGREES
    assert result.differences[0].kind is D.LATER, "the classes stay"
    assert "the reference, asked once more, does not decide alike: a (later)" in result.notes[0]
    run = judge_run(RunRecord({}, "native", ("native", "kao"), (noisy,)))
    assert run.verdict.value == "compatible"
    assert run.combinations[1].differences == {UNSTABLE: 1, "identical": 3}


def test_a_launch_that_comes_and_goes_is_noise() -> None:
    one, other = (fate("1-8", state=s, launched=s == "toLaunch") for s in ("Waiting", "toLaunch"))
    assert judge_case(case(schedule(a=one), schedule(a=other)), "kao").status is Status.DIFFERS
    assert judge_case(case(schedule(a=one), schedule(a=other), schedule(a=other)), "kao").status is Status.AGREES


def test_a_rule_that_the_reference_breaks_at_times_is_no_fault_of_a_candidate() -> None:
    good, bad = schedule(a=fate("1-8"), b=fate("9-16")), schedule(a=fate("1-8"), b=fate("1-8"))
    made = record(HERE, good, bad)
    assert judge_case(made, "kao").status is Status.INVALID
    assert judge_case(replace(made, repeats=(Observation("native", good),)), "kao").status is Status.INVALID
    shared = judge_case(replace(made, repeats=(Observation("native", bad),)), "kao")
    assert not shared.faulty
    assert "(the reference breaks it too)" in shared.differences[0].why


def test_a_repeat_that_crashed_is_no_answer() -> None:
    reference, other = schedule(a=fate("1-8")), schedule(a=fate("1-8", 500))
    crashed = Observation("native", other, crashes=(Crash("oar_meta_sched", "exit 7"),))
    made = replace(case(reference, other), repeats=(crashed, Observation("native", not_run="lost")))
    assert judge_case(made, "kao").status is Status.DIFFERS


def test_what_is_doubted() -> None:
    reference, other = schedule(a=fate("1-8")), schedule(a=fate("1-8", 500))
    assert doubted(case(reference, other)) == ["kao"]
    assert doubted(case(reference, reference)) == []
    assert doubted(case(reference, other, other)) == []
    crash = record(HERE, reference, Observation("kao", None, crashes=(Crash("kao", "exit 7"),)))
    assert doubted(crash) == [], "no further answer makes a crash noise"
    assert doubted(record(HERE, None, other)) == []
    text = """
    [[known]]
    id = "KD-1"
    title = "later"
    reason = "because"
    owner = "ann"
    expires = 2030-01-01
    when.classes = "later"
    """
    assert doubted(case(reference, other), JudgeSettings(known=parse_known(text, "x"))) == []


@pytest.mark.parametrize(("apart", "late", "status"), [(90, 85, "agrees"), (0, 85, "differs"), (90, 95, "differs")])
def test_two_servers_of_the_reference_widen_the_tolerance(apart: int, late: int, status: str) -> None:
    def ran(start: int, other: int) -> Schedule:
        states = {"state": "Terminated"}
        return schedule(a=fate("1-8", start, **states), b=fate("9-16", other, **states))  # type: ignore[arg-type]

    made = case(ran(0, 0), ran(0, late), ran(apart, 0), kind=Kind.LIVE)
    result = judge_case(made, "kao")
    assert result.status.value == status
    assert any("two servers of the reference start a 90 s apart" in note for note in result.notes) is bool(apart)


def test_noise_widens_the_tolerance_by_no_more_than_thrice() -> None:
    def ran(a: int, b: int) -> Schedule:
        return schedule(a=fate("1-8", a, state="Terminated"), b=fate("9-16", b, state="Terminated"))

    made = case(ran(0, 0), ran(0, 170), ran(HOUR, 0), kind=Kind.LIVE)
    assert judge_case(made, "kao").status is Status.DIFFERS, "what differs by an hour tells nothing of b"
    assert judge_case(case(ran(0, 0), ran(1800, 0), ran(HOUR, 0), kind=Kind.LIVE), "kao").status is Status.AGREES


def test_each_server_has_its_own_beginning() -> None:
    later = replace(HERE, now=NOW + 1000)
    first = Observation("native", schedule(a=fate("1-8", 10, state="Terminated")), situation=HERE)
    second = Observation("native", schedule(a=fate("1-8", 1300, state="Terminated")), situation=later)
    candidate = Observation("kao", schedule(a=fate("1-8", 1310, state="Terminated")), situation=later)
    made = record(HERE, first, candidate, kind=Kind.LIVE, tolerance=60)
    assert judge_case(made, "kao").status is Status.DIFFERS
    assert judge_case(replace(made, repeats=(second,)), "kao").status is Status.AGREES
    gone = replace(second, schedule=Schedule({"a": Fate("Waiting")}))
    assert judge_case(replace(made, repeats=(gone,)), "kao").status is Status.DIFFERS


@pytest.mark.parametrize(("lasts", "status"), [(14, "agrees"), (30, "agrees"), (60, "differs")])
def test_the_time_that_a_job_lasts_has_a_range_too(lasts: int, status: str) -> None:
    """Seen on two servers of a busy machine: 34 s and 10 s of a job that is ended by hand."""

    def ran(start: int, long: int) -> Schedule:
        return schedule(a=fate("1-8", start, long, state="Terminated"))

    made = replace(case(ran(26, 34), ran(17, lasts), ran(15, 10), kind=Kind.LIVE), tolerance=4)
    assert judge_case(made, "kao").status.value == status
    assert judge_case(replace(made, repeats=()), "kao").status.value == "differs"


def test_what_comes_and_goes_is_noise_only_where_the_reference_is_noisy_too() -> None:
    reference, noisy = schedule(a=fate("1-8"), b=fate("9-16")), schedule(a=fate("1-8", 500), b=fate("9-16"))
    candidate = schedule(a=fate("1-8"), b=fate("9-16", 500))
    for repeat, status in ((noisy, Status.AGREES), (reference, Status.DIFFERS)):
        made = case(reference, candidate, repeat)
        assert judge_case(made, "kao").status is Status.DIFFERS
        steady = replace(made, repeats=(*made.repeats, Observation("kao", candidate)))
        assert judge_case(steady, "kao").status is Status.DIFFERS, "it differs each time"
        gone = replace(made, repeats=(*steady.repeats, Observation("kao", reference)))
        assert judge_case(gone, "kao").status is status
