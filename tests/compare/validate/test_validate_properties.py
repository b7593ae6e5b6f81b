"""Valid schedules are never blamed; one thing made wrong in them always is, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from procset import ProcSet

from harness.compare import validate
from harness.model.job import Job
from harness.model.schedule import Fate, Placement, Schedule, Situation
from tests.compare.making import NOW
from tests.compare.valid_schedules import valid

Wrong = tuple[Situation, Schedule]
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
RELAXED = settings(max_examples=40, suppress_health_check=SLOW, deadline=None)


@given(valid())
@settings(max_examples=150, suppress_health_check=SLOW, deadline=None)
def test_a_valid_plan_is_never_blamed(made: Wrong) -> None:
    assert validate(*made) == ()


@given(valid(timeline=True))
@RELAXED
def test_a_valid_timeline_is_never_blamed(made: Wrong) -> None:
    assert validate(*made, timeline=True) == ()


def with_job(made: Wrong, job: Job, fate: Fate | None = None) -> Wrong:
    here, plan = made
    jobs = tuple(job if j.name == job.name else j for j in here.jobs)
    if job.name not in {j.name for j in here.jobs}:
        jobs = (*jobs, job)
    fates = {**plan.fates, **({job.name: fate} if fate else {})}
    return replace(here, jobs=jobs), Schedule(fates)


def moved(made: Wrong, job: Job, **changes: object) -> Wrong:
    fate = made[1].fates[job.name]
    assert fate.placement is not None
    return with_job(made, job, replace(fate, placement=replace(fate.placement, **changes)))


def placement(made: Wrong, job: Job) -> Placement:
    found = made[1].fates[job.name].placement
    assert found is not None
    return found


def date(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


def twice(made: Wrong, job: Job, _: st.DataObject) -> Wrong:
    return with_job(made, replace(job, name="twin", id=999, after=()), made[1].fates[job.name])


def not_eligible(made: Wrong, job: Job, data: st.DataObject) -> Wrong:
    place = placement(made, job)
    lost = ProcSet(data.draw(st.sampled_from(list(place.resources))))
    chosen = job.moldables[place.moldable]
    groups = tuple(replace(g, eligible=g.eligible - lost) for g in chosen.groups)
    moldables = tuple(replace(m, groups=groups) if m is chosen else m for m in job.moldables)
    return with_job(made, replace(job, moldables=moldables))


def unknown(made: Wrong, job: Job, _: st.DataObject) -> Wrong:
    return moved(made, job, resources=placement(made, job).resources | ProcSet(999))


def nothing(made: Wrong, job: Job, _: st.DataObject) -> Wrong:
    return moved(made, job, resources=ProcSet())


def asleep(made: Wrong, job: Job, data: st.DataObject) -> Wrong:
    lost = data.draw(st.sampled_from(list(placement(made, job).resources)))
    state = data.draw(st.sampled_from(["Absent", "Suspected", "Dead"]))
    here, plan = made
    resources = tuple(replace(r, state=state) if r.id == lost else r for r in here.resources)
    return replace(here, resources=resources), plan


def too_few(made: Wrong, job: Job, data: st.DataObject) -> Wrong:
    place = placement(made, job)
    levels = [level for g in job.moldables[place.moldable].groups for level in g.levels]
    assume(all(level.count > 0 for level in levels) and len(place.resources) > 1)
    return moved(made, job, resources=place.resources - ProcSet(data.draw(st.sampled_from(list(place.resources)))))


def too_many(made: Wrong, job: Job, _: st.DataObject) -> Wrong:
    here, plan = made
    place = placement(made, job)
    levels = [level for g in job.moldables[place.moldable].groups for level in g.levels]
    assume(all(level.count > 0 for level in levels))
    taken = [f.placement.resources for f in plan.fates.values() if f.placement]
    others = ProcSet(*(r.id for r in here.resources if r.state == "Alive")) - ProcSet().union(*taken)
    assume(others)
    return moved(made, job, resources=place.resources | ProcSet(min(others)))


def too_short(made: Wrong, job: Job, _: st.DataObject) -> Wrong:
    return moved(made, job, stop=placement(made, job).stop - 1)


def no_alternative(made: Wrong, job: Job, data: st.DataObject) -> Wrong:
    return moved(made, job, moldable=data.draw(st.sampled_from([-1, len(job.moldables)])))


def submitted_later(made: Wrong, job: Job, data: st.DataObject) -> Wrong:
    return with_job(made, replace(job, submitted=placement(made, job).start + data.draw(st.integers(1, 100))))


def postponed(made: Wrong, job: Job, _: st.DataObject) -> Wrong:
    return with_job(made, replace(job, types=(*job.types, f"postpone={date(placement(made, job).start + 1)}")))


def past_deadline(made: Wrong, job: Job, _: st.DataObject) -> Wrong:
    return with_job(made, replace(job, types=(*job.types, f"deadline={date(placement(made, job).stop - 1)}")))


def expired(made: Wrong, job: Job, _: st.DataObject) -> Wrong:
    return with_job(made, replace(job, types=(*job.types, f"expire={date(NOW - 1)}")))


def reserved_earlier(made: Wrong, job: Job, data: st.DataObject) -> Wrong:
    start = placement(made, job).start
    assume(start > NOW + 1)
    return with_job(made, replace(job, reservation=start - data.draw(st.integers(1, start - NOW - 1))))


def reserved_later(made: Wrong, job: Job, data: st.DataObject) -> Wrong:
    return with_job(made, replace(job, reservation=placement(made, job).start + data.draw(st.integers(1, 100))))


def depends(made: Wrong, job: Job, data: st.DataObject) -> Wrong:
    start = placement(made, job).start
    running = [n for n, f in made[1].fates.items() if n != job.name and f.placement and f.placement.stop > start]
    assume(running)
    return with_job(made, replace(job, after=(data.draw(st.sampled_from(running)),)))


def depends_on_the_unplaced(made: Wrong, job: Job, data: st.DataObject) -> Wrong:
    waiting = [n for n, f in made[1].fates.items() if not f.placement]
    assume(waiting)
    return with_job(made, replace(job, after=(data.draw(st.sampled_from(waiting)),)))


def outside(made: Wrong, job: Job, data: st.DataObject) -> Wrong:
    place = placement(made, job)
    frames = [
        j
        for j in made[0].jobs
        if j.name != job.name
        and (f := made[1].fates[j.name].placement) is not None
        and not (place.resources <= f.resources and f.start <= place.start and place.stop <= f.stop)
    ]
    assume(frames)
    return with_job(made, replace(job, types=(f"inner={data.draw(st.sampled_from(frames)).id}",)))


@pytest.mark.parametrize(
    ("break_it", "rule"),
    [
        (twice, "overlap"),
        (not_eligible, "eligible"),
        (unknown, "eligible"),
        (nothing, "eligible"),
        (asleep, "state"),
        (too_few, "hierarchy"),
        (too_many, "hierarchy"),
        (too_short, "walltime"),
        (no_alternative, "moldable"),
        (submitted_later, "submission"),
        (postponed, "postpone"),
        (past_deadline, "deadline"),
        (expired, "expire"),
        (reserved_earlier, "reservation"),
        (reserved_later, "reservation"),
        (depends, "dependency"),
        (depends_on_the_unplaced, "dependency"),
        (outside, "container"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@given(made=valid(), data=st.data())
@RELAXED
def test_one_fault_is_always_found_and_nothing_else(
    break_it: Callable[[Wrong, Job, st.DataObject], Wrong], rule: str, made: Wrong, data: st.DataObject
) -> None:
    here, plan = made
    plain = [j for j in here.jobs if not j.types and j.reservation is None and plan.fates[j.name].placement]
    assume(plain)
    here, plan = break_it(made, data.draw(st.sampled_from(plain)), data)
    assert {v.rule for v in validate(here, plan)} == {rule}
