from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from harness.fuzz.generate import Feature, Size, features_of, scenarios, stream
from harness.fuzz.shrink import Shrinker, smaller, weight
from harness.fuzz.shrink.fewer_placed_jobs import sound
from harness.model.record import Kind
from harness.oarsub.submission_parts import read_ask
from harness.workload.cluster_files import LIBRARY
from harness.workload.scenario import Scenario, load_scenario, parse_scenario
from harness.workload.scenario_dump import dump_scenario

Predicate = Callable[[Scenario], bool]
SHIPPED = sorted(
    path for path in (LIBRARY.parents[1] / "scenarios").rglob("*.toml") if Kind.PLAN in load_scenario(path).kinds
)
FEW = settings(
    max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.explicit]
)


def shares(scenario: Scenario) -> bool:
    """Two jobs, one of which is timesharing."""
    return len(scenario.jobs) > 1 and Feature.TIMESHARING in features_of(scenario)


def wide_and_dependent(scenario: Scenario) -> bool:
    """Some job asks for more than 2 of something, while another depends on something."""
    wide = any(
        level.count > 2
        for job in scenario.jobs
        for each in read_ask(job.submission).alternatives
        for group in each.groups
        for level in group.levels
    )
    return wide and Feature.DEPENDENCIES in features_of(scenario)


def runs_with_conf(scenario: Scenario) -> bool:
    """A job runs while another waits, the configuration is not the usual one, and a walltime is over 500 s."""
    return {Feature.RUNNING, Feature.CONF} <= features_of(scenario) and any(
        each.seconds > 500 for job in scenario.jobs for each in read_ask(job.submission).alternatives
    )


def contains(scenario: Scenario) -> bool:
    """A job runs in a container on a cluster with something down."""
    return any(job.submission.container for job in scenario.jobs) and Feature.DOWN in features_of(scenario)


CASES: list[tuple[Predicate, tuple[int, ...]]] = [
    (shares, (2, 1)),
    (wide_and_dependent, (2, 4)),
    (runs_with_conf, (2, 1)),
    (contains, (2, 2)),
]
"""Predicates, and the most jobs and resources that the result may have."""


@cache
def failing(predicate: Predicate) -> list[Scenario]:
    """Three scenarios that fail by a predicate."""
    wanted = {
        shares: {Feature.TIMESHARING},
        wide_and_dependent: {Feature.DEPENDENCIES, Feature.ARRAYS, Feature.HIERARCHY},
        runs_with_conf: {Feature.RUNNING, Feature.CONF, Feature.ACCEPTED},
        contains: {Feature.CONTAINER, Feature.DOWN, Feature.RUNNING},
    }[predicate]
    some = {Feature.PROPERTIES, Feature.MOLDABLE, Feature.USERS, Feature.BEST, Feature.LICENCES}
    pool = stream(1, Size(jobs=12), set(Feature) - wanted - some)
    return list(islice(filter(predicate, pool), 3))


def shrink(shrinker: Shrinker, predicate: Predicate, *, batch: int = 1) -> Scenario:
    while not shrinker.done:
        for candidate in shrinker.next_batch(batch):
            shrinker.report(candidate, predicate(candidate))
    return shrinker.best


@FEW
@given(scenarios(), st.integers(0, 10**6))
def test_candidates_are_less_valid_and_sound(scenario: Scenario, salt: int) -> None:
    found = list(smaller(scenario))
    assert len({dump_scenario(each) for each in found}) == len(found)
    assert all(weight(each) < weight(scenario) for each in found)
    for each in random.Random(salt).sample(found, min(20, len(found))):
        assert parse_scenario(dump_scenario(each)) == each
        assert sound(each)


def test_quotas_are_cut_to_what_matters() -> None:
    def limited(scenario: Scenario) -> bool:
        return any(quota.jobs >= 0 for quota in scenario.quotas) and "bob" in scenario.users

    others = {Feature.QUOTAS, Feature.USERS, Feature.QUEUES, Feature.PROJECTS}
    found = next(s for s in stream(1, Size(jobs=8), set(Feature) - others) if limited(s) and len(s.quotas) > 1)
    best = shrink(Shrinker(found), lambda s: any(quota.jobs >= 0 for quota in s.quotas))
    (quota,) = best.quotas
    assert (quota.key, quota.resources, quota.hours) == (("*", "*", "*", "*"), -1, -1)
    assert features_of(best) == {Feature.QUOTAS}


