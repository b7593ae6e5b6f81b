from __future__ import annotations

import time
from collections import Counter
from itertools import islice, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.compare.catalogue import Catalogue
from harness.compare.sets import mask_of
from harness.compare.validate.hierarchy import RequestTrees
from harness.fuzz.generate import Feature, Size, features_of, parse_features, scenarios, stream
from harness.model.schedule import Situation
from harness.oarsub.submission_parts import read_ask
from harness.workload.scenario import Scenario, parse_scenario
from harness.workload.scenario_dump import dump_scenario
from tests.fuzz.generate.oracle import rows, wrongs

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ANY = scenarios()


@FEW
@given(ANY)
def test_is_read_back_as_the_same(scenario: Scenario) -> None:
    assert parse_scenario(dump_scenario(scenario)) == scenario


@FEW
@given(ANY)
def test_lines_survive_being_taken_apart(scenario: Scenario) -> None:
    for job in scenario.jobs:
        assert read_ask(job.submission).submission() == job.submission


@FEW
@given(ANY)
def test_stays_within_its_size(scenario: Scenario) -> None:
    assert 1 <= sum(job.submission.array for job in scenario.jobs) <= 20
    assert 1 <= len(scenario.cluster.nodes) <= 8
    assert sum(bool(row.node) for row in scenario.cluster.resources) <= 64


@given(scenarios(Size(jobs=1, nodes=1, resources=1)))
@FEW
def test_can_be_as_small_as_can_be(scenario: Scenario) -> None:
    assert len(scenario.jobs) == len(scenario.cluster.nodes) == 1


@FEW
@given(ANY)
def test_jobs_are_submitted_one_after_the_other(scenario: Scenario) -> None:
    ats = [job.at for job in scenario.jobs]
    assert all(one < other for one, other in pairwise(ats))


@settings(FEW, max_examples=80)
@given(scenarios(without={Feature.IMPOSSIBLE, Feature.CONTAINER}))
def test_every_job_fits_the_cluster(scenario: Scenario) -> None:
    situation = Situation(0, scenario.cluster.resources, scenario.cluster.hierarchy, tuple(rows(scenario)))
    requests = RequestTrees(Catalogue(situation))
    for job in situation.jobs:
        for moldable in job.moldables:
            for part in moldable.groups:
                tree = requests._tree(part)
                living = [i for i in part.eligible if Catalogue(situation).by_id[i].state != "Dead"]
                assert tree.bounds(mask_of(living)) is not None, (job.name, str(tree))


@settings(FEW, max_examples=90)
@given(scenarios(without=set(Feature) - {Feature.RUNNING, Feature.ACCEPTED, Feature.CONTAINER, Feature.TIMESHARING}))
def test_what_stands_is_a_valid_assignment(scenario: Scenario) -> None:
    assert wrongs(scenario) == []


@settings(FEW, max_examples=90)
@given(ANY)
def test_what_stands_is_valid_among_all_features(scenario: Scenario) -> None:
    assert wrongs(scenario) == []


@FEW
@given(scenarios(without=set(Feature) - {Feature.RUNNING}))
def test_what_runs_is_not_over(scenario: Scenario) -> None:
    now = scenario.jobs[-1].at + 1
    for job in scenario.jobs:
        if job.started is not None:
            assert job.at <= job.started <= now < job.started + read_ask(job.submission).alternatives[0].seconds


@FEW
@given(st.data(), st.sets(st.sampled_from(list(Feature))))
def test_features_left_out_do_not_occur(data: st.DataObject, without: set[Feature]) -> None:
    assert not features_of(data.draw(scenarios(without=without))) & without


@pytest.mark.parametrize("feature", Feature)
def test_a_feature_alone_occurs_and_brings_no_other(feature: Feature) -> None:
    found = Counter(
        each
        for scenario in islice(stream(1, Size(jobs=8), set(Feature) - {feature}), 60)
        for each in features_of(scenario)
    )
    assert set(found) == {feature}


def test_all_together_each_occurs_often_enough() -> None:
    found = Counter(each for scenario in islice(stream(2), 200) for each in features_of(scenario))
    assert min(found[each] for each in Feature) >= 8


def test_a_stream_is_the_same_again_and_cheap() -> None:
    began = time.process_time()
    one = list(islice(stream(3), 150))
    assert time.process_time() - began < 150 * 0.03  # 4 ms each if nothing else runs
    assert one[:60] == list(islice(stream(3), 60))
    assert sum(a.cluster == b.cluster and a.jobs[0] == b.jobs[0] for a, b in pairwise(one)) < 5
    assert one[:20] != list(islice(stream(4), 20))


def test_names_of_features_are_read() -> None:
    assert parse_features("best, hold,") == {Feature.BEST, Feature.HOLD}
    with pytest.raises(ValueError, match=r"^besst$"):
        parse_features("best,besst")


def test_every_feature_says_what_it_is() -> None:
    assert all(each.meaning and "\n" not in each.meaning for each in Feature)
