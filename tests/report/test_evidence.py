"""From a judged case back to its record: clocks of lanes, shared outcomes, crashes."""

from __future__ import annotations

import dataclasses

from procset import ProcSet

from harness.model.record import Observation
from harness.model.result import Status
from harness.model.schedule import Fate, Placement, Schedule
from harness.report.evidence import cases_of, crashes_of, shared_span
from tests.report import examples


def test_the_worst_case_comes_first_and_each_case_once() -> None:
    views = cases_of(examples.result(), examples.record())
    assert [view.id for view in views] == ["plan-backfill-3f2a91", "plan-alone-77c0de"]
    assert [outcome.status for outcome in views[0].outcomes] == [Status.CRASH, Status.DIFFERS, Status.KNOWN]


def test_candidates_of_one_outcome_share_it() -> None:
    (alone,) = cases_of(examples.result(), examples.record())[1:]
    assert [outcome.candidates for outcome in alone.outcomes] == [(examples.KAMELOT, examples.EXTERNAL, examples.KAO)]


def test_each_lane_counts_from_its_own_round() -> None:
    late = dataclasses.replace(examples.SITUATION, now=examples.NOW + 5000)
    moved = Placement(examples.NOW + 5060, examples.NOW + 5660, 0, ProcSet((5, 8)))
    schedule = Schedule({**examples.TRUSTED.fates, "short": Fate("Waiting", moved)})
    record = examples.record()
    case = record.cases[0]
    observations = {**case.observations, examples.KAMELOT: Observation(examples.KAMELOT, schedule, late)}
    case = dataclasses.replace(case, observations=observations)
    views = cases_of(examples.result(), dataclasses.replace(record, cases=(case,)))
    (row,) = (row for row in views[0].outcomes[1].rows if row.job == "short")
    assert row.reference is not None
    assert row.candidate is not None
    assert (row.reference.start, row.candidate.start) == (60, 60)


def test_the_span_of_several_lanes_holds_all_of_them() -> None:
    case = examples.record().cases[0]
    assert shared_span(case, case.observations.values()) == (-600, 7320)


def test_crashes_name_the_side_they_befell() -> None:
    crashed = next(c for c in examples.result().cases if c.status is Status.CRASH)
    assert [(side, crash.how) for side, crash in crashes_of(examples.record(), crashed)] == [("kao", "traceback")]
