"""Differences alike in all but names and figures are one line."""

from __future__ import annotations

import dataclasses

from hypothesis import given

from harness.model.record import RunRecord
from harness.model.result import RunResult, Status
from harness.report.grouping import by_reference, known, not_run, worst
from tests.report import examples
from tests.report.strategies import judged_runs, whole_runs


def test_alike_across_jobs_cases_and_combinations_is_one_group() -> None:
    groups = worst(examples.whole_matrix())
    assert [group.label for group in groups] == ["invalid", "later"]
    later = groups[1]
    assert later.count == sum(c.status is Status.DIFFERS for c in examples.whole_matrix().cases)
    assert len(later.candidates) > 1
    assert "sweep[0]" in later.jobs


def test_known_and_harmless_ones_are_not_among_the_worst() -> None:
    assert [group.label for group in worst(examples.result())] == ["crash", "later"]
    assert [(group.known, group.count) for group in known(examples.result())] == [("KD-003", 1)]


def test_a_case_that_fails_as_a_whole_is_not_lost() -> None:
    case = dataclasses.replace(examples.result().cases[1], status=Status.INVALID, why="wide.starts-after: no")
    groups = worst(dataclasses.replace(examples.result(), cases=(case,)))
    assert [(group.label, group.why) for group in groups] == [("invalid", "wide.starts-after: no")]


def test_cases_that_did_not_run_are_counted_by_reason() -> None:
    groups = not_run(examples.whole_matrix())
    assert [group.why for group in groups] == ["the lane's PostgreSQL did not answer within 60 s"]
    assert len(groups[0].candidates) == groups[0].count


@whole_runs
@given(judged_runs())
def test_every_case_that_is_not_well_is_in_a_group(run: tuple[RunResult, RunRecord]) -> None:
    result = run[0]
    groups = [*worst(result), *by_reference(result), *not_run(result)]
    told = {(c, k) for g in groups for c in g.cases for k in g.candidates}
    for case in result.cases:
        if case.status not in (Status.AGREES, Status.KNOWN):
            assert (case.id, case.candidate) in told