def test_what_is_generated_is_sound() -> None:
    assert all(map(sound, islice(stream(5), 150)))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_can_be_cut(path: Path) -> None:
    scenario = load_scenario(path)
    found = list(smaller(scenario))
    assert found
    assert all(weight(each) < weight(scenario) for each in found)


@pytest.mark.parametrize(("predicate", "most"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_ends_at_a_smallest_one(predicate: Predicate, most: tuple[int, int]) -> None:
    for scenario in failing(predicate):
        best = shrink(Shrinker(scenario), predicate)
        assert predicate(best)
        assert not any(map(predicate, smaller(best)))
        jobs = sum(job.submission.array for job in best.jobs)
        assert (jobs, len(best.cluster.resources)) <= most, dump_scenario(best)


def test_the_smallest_one_is_plain() -> None:
    best = shrink(Shrinker(failing(shares)[0]), shares)
    assert features_of(best) == {Feature.TIMESHARING}
    assert best.title == "fuzz: timesharing"
    assert [job.name for job in best.jobs] == ["job1", "job2"]
    assert {each.seconds for job in best.jobs for each in read_ask(job.submission).alternatives} == {60}


@pytest.mark.parametrize(("predicate", "_most"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_many_at_once_end_where_one_by_one_does(predicate: Predicate, _most: tuple[int, int]) -> None:
    scenario = failing(predicate)[0]
    alone = shrink(Shrinker(scenario), predicate)
    shrinker, dice, out = Shrinker(scenario), random.Random(7), list[Scenario]()
    while not shrinker.done:
        out += shrinker.next_batch(dice.randint(1, 3))
        dice.shuffle(out)
        for _ in range(dice.randint(0, len(out))):
            candidate = out.pop()
            shrinker.report(candidate, predicate(candidate))
    assert shrinker.best == alone


@FEW
@given(st.data())
def test_goes_on_after_an_interruption_to_the_same_end(data: st.DataObject) -> None:
    predicate, _ = data.draw(st.sampled_from(CASES))
    scenario = failing(predicate)[0]
    shrinker, steps = Shrinker(scenario), data.draw(st.integers(0, 60))
    for _ in range(steps):
        for candidate in shrinker.next_batch(2)[:1]:
            shrinker.report(candidate, predicate(candidate))
    resumed = Shrinker.load(shrinker.dump())
    assert resumed.best == shrinker.best
    assert shrink(resumed, predicate) == shrink(Shrinker(scenario), predicate)


def test_what_was_tried_is_not_tried_again() -> None:
    scenario = failing(shares)[0]
    shrinker = Shrinker(scenario)
    best = shrink(shrinker, shares)
    again = Shrinker.load(shrinker.dump())
    assert again.next_batch(5) == []
    assert again.done
    assert again.best == best


def test_a_state_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not the state"):
        Shrinker.load(json.dumps({"tried": []}))


DOWN = """
title = "t"
[cluster]
[[cluster.resource]]
node = "n1"
properties = { host = "n1", cpu = 1, core = 1, cpuset = "0" }
[[cluster.resource]]
node = "n1"
state = "Suspected"
properties = { host = "n1", cpu = 1, core = 2, cpuset = "1" }
[[cluster.resource]]
node = "odd"
properties = { host = "odd", cpu = 2, core = 7, cpuset = "0" }
[[job]]
name = "one"
user = "zoe"
submit = "oarsub -l /core=3 --notify mail:zoe cmd"
[[job]]
name = "two"
user = "zoe"
submit = "oarsub -a one -l /host=2/core=1,walltime=1 cmd"
[expect]
two.starts-after-end-of = "one"
one.resources = 3
"""


def test_a_file_by_hand_is_cut_too() -> None:
    best = shrink(Shrinker(parse_scenario(DOWN)), lambda each: Feature.DOWN in features_of(each))
    assert [row.state for row in best.cluster.resources] == ["Suspected"]
    assert len(best.jobs) == 1
    assert best.title == "t"
    assert "--notify" not in best.jobs[0].submission.line


def test_what_is_expected_of_jobs_that_are_left_stays() -> None:
    best = shrink(Shrinker(parse_scenario(DOWN)), lambda each: "one" in each.expect and len(each.jobs) == 1)
    assert best.expect == {"one": {"resources": 3}}
