"""Rule ``quota``: what binds whom, what is passed, and that a schedule made under quotas is never blamed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from procset import ProcSet

from harness.compare import validate
from harness.compare.quota_rules import QuotaRules, counts
from harness.model.job import Job
from harness.model.quota import Quota
from harness.model.schedule import Fate, Placement, Schedule, Situation
from tests.compare.making import HOUR, NOW, cluster, job, place, situation

CORES = cluster("8 nodes x 1 cpus x 4 cores")
Made = tuple[Situation, Schedule]


def binding(one: Job, *quotas: Quota) -> list[tuple[str, ...]]:
    return [quota.key for quota, _ in QuotaRules(quotas).binding(one)]


def limit(*key: str) -> Quota:
    return Quota(*key, resources=1)


ANN = job("a", user="ann", project="p", queue="q", types=("besteffort", "timesharing=user,*"))


@pytest.mark.parametrize(
    ("quotas", "bind"),
    [
        (["* * * *", "* * * /"], ["* * * *", "* * * /"]),
        (["* * * *", "* * * /", "* * * ann"], ["* * * ann"]),
        (["* * * *", "* * * bob"], ["* * * *"]),
        (["* * * *", "* * besteffort *"], ["* * besteffort *"]),
        (["* * * *", "* * timesharing *", "* * besteffort /"], ["* * timesharing *", "* * besteffort /"]),
        (["* * * *", "* * deploy *"], ["* * * *"]),
        (["* * * ann", "* p * *", "* / * *"], ["* p * *"]),
        (["* * * ann", "* p * bob"], ["* * * ann"]),
        (["* * * ann", "/ * * ann", "q * * *"], ["q * * *"]),
        (["* * * ann", "q * * bob"], ["* * * ann"]),
        (["/ / * /", "* / besteffort *"], ["/ / * /", "* / besteffort *"]),
    ],
)
def test_the_narrowest_binds(quotas: list[str], bind: list[str]) -> None:
    assert [" ".join(key) for key in binding(ANN, *(limit(*q.split()) for q in quotas))] == bind


def test_no_limit_binds_nobody_but_does_away_with_wider_ones() -> None:
    assert binding(ANN, limit(), Quota(user="ann")) == []


def test_each_by_itself() -> None:
    ((_, counter),) = QuotaRules([limit("/", "/", "*", "/")]).binding(ANN)
    assert counter == ("q", "p", "*", "ann")
    assert counts(ANN, counter)
    assert not counts(replace(ANN, user="bob"), counter)


def blamed(
    quotas: list[Quota], *jobs: tuple[Job, Placement], conf: dict[str, str] | None = None, before: str = "Running"
) -> set[str]:
    here = replace(situation(*(j for j, _ in jobs), resources=CORES, conf=conf), quotas=tuple(quotas))
    fates = {j.name: Fate(before if p.start < NOW else "Waiting", p) for j, p in jobs}
    return {v.jobs[0] for v in validate(here, Schedule(fates)) if v.rule == "quota"}


def one(name: str, first: int, size: int = 1, start: int = 0, walltime: int = HOUR, **more: object) -> tuple:
    asked = job(name, f"core={size}", walltime=walltime, user=more.pop("user", "ann"), **more)
    return asked, place(ProcSet((first, first + size - 1)), start, walltime)


def test_each_of_the_limits() -> None:
    two = one("a", 1, 2), one("b", 5, 2)
    assert blamed([Quota(resources=4)], *two) == set()
    assert len(blamed([Quota(resources=3)], *two)) == 1
    assert blamed([Quota(jobs=2)], *two) == set()
    assert len(blamed([Quota(jobs=1)], *two)) == 1
    assert blamed([Quota(hours=4)], *two) == set()
    assert len(blamed([Quota(hours=3.9)], *two)) == 1


def test_only_what_runs_at_the_same_time() -> None:
    assert blamed([Quota(jobs=1)], one("a", 1), one("b", 5, start=HOUR)) == set()
    assert blamed([Quota(jobs=1)], one("a", 1), one("b", 5, start=HOUR - 1)) == {"b"}


def test_resource_hours_are_those_still_to_run() -> None:
    assert blamed([Quota(hours=1.5)], one("a", 1), one("b", 5, start=HOUR // 2)) == set()
    assert blamed([Quota(hours=1.4)], one("a", 1), one("b", 5, start=HOUR // 2)) == {"b"}


def test_resource_hours_of_those_that_ended_are_given_back() -> None:
    row = one("a", 1), one("b", 5, 2, start=HOUR), one("c", 9, start=3 * HOUR)
    assert blamed([Quota(hours=2)], *row) == set()
    assert blamed([Quota(hours=1)], *row) == {"b"}


def test_resource_hours_are_exact_for_long_jobs() -> None:
    long = one("a", 1, walltime=100 * HOUR)
    assert blamed([Quota(hours=100)], long) == set()
    assert blamed([Quota(hours=99.99)], long) == {"a"}


def test_nought_lets_nobody_start_and_less_is_no_limit() -> None:
    for limit_ in ("resources", "jobs", "hours"):
        assert blamed([Quota(**{limit_: 0})], one("a", 1)) == {"a"}
        assert blamed([Quota(**{limit_: -1})], one("a", 1)) == set()
    assert blamed([Quota(hours=0.5)], one("a", 1)) == {"a"}


def test_it_says_what_is_in_use_of_which_quota() -> None:
    quota = Quota(user="/", jobs=1)
    (a, at_a), (b, at_b) = one("a", 1, 2), one("b", 5, start=HOUR // 2)
    here = replace(situation(a, b, resources=CORES), quotas=(quota,))
    (found,) = validate(here, Schedule({"a": Fate("Waiting", at_a), "b": Fate("Waiting", at_b)}))
    assert (found.rule, found.jobs) == ("quota", ("b",))
    assert found.why == f"starts at 15:36:40, where [3, 2, 2] are in use of the quota {quota}"


def test_what_runs_already_counts_but_is_not_blamed() -> None:
    assert blamed([Quota(jobs=1)], one("r", 1, start=-60), one("b", 5)) == {"b"}
    assert blamed([Quota(jobs=0)], one("r", 1, start=-60)) == set()
    bob = Quota(user="bob")
    assert blamed([Quota(jobs=1), bob], one("r", 1, start=-60, user="bob"), one("b", 5)) == {"b"}
    assert blamed([Quota(jobs=1), bob], one("r", 1, user="bob"), one("b", 5)) == set()


def test_who_does_not_count() -> None:
    quota = [Quota(jobs=1)]
    assert blamed(quota, one("a", 1), one("c", 5, types=("container",))) == set()
    assert blamed(quota, one("a", 1), one("r", 5, start=1, reservation=NOW + 1)) == set()
    running = one("k", 5, start=-60, types=("besteffort",), queue="besteffort")
    assert blamed(quota, one("a", 1), running) == set()
    assert blamed(quota, one("a", 1, types=("besteffort",), queue="besteffort"), running) == {"a"}
    assert blamed([Quota(user="/", jobs=1)], one("a", 1), one("b", 5, user="bob")) == set()


def test_who_does_not_count_keeps_nobody_from_being_counted() -> None:
    two = one("a", 1), one("b", 5)
    assert blamed([Quota(jobs=1)], one("0box", 9, types=("container",)), *two) == {"b"}
    assert blamed([Quota(jobs=1)], one("0best", 9, start=-60, types=("besteffort",)), *two) == {"b"}


@pytest.mark.parametrize(("state", "counted"), [("Running", True), ("Suspended", False), ("Resuming", False)])
def test_suspended_jobs_are_left_out(state: str, counted: bool) -> None:
    found = blamed([Quota(jobs=1)], one("0", 1, start=-60), one("b", 5), before=state)
    assert found == ({"b"} if counted else set())


def test_who_is_there_for_no_time_takes_nothing() -> None:
    assert blamed([Quota(jobs=1)], one("a", 1), one("b", 5, walltime=0)) == set()


@pytest.mark.parametrize(
    ("conf", "grant"),
    [
        ({}, 240),
        ({"SCHEDULER_JOB_SECURITY_TIME": "100"}, 200),
        ({"SCHEDULER_BESTEFFORT_KILL_DURATION_BEFORE_RESERVATION": "500"}, 440),
    ],
)
def test_best_effort_that_waits_counts_as_long_as_it_is_granted(conf: dict[str, str], grant: int) -> None:
    best = {"types": ("besteffort",), "queue": "besteffort"}
    for start, found in ((grant, set()), (grant - 1, {"b"})):
        assert blamed([Quota(jobs=1)], one("a", 1, **best), one("b", 5, start=start, **best), conf=conf) == found
    after = one("b", 5, start=grant, **best)
    assert blamed([Quota(jobs=1)], one("a", 1, start=-10, **best), after, conf=conf) == {"b"}
    assert blamed([Quota(jobs=1)], one("a", 1, queue="besteffort"), after, conf=conf) == {"b"}


def test_only_resources_of_type_default_count() -> None:
    resources = tuple(replace(r, type="licence") if r.id > 16 else r for r in CORES)
    a, place_a = one("a", 1, 2)
    b, place_b = one("b", 17, 2)
    here = replace(situation(a, b, resources=resources), quotas=(Quota(resources=2),))
    assert validate(here, Schedule({"a": Fate("Waiting", place_a), "b": Fate("Waiting", place_b)})) == ()


WORDS = {"queue": ["q", "r"], "project": ["p", "s"], "type": ["noop", "deploy"], "user": ["ann", "bob"]}


@st.composite
def under_quotas(draw: st.DrawFn) -> Made:
    """A plan made job by job, in any order, each where OAR2's check lets it be; resources are plenty."""
    limits = st.sampled_from([-1, -1, 1, 2, 4])
    words = [st.sampled_from([*own, "*", *(["/"] if name != "type" else [])]) for name, own in WORDS.items()]
    quotas = draw(st.lists(st.builds(Quota, *words, limits, limits, limits), min_size=1, max_size=5))
    rules = QuotaRules(quotas)
    jobs, placed, running = [], [], draw(st.integers(0, 2))
    for number in range(draw(st.integers(1, 8))):
        size, walltime = draw(st.integers(1, 4)), draw(st.sampled_from([HOUR // 2, HOUR, 2 * HOUR]))
        word = {name: draw(st.sampled_from(own)) for name, own in WORDS.items()}
        types = (word.pop("type"),)
        new, spot = one(f"j{number}", 4 * number + 1, size, 0, walltime, types=types, **word)
        jobs.append(new)
        standing = number < running
        starts = {NOW, *(p.stop for _, p in placed)}
        for start in [NOW - 60] if standing else sorted(s for s in starts if s >= NOW):
            stop = start + walltime
            moments = {start, *(p.start for _, p in placed if start <= p.start < stop)}
            if standing or all(_fits(rules, new, size, walltime, moment, placed) for moment in moments):
                placed.append((new, Placement(start, stop, 0, spot.resources)))
                break
    here = replace(situation(*jobs, resources=CORES), quotas=tuple(quotas))
    fates = {new.name: Fate("Running" if p.start < NOW else "Waiting", p) for new, p in placed}
    return here, Schedule(fates)


def _fits(
    rules: QuotaRules, new: Job, size: int, walltime: int, moment: int, placed: list[tuple[Job, Placement]]
) -> bool:
    for quota, counter in rules.binding(new):
        here = [p for j, p in placed if counts(j, counter) and p.start <= moment < p.stop]
        resources = size + sum(len(p.resources) for p in here)
        hours = (size * walltime + sum(len(p.resources) * (p.stop - moment) for p in here)) / HOUR
        used = (resources, 1 + len(here), hours)
        if any(0 <= most < so_many for most, so_many in zip(_limits(quota), used, strict=True)):
            return False
    return True


def _limits(quota: Quota) -> tuple[float, float, float]:
    return quota.resources, quota.jobs, quota.hours


RELAXED = settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@given(under_quotas())
@RELAXED
def test_a_plan_made_under_quotas_is_never_blamed(made: Made) -> None:
    assert validate(*made) == ()


@given(under_quotas(), st.data())
@RELAXED
def test_a_quota_passed_is_always_found_and_nothing_else(made: Made, data: st.DataObject) -> None:
    """As many twins of a job as pass a quota that binds it; resources beyond those there were."""
    here, plan = made
    rules = QuotaRules(here.quotas)
    bound = [j for j in here.jobs if rules.binding(j) and (f := plan.fates.get(j.name)) and f.state == "Waiting"]
    if not bound:
        return
    model = data.draw(st.sampled_from(bound))
    where = plan.fates[model.name].placement
    assert where is not None
    more = cluster("40 nodes x 1 cpus x 4 cores")
    twins = [replace(model, name=f"twin{n}", id=900 + n) for n in range(8)]
    spots = [ProcSet((41 + 4 * n, 40 + 4 * n + len(where.resources))) for n in range(8)]
    fates = {t.name: Fate("Waiting", replace(where, resources=s)) for t, s in zip(twins, spots, strict=True)}
    wider = replace(here, resources=more, jobs=(*here.jobs, *twins))
    assert {v.rule for v in validate(wider, Schedule({**plan.fates, **fates}))} == {"quota"}
