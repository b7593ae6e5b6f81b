"""Our own planner: its plans are valid, conservative, and first in first out."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from harness.compare import validate
from harness.compare.catalogue import Catalogue
from harness.compare.classify import security
from harness.compare.sets import mask_of
from harness.compare.third_opinion.choose_resources import Pickers, choose_all
from harness.compare.third_opinion.planner import plan
from harness.model.cluster import Resource
from harness.model.job import Job, Moldable
from harness.model.schedule import Fate, Placement, Schedule, Situation
from tests.compare.making import HOUR, NOW, cluster, group, job, moldable, place, situation
from tests.compare.plain_schedules import plain

RELAXED = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
Case = tuple[Situation, dict[str, Placement]]
NODES = cluster("2 nodes x 1 cpus x 2 cores")
CONF = {"SCHEDULER_JOB_SECURITY_TIME": "60"}


def planned(*jobs: Job, resources: tuple[Resource, ...] = NODES, **standing: Placement) -> dict[str, tuple[int, str]]:
    """Start, counted from NOW, and resources of each job that has a place; the jobs in the order given."""
    numbered = tuple(replace(job, id=number) for number, job in enumerate(jobs, 1))
    here = situation(*numbered, resources=resources, conf=CONF)
    waiting = [job for job in numbered if job.name not in standing]
    return {name: (p.start - NOW, str(p.resources)) for name, p in plan(here, standing, waiting).items()}


def all_waiting(case: Case) -> list[Job]:
    here, standing = case
    return [job for job in here.jobs if job.name not in standing]


def test_the_lowest_resources_at_once() -> None:
    assert planned(job("a", "core=1"), job("b", "host=1")) == {"a": (0, "1"), "b": (0, "3-4")}


def test_groups_share_no_resource() -> None:
    assert planned(job("a", "core=1+core=1"), job("b", "core=2+host=1")) == {"a": (0, "1-2"), "b": (3660, "1-4")}


def test_the_security_time_is_left_between_two_jobs() -> None:
    assert planned(job("a", "host=2"), job("b", "host=2")) == {"a": (0, "1-4"), "b": (HOUR + 60, "1-4")}


def test_a_short_job_is_backfilled_where_it_delays_nobody() -> None:
    runs = place("1-2", -600)
    wide = job("wide", "host=2")
    short, long = job("short", "host=1", walltime=HOUR - 700), job("long", "host=1")
    found = planned(job("runs", "host=1"), wide, long, short, runs=runs)
    assert found["wide"] == (3060, "1-4")
    assert found["short"] == (0, "3-4")
    assert found["long"] == (3060 + 3660, "1-2")


def test_a_hole_too_small_by_a_second_is_left() -> None:
    runs = place("1-2", -600)
    fits = 3060 - 60
    for walltime, start in ((fits, 0), (fits + 1, 3060 + 3660)):
        found = planned(
            job("runs", "host=1"), job("wide", "host=2"), job("s", "host=1", walltime=walltime), runs=runs
        )
        assert found["s"][0] == start


def test_the_alternative_that_ends_first() -> None:
    wide_or_long = job("m", moldable("host=1", 2 * HOUR), moldable("host=2", HOUR))
    here = situation(wide_or_long, resources=NODES, conf=CONF)
    assert plan(here, {}, [wide_or_long])["m"].moldable == 1


def alternative(*alternatives: Moldable) -> int:
    one = job("m", *alternatives)
    return plan(situation(one, resources=NODES, conf=CONF), {}, [one])["m"].moldable


def test_of_equal_ends_the_first_alternative() -> None:
    assert alternative(moldable("core=1"), moldable("core=2")) == 0
    assert alternative(moldable("core=1"), moldable("core=2", 2 * HOUR)) == 0


def test_an_alternative_that_cannot_be_served_hides_no_other() -> None:
    assert alternative(moldable("host=9"), moldable("host=1")) == 1


def test_groups_of_different_resources() -> None:
    halves = Moldable(HOUR, (group("core=1", "1-2"), group("core=1", "3-4")))
    one = replace(job("a", halves), id=1)
    assert str(plan(situation(one, resources=NODES, conf=CONF), {}, [one])["a"].resources) == "1 3"


def test_dependencies_on_what_stands_and_on_what_is_over() -> None:
    assert planned(job("r"), job("b", "core=1", after=("r",)), r=place("1-2", -600))["b"] == (3060, "1")
    a, b = replace(job("a", "host=9"), id=1), replace(job("b", "core=1", after=("a",)), id=2)
    here = situation(a, b, resources=NODES, conf=CONF)
    assert plan(here, {}, [b]) == {}
    assert plan(here, {}, [b], over=["a"])["b"].start == NOW


def test_a_hole_minimum_that_is_no_number_is_none() -> None:
    one = replace(job("s", "host=2", walltime=100), id=1)
    conf = {**CONF, "SCHEDULER_GANTT_HOLE_MINIMUM_TIME": "five minutes"}
    here = situation(one, resources=NODES, conf=conf)
    assert plan(here, {"a": place("1-4", -10, 110), "b": place("1-4", 320)}, [one])["s"].start == NOW + 160


def test_dependencies_wait_for_the_end_and_the_security_time() -> None:
    found = planned(job("a", "core=1"), job("b", "core=1", after=("a",)), job("c", "core=1", after=("z",)))
    assert found["b"] == (HOUR + 60, "1")
    assert found["c"] == (0, "2")


def test_what_depends_on_a_job_without_a_place_has_none() -> None:
    assert set(planned(job("a", "host=3"), job("b", "core=1", after=("a",)), job("c", "core=1"))) == {"c"}


def test_a_hole_below_the_minimum_is_none() -> None:
    jobs = [replace(job("s", "host=2", walltime=100), id=1)]
    standing = {"a": place("1-4", -10, 110), "b": place("1-4", 500)}
    for least, start in (("300", 160), ("341", 500 + HOUR + 60)):
        here = situation(*jobs, resources=NODES, conf={**CONF, "SCHEDULER_GANTT_HOLE_MINIMUM_TIME": least})
        assert plan(here, standing, jobs)["s"].start - NOW == start


@given(plain())
@RELAXED
def test_every_plan_is_valid(case: Case) -> None:
    here, standing = case
    found = plan(here, standing, all_waiting(case))
    fates = {name: Fate("Running", p) for name, p in standing.items()}
    fates |= {job.name: Fate("Waiting", found.get(job.name)) for job in all_waiting(case)}
    assert validate(here, Schedule(fates)) == ()


@given(plain())
@RELAXED
def test_no_job_could_start_earlier_without_moving_one_before_it(case: Case) -> None:
    """At no moment before its start, tried one by one, are there resources for it, beside all placed before it."""
    here, standing = case
    here = replace(here, conf={**here.conf, "SCHEDULER_GANTT_HOLE_MINIMUM_TIME": "0"})
    waiting = all_waiting((here, standing))
    found = plan(here, standing, waiting)
    pickers, margin = Pickers(Catalogue(here)), security(here)
    before = list(standing.values())
    for one in waiting:
        mine = found.get(one.name)
        ready = all(name in found or name in standing for name in one.after)
        if mine is None:
            assert not ready or not any(choose_all(pickers.of(m), -1) for m in one.moldables)
            continue
        ends = [p.stop + margin for p in before]
        earliest = max([NOW, *((found | standing)[name].stop + margin for name in one.after)])
        for moment in {earliest, *(end - shift for end in ends for shift in (0, 1)), mine.start - 1}:
            for alternative in one.moldables:
                stop = moment + alternative.walltime
                if moment < earliest or stop >= mine.stop:
                    continue
                busy = 0
                for p in before:
                    if p.start < stop + margin and moment < p.stop + margin:
                        busy |= mask_of(p.resources)
                assert not choose_all(pickers.of(alternative), ~busy), (one.name, moment - NOW)
        before.append(mine)


@given(plain())
@RELAXED
def test_a_later_job_changes_nothing_for_those_before_it(case: Case) -> None:
    here, standing = case
    waiting = all_waiting(case)
    whole = plan(here, standing, waiting)
    for number in range(len(waiting)):
        first = waiting[:number]
        assert plan(here, standing, first) == {job.name: whole[job.name] for job in first if job.name in whole}
