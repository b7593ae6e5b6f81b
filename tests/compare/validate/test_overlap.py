"""The rule ``overlap``: best effort, suspended jobs, resources of every job; and against brute force."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from procset import ProcSet

from harness.compare import Violation, validate
from harness.compare.moments import Clock
from harness.compare.sets import mask_of
from harness.compare.sharing import may_share, tenancy
from harness.compare.validate.overlap import contended, tenants
from harness.compare.validate.violation import index_schedule
from harness.model.job import Job
from harness.model.schedule import Fate, Schedule, Situation
from tests.compare.making import HOUR, NOW, cluster, fate, job, moldable, place, schedule, situation

BEST, PLAIN = job("best", types=("besteffort",), id=1), job("plain", id=2)
OTHER = job("other", types=("besteffort",), id=3)


def overlaps(here: Situation, plan: Schedule, *, timeline: bool = False) -> list[Violation]:
    return [v for v in validate(here, plan, timeline=timeline) if v.rule == "overlap"]


def test_the_later_job_is_blamed_with_figures() -> None:
    here = situation(job("a"), job("b", "host=2"))
    (found,) = overlaps(here, schedule(a=fate("1-8"), b=fate("5-20", 600)))
    assert found.jobs == ("b", "a")
    assert found.why == "holds 4 resources (5-8) from 15:16:40 on, which a holds until 16:06:40"


def test_ends_and_starts_may_meet() -> None:
    here = situation(job("a"), job("b"))
    assert not overlaps(here, schedule(a=fate("1-8"), b=fate("1-8", HOUR)))
    assert overlaps(here, schedule(a=fate("1-8"), b=fate("1-8", HOUR - 1)))


def test_jobs_that_hold_nothing_for_no_time_are_in_nobodys_way() -> None:
    here = situation(job("a"), job("b"))
    assert not overlaps(here, schedule(a=fate("1-8"), b=fate("1-8", 60, lasts=0)))


def test_each_pair_is_told_once() -> None:
    here = situation(job("a"), job("b"), job("c", "host=2"))
    found = overlaps(here, schedule(a=fate("1-8"), b=fate("9-16"), c=fate("1-16", 60)))
    assert sorted(v.jobs for v in found) == [("c", "a"), ("c", "b")]


@pytest.mark.parametrize(
    ("one", "other", "fine"),
    [
        ((BEST, 0), (PLAIN, 1), True),
        ((BEST, 0), (PLAIN, 0), False),
        ((PLAIN, 0), (BEST, 1), False),
        ((BEST, -10), (PLAIN, 0), True),
        ((BEST, 0), (OTHER, 299), False),
        ((BEST, 0), (OTHER, 300), True),
        ((BEST, -10), (OTHER, 300), False),
        ((BEST, -10), (OTHER, HOUR - 11), False),
        ((BEST, -10), (OTHER, HOUR - 10), True),
    ],
)
def test_best_effort_in_a_plan(one: tuple[Job, int], other: tuple[Job, int], fine: bool) -> None:
    here = situation(BEST, PLAIN, OTHER)
    plan = Schedule(
        {j.name: fate("1-8", start, state="Running" if start < 0 else "Waiting") for j, start in (one, other)}
    )
    assert (not overlaps(here, plan)) is fine


@pytest.mark.parametrize(
    ("conf", "grant"),
    [
        ({}, 300),
        ({"SCHEDULER_JOB_SECURITY_TIME": "400"}, 400),
        ({"SCHEDULER_BESTEFFORT_KILL_DURATION_BEFORE_RESERVATION": "500"}, 500),
        ({"SCHEDULER_JOB_SECURITY_TIME": "nonsense"}, 300),
    ],
)
def test_what_best_effort_is_granted(conf: dict[str, str], grant: int) -> None:
    here = situation(BEST, OTHER, conf=conf)
    assert overlaps(here, schedule(best=fate("1-8"), other=fate("1-8", grant - 1)))
    assert not overlaps(here, schedule(best=fate("1-8"), other=fate("1-8", grant)))


def test_a_short_best_effort_job_is_granted_its_walltime_only() -> None:
    here = situation(BEST, OTHER)
    assert not overlaps(here, schedule(best=fate("1-8", lasts=60), other=fate("1-8", 60)))


def test_three_best_effort_jobs_one_after_the_other() -> None:
    third = job("third", types=("besteffort",), id=4)
    here = situation(BEST, OTHER, third)
    assert not overlaps(here, schedule(best=fate("1-8"), other=fate("1-8", 300), third=fate("1-8", 600)))
    found = overlaps(here, schedule(best=fate("1-8"), other=fate("1-8", 300), third=fate("1-8", 599)))
    assert [v.jobs for v in found] == [("third", "other")]


def test_the_one_that_runs_keeps_its_place_among_those_that_wait() -> None:
    third = job("third", types=("besteffort",), id=4)
    here = situation(BEST, OTHER, third)
    found = overlaps(
        here, schedule(best=fate("1-8", -10, state="Running"), other=fate("9-16"), third=fate("1-16", 300))
    )
    assert [v.jobs for v in found] == [("third", "best")]


def test_the_one_that_runs_keeps_its_place_also_after_another_was_put_on_it() -> None:
    third = job("third", types=("besteffort",), id=4)
    here = situation(BEST, OTHER, third)
    plan = schedule(best=fate("1-8", -10, state="Running"), other=fate("1-8"), third=fate("1-8", 300))
    assert [v.jobs for v in overlaps(here, plan)] == [("other", "best"), ("third", "best")]


def test_nobody_is_hidden_by_one_who_shares_with_him() -> None:
    keeper, guest = job("keeper", types=("placeholder=x",), id=5), job("guest", types=("allowed=x",), id=6)
    here = situation(keeper, guest, PLAIN)
    for keeps, stays in ((2 * HOUR, HOUR), (HOUR, 2 * HOUR)):
        plan = schedule(keeper=fate("1-8", 0, keeps), guest=fate("1-8", 10, stays), plain=fate("1-8", 20))
        assert {v.jobs for v in overlaps(here, plan)} == {("plain", "keeper"), ("plain", "guest")}


def test_nobody_is_hidden_by_a_best_effort_job_he_drives_out() -> None:
    here = situation(BEST, PLAIN, job("late", id=9))
    plan = schedule(best=fate("1-8", 0, 3 * HOUR), plain=fate("1-8", 10), late=fate("1-8", 20))
    assert {v.jobs for v in overlaps(here, plan)} == {("late", "plain")}


def test_in_what_really_ran_best_effort_excuses_nothing() -> None:
    here = situation(BEST, PLAIN)
    for state in ("Terminated", "Error"):
        ran = schedule(best=fate("1-8", state=state), plain=fate("1-8", 60, state="Running"))
        assert overlaps(here, ran, timeline=True)
        assert overlaps(here, ran)
    still = schedule(best=fate("1-8", state="Running"), plain=fate("1-8", 60, state="Waiting"))
    assert overlaps(here, still, timeline=True)
    assert not overlaps(here, still)


@pytest.mark.parametrize("state", ["Suspended", "Resuming"])
def test_suspended_jobs_let_go(state: str) -> None:
    here = situation(job("a"), job("b"))
    plan = schedule(a=fate("1-8", -60, state=state), b=fate("1-8"))
    assert not overlaps(here, plan)
    kept = situation(job("a"), job("b"), conf={"SCHEDULER_AVAILABLE_SUSPENDED_RESOURCE_TYPE": "licence"})
    assert overlaps(kept, plan)
    assert overlaps(here, schedule(a=fate("1-8", -60, state="Running"), b=fate("1-8")))


def test_resources_added_to_every_job_are_shared() -> None:
    resources = [*cluster(), replace(cluster()[0], id=33, type="storage", node="")]
    jobs = [job(name, moldable("host=1", eligible="1-32")) for name in "ab"]
    plan = schedule(a=fate("1-8 33"), b=fate("9-16 33"))
    assert overlaps(situation(*jobs, resources=resources), plan)
    conf = {"SCHEDULER_RESOURCES_ALWAYS_ASSIGNED_TYPE": "storage"}
    assert validate(situation(*jobs, resources=resources, conf=conf), plan) == ()


def masks(*places: tuple[str, int, int]) -> int:
    jobs = [job(f"j{n}", id=n) for n in range(len(places))]
    plan = Schedule({f"j{n}": fate(*at) for n, at in enumerate(places)})
    indexed = index_schedule(situation(*jobs), plan, timeline=False, clock=Clock(NOW))
    return contended(tenants(indexed))


def test_only_what_is_ever_held_twice_at_once_is_looked_at_closely() -> None:
    assert masks(("1-8", 0, 60), ("1-8", 60, 60), ("9-16", 0, 500)) == 0
    assert masks(("1-8", 0, 60), ("5-12", 59, 60)) == mask_of(range(5, 9))
    assert masks(("1", 0, 100), ("1", 10, 20), ("1-2", 50, 60), ("2", 90, 10)) == mask_of([1, 2])
    assert masks(("1", 0, 100), ("1", 10, 20), ("2", 50, 60), ("2", 110, 60)) == mask_of([1])


KINDS = st.sampled_from([(), ("timesharing=*,*",), ("placeholder=x",), ("allowed=x",), ("besteffort",), ("inner=1",)])
PLACES = st.tuples(KINDS, st.sets(st.integers(1, 6), min_size=1), st.integers(-3, 12), st.integers(0, 8))


@given(st.lists(PLACES, min_size=1, max_size=9), st.booleans())
@settings(max_examples=300, deadline=None)
def test_just_the_jobs_that_brute_force_blames(
    places: list[tuple[tuple[str, ...], set[int], int, int]], ended: bool
) -> None:
    jobs = [job("j1", types=("container",), id=1)]
    jobs += [job(f"j{i}", types=types, id=i) for i, (types, *_) in enumerate(places[1:], 2)]
    unit = 100
    plan = Schedule(
        {
            j.name: fate(ProcSet(*given), start * unit, length * unit, _state(start, ended=ended))
            for j, (_, given, start, length) in zip(jobs, places, strict=True)
        }
    )
    here = situation(*jobs)
    names = {j.name: j for j in jobs}
    ids = {j.id: j.name for j in jobs}
    wrong = set()
    for one, other in combinations(jobs, 2):
        first, second = sorted((one, other), key=lambda j: (_place(plan, j).start, _place(plan, j).stop, j.name))
        a, b = _place(plan, first), _place(plan, second)
        if a.stop <= b.start or a.stop <= a.start or b.stop <= b.start or not a.resources & b.resources:
            continue
        if may_share(tenancy(first, names, ids), tenancy(second, names, ids)):
            continue
        if "besteffort" in first.types and not ended:
            if "besteffort" in second.types:
                sure = a.stop if a.start < NOW else min(a.stop, a.start + 300)
                if b.start >= sure:
                    continue
            elif b.start > a.start:
                continue
        wrong.add(second.name)
    assert {v.jobs[0] for v in overlaps(here, plan)} == wrong


def _state(start: int, *, ended: bool) -> str:
    return "Terminated" if ended else "Running" if start < 0 else "Waiting"


def _place(plan: Schedule, one: Job) -> object:
    found = plan.fates[one.name].placement
    assert found is not None
    return found


def test_a_thousand_that_share_are_quick_to_judge() -> None:
    jobs = [job(f"j{i}", types=("timesharing=*,*",), id=i) for i in range(1000)]
    plan = Schedule({j.name: Fate("Waiting", place("1-8", i)) for i, j in enumerate(jobs)})
    assert validate(situation(*jobs), plan) == ()
