"""Shifts that follow from one another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from procset import ProcSet

from harness.compare.align import Aligned
from harness.compare.classify import classify, security
from harness.compare.predecessors import Predecessor, predecessors
from harness.model.difference import Difference, DifferenceClass
from harness.model.job import Job
from harness.model.schedule import Fate, Placement, Schedule
from tests.compare.making import HOUR, fate, job, schedule, situation

D = DifferenceClass
A, B, C = job("a"), job("b"), job("c")


def found(
    jobs: tuple[Job, ...], reference: Schedule, candidate: Schedule, tolerance: int = 2, **conf: str
) -> dict[str, Difference]:
    here = situation(*jobs, conf=conf or None)
    return {d.job: d for d in classify(Aligned(reference, candidate, here, here), tolerance)}


def kinds(*args: object, **more: str) -> dict[str, DifferenceClass]:
    return {name: d.kind for name, d in found(*args, **more).items()}


def queue(gaps: list[int], lasts: int = HOUR) -> Schedule:
    """Jobs one after the other on one node, with so many seconds between them."""
    at, fates = 0, {}
    for number, gap in enumerate(gaps):
        at += gap
        fates[f"j{number}"] = fate("1-8", at, lasts)
        at += lasts
    return Schedule(fates)


def test_a_second_more_between_jobs_adds_up() -> None:
    jobs = tuple(job(f"j{n}") for n in range(100))
    native, kamelot = queue([0] + [61] * 99), queue([0] + [60] * 99)
    assert set(kinds(jobs, native, kamelot).values()) == {D.IDENTICAL, D.SHIFTED}
    last = found(jobs, native, kamelot)["j99"]
    assert last.why.endswith("; follows j98, 1 s more than its 98 s")
    assert last.why.startswith("starts 99 s before the reference (")
    assert set(kinds(jobs, kamelot, native).values()) == {D.IDENTICAL, D.SHIFTED}
    assert kinds(jobs, native, kamelot, 0)["j99"] is D.EARLIER


def test_where_a_chain_breaks_is_told_once() -> None:
    jobs = tuple(job(f"j{n}") for n in range(5))
    late = kinds(jobs, queue([0, 61, 61, 61, 61]), queue([0, 61, 71, 61, 61]))
    assert [late[f"j{n}"] for n in range(5)] == [D.IDENTICAL, D.IDENTICAL, D.LATER, D.SHIFTED, D.SHIFTED]
    early = kinds(jobs, queue([0, 61, 71, 61, 61]), queue([0, 61, 61, 61, 61]))
    assert [early[f"j{n}"] for n in range(5)] == [D.IDENTICAL, D.IDENTICAL, D.EARLIER, D.SHIFTED, D.SHIFTED]
    why = found(jobs, queue([0, 61, 61, 61, 61]), queue([0, 61, 71, 61, 61]))["j3"].why
    assert why.endswith("; follows j2, no more than its 10 s")


@given(st.lists(st.tuples(st.integers(1, 61), st.integers(-9, 9)), min_size=1, max_size=12), st.integers(0, 9))
@settings(deadline=None)
def test_just_the_gaps_that_changed_by_more_than_the_tolerance(gaps: list[tuple[int, int]], tolerance: int) -> None:
    gaps = [(gap, max(change, -gap)) for gap, change in gaps]
    jobs = tuple(job(f"j{n}") for n in range(len(gaps)))
    result = kinds(jobs, queue([g for g, _ in gaps]), queue([g + c for g, c in gaps]), tolerance)
    shift = 0
    for number, (_, change) in enumerate(gaps):
        shift += change
        same_way = (change > 0) == (shift > 0)
        inherits = number > 0 and (abs(change) <= tolerance or not same_way)
        blamed = abs(shift) > tolerance and not inherits
        assert (result[f"j{number}"] in (D.LATER, D.EARLIER)) is blamed, (number, result)


def test_a_shift_against_that_of_the_job_before_is_no_inheritance() -> None:
    reference = schedule(a=fate("1-8"), b=fate("1-8", HOUR + 61))
    candidate = schedule(a=fate("1-8", -40), b=fate("1-8", HOUR + 80))
    assert kinds((A, B), reference, candidate) == {"a": D.EARLIER, "b": D.LATER}


def test_only_what_ended_just_before_held_a_job_up() -> None:
    for gap, kind in ((121, D.SHIFTED), (123, D.SHIFTED), (124, D.LATER)):
        reference = schedule(a=fate("1-8"), b=fate("1-8", HOUR + gap))
        candidate = schedule(a=fate("1-8", 50), b=fate("1-8", HOUR + gap + 50))
        assert kinds((A, B), reference, candidate)["b"] is kind, gap


@pytest.mark.parametrize(("conf", "reach"), [("10", 23), ("nonsense", 123)])
def test_just_before_is_twice_the_security_time(conf: str, reach: int) -> None:
    for gap, kind in ((reach, D.SHIFTED), (reach + 1, D.LATER)):
        reference = schedule(a=fate("1-8"), b=fate("1-8", HOUR + gap))
        candidate = schedule(a=fate("1-8", 50), b=fate("1-8", HOUR + gap + 50))
        assert kinds((A, B), reference, candidate, SCHEDULER_JOB_SECURITY_TIME=conf)["b"] is kind, gap


def test_it_is_the_end_that_counts_not_the_start() -> None:
    reference = schedule(a=fate("1-8", moldable=0), b=fate("1-8", HOUR))
    candidate = schedule(a=fate("1-8", lasts=2 * HOUR, moldable=1), b=fate("1-8", 2 * HOUR))
    result = found((A, B), reference, candidate)
    assert result["a"].kind is D.OTHER_MOLDABLE
    assert result["b"].kind is D.SHIFTED
    assert result["b"].why.endswith("; follows a, no more than its 3600 s")


def test_the_largest_shift_among_those_before_counts() -> None:
    both = job("both", "host=2")
    reference = schedule(a=fate("1-8"), b=fate("9-16"), both=fate("1-16", HOUR + 61))
    candidate = schedule(a=fate("1-8", 10), b=fate("9-16", 40), both=fate("1-16", HOUR + 101))
    result = found((A, B, both), reference, candidate)
    assert result["both"].why.endswith("; follows b, no more than its 40 s")
    assert result["both"].kind is D.SHIFTED
    back = found((A, B, both), candidate, reference)
    assert back["both"].kind is D.SHIFTED
    assert back["both"].why.endswith("; follows b, no more than its 40 s")


def test_jobs_on_other_resources_explain_nothing() -> None:
    reference = schedule(a=fate("1-8"), b=fate("9-16", HOUR + 61))
    candidate = schedule(a=fate("1-8", 50), b=fate("9-16", HOUR + 111))
    assert kinds((A, B), reference, candidate)["b"] is D.LATER


@pytest.mark.parametrize(("more", "late", "early"), [(2, D.SHIFTED, D.SHIFTED), (3, D.LATER, D.EARLIER)])
def test_no_more_than_the_tolerance_is_added(more: int, late: DifferenceClass, early: DifferenceClass) -> None:
    reference = schedule(a=fate("1-8"), b=fate("1-8", HOUR + 61))
    candidate = schedule(a=fate("1-8", 50), b=fate("1-8", HOUR + 111 + more))
    assert kinds((A, B), reference, candidate)["b"] is late
    assert kinds((A, B), candidate, reference)["b"] is early


def test_a_shift_of_one_second_is_followed_too() -> None:
    reference = schedule(a=fate("1-8"), b=fate("9-16", HOUR + 61))
    candidate = schedule(a=fate("1-8", 1), b=fate("1-8", HOUR + 62))
    assert kinds((A, B), reference, candidate, 0) == {"a": D.LATER, "b": D.SHIFTED}
    assert kinds((A, B), candidate, reference, 0) == {"a": D.EARLIER, "b": D.SHIFTED}


def test_dependencies_explain() -> None:
    after = job("b", after=("a",))
    reference = schedule(a=fate("1-8"), b=fate("9-16", HOUR + 121))
    candidate = schedule(a=fate("1-8", 50), b=fate("9-16", HOUR + 171))
    assert kinds((A, after), reference, candidate)["b"] is D.SHIFTED


def test_later_follows_what_the_candidate_put_before_and_earlier_what_the_reference_did() -> None:
    reference = schedule(a=fate("1-8"), b=fate("9-16", HOUR + 61))
    candidate = schedule(a=fate("1-8", 50), b=fate("1-8", HOUR + 111))
    assert kinds((A, B), reference, candidate)["b"] is D.SHIFTED
    assert kinds((A, B), candidate, reference)["b"] is D.SHIFTED
    elsewhere = schedule(a=fate("1-8", 50), b=fate("9-16", HOUR + 111))
    before = schedule(a=fate("1-8"), b=fate("1-8", HOUR + 61))
    assert kinds((A, B), before, elsewhere)["b"] is D.LATER
    assert kinds((A, B), elsewhere, before)["b"] is D.EARLIER


@pytest.mark.parametrize("apart", [500, -500])
def test_lanes_that_began_at_other_moments(apart: int) -> None:
    jobs = tuple(job(f"j{n}") for n in range(5))
    here = situation(*jobs)
    there = situation(*jobs, now=here.now + apart)
    slow = Schedule({n: replace(f, placement=_moved(f, apart)) for n, f in queue([0, 71, 61, 61, 61]).fates.items()})
    quick = queue([0, 61, 61, 61, 61])
    expected = [D.IDENTICAL, D.LATER, D.SHIFTED, D.SHIFTED, D.SHIFTED]
    assert [d.kind for d in classify(Aligned(quick, slow, here, there), 2)] == expected
    expected[1] = D.EARLIER
    assert [d.kind for d in classify(Aligned(slow, quick, there, here), 2)] == expected


def _moved(one: Fate, by: int) -> Placement:
    place = one.placement
    assert place is not None
    return replace(place, start=place.start + by, stop=place.stop + by)


def test_one_that_has_no_place_in_the_other_schedule_does_not_hide_one_that_has() -> None:
    wide = job("wide", "host=2")
    reference = Schedule({"a": Fate("Waiting"), "b": fate("9-16"), "wide": fate("1-16", HOUR + 61)})
    candidate = schedule(a=fate("1-8", 50), b=fate("9-16", 50), wide=fate("1-16", HOUR + 111))
    result = found((A, B, wide), reference, candidate)
    assert result["wide"].kind is D.SHIFTED
    assert "follows b" in result["wide"].why


def test_the_first_of_equals_is_named() -> None:
    both = job("both", "host=2")
    reference = schedule(a=fate("1-8"), b=fate("9-16"), both=fate("1-16", HOUR + 61))
    candidate = schedule(a=fate("1-8", 40), b=fate("9-16", 40), both=fate("1-16", HOUR + 101))
    assert "follows a" in found((A, B, both), reference, candidate)["both"].why


def test_security_time_is_a_minute_where_it_is_not_set() -> None:
    assert security(situation(conf={"OTHER": "1"})) == 60
    assert security(situation(conf={"SCHEDULER_JOB_SECURITY_TIME": "1"})) == 1


PLACES = st.tuples(st.sets(st.integers(1, 9), min_size=1), st.integers(0, 9), st.integers(1, 4))


@given(st.lists(PLACES, max_size=8), st.integers(0, 6))
@settings(deadline=None)
def test_predecessors_are_the_last_on_each_resource(places: list[tuple[set[int], int, int]], reach: int) -> None:
    plan = Schedule({f"j{n}": fate(ProcSet(*given), at, long) for n, (given, at, long) in enumerate(places)})
    order = sorted(plan.fates, key=lambda n: (_moved(plan.fates[n], 0).start, _moved(plan.fates[n], 0).stop, n))
    last: dict[int, str] = {}
    expected = {}
    for name in order:
        place = _moved(plan.fates[name], 0)
        holders = {last[r] for r in place.resources if r in last}
        expected[name] = {h for h in holders if 0 <= place.start - _moved(plan.fates[h], 0).stop <= reach}
        last.update(dict.fromkeys(place.resources, name))
    assert {n: {b.name for b in before} for n, before in predecessors(plan, {}, reach).items()} == expected


def test_containers_explain_by_their_start() -> None:
    box, inner = job("box", types=("container",), id=5), job("in", types=("inner=5",), id=6)
    reference = Schedule({"box": fate("1-8", lasts=2 * HOUR), "in": fate("1-4", 60)})
    candidate = Schedule({"box": fate("1-8", 50, lasts=3 * HOUR, moldable=1), "in": fate("1-4", 110)})
    result = found((box, inner), reference, candidate)
    assert result["in"].kind is D.SHIFTED
    assert result["in"].why.endswith("; follows box, no more than its 50 s")


def test_a_job_that_only_one_side_places_explains_nothing() -> None:
    reference = Schedule({"a": Fate("Waiting"), "b": fate("1-8")})
    candidate = schedule(a=fate("1-8"), b=fate("1-8", HOUR + 61))
    assert kinds((A, B), reference, candidate) == {"a": D.ONLY_IN_CANDIDATE, "b": D.LATER}
    assert kinds((A, B), Schedule({"b": fate("1-8")}), candidate)["b"] is D.LATER


def test_changed_order_is_no_shift() -> None:
    reference = schedule(a=fate("1-8"), b=fate("1-8", HOUR + 61))
    candidate = schedule(a=fate("1-8", HOUR + 61), b=fate("1-8"))
    assert kinds((A, B), reference, candidate) == {"a": D.LATER, "b": D.EARLIER}


def test_predecessors() -> None:
    wide, late = job("wide", "host=2"), job("late", after=("wide", "gone"))
    plan = schedule(
        a=fate("1-8"), b=fate("9-16", lasts=60), wide=fate("1-16", HOUR + 60), late=fate("20", 2 * HOUR + 70)
    )
    jobs = {j.name: j for j in (A, B, wide, late)}
    assert predecessors(plan, jobs, 60) == {
        "a": (),
        "b": (),
        "wide": (Predecessor("a"),),
        "late": (Predecessor("wide"),),
    }
    assert predecessors(plan, jobs, 59)["wide"] == ()
    assert predecessors(plan, jobs, 5000)["wide"] == (Predecessor("a"), Predecessor("b"))
    assert predecessors(schedule(x=fate("1-8"), y=fate("", HOUR)), {}, 60) == {"x": (), "y": ()}
    assert predecessors(schedule(x=Fate("Waiting")), {}, 60) == {}


def test_who_still_holds_the_resource_is_no_predecessor() -> None:
    plan = schedule(a=fate("1-8"), b=fate("1-8", 60))
    assert predecessors(plan, {}, 10**6)["b"] == ()
    assert predecessors(schedule(a=fate("1-8"), b=fate("1-8", HOUR)), {}, 0)["b"] == (Predecessor("a"),)
