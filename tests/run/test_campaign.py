"""Which cases a run has, and what becomes of them where lanes, databases or the engine fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from harness.compare.judge import judge_run
from harness.model.fault import ExitCode, MachineFault
from harness.model.record import Kind
from harness.report.history import read_record
from harness.run.case import select_cases
from harness.run.events import Ended, Event, Planned
from harness.workload.identity import case_id
from harness.workload.scenario import parse_scenario
from tests.run.world import NATIVE, SCENARIO, BrokenWorkshop, arms, campaign, case

REFUSED = MachineFault("the service ended while starting", where="lane-server", detail="line 1\nno space left\n")
LOST = OperationalError("SELECT 1", {}, Exception("server closed the connection unexpectedly\n\tThis probably …"))


def scenario(title: str, kinds: str = '"plan", "live"') -> object:
    return parse_scenario(SCENARIO.format(title=title, kinds=kinds, more=""), title)


def test_a_case_for_each_kind_of_each_scenario_in_their_order() -> None:
    cases = select_cases([scenario("one"), scenario("two", '"live"')], case_id)  # type: ignore[list-item]
    assert [(each.title, each.kind) for each in cases] == [
        ("one", Kind.PLAN),
        ("one", Kind.LIVE),
        ("two", Kind.LIVE),
    ]
    assert len({each.id for each in cases}) == 3


def test_cases_are_wanted_by_the_beginning_of_their_id() -> None:
    scenarios = [scenario("one"), scenario("other"), scenario("two")]
    everything = select_cases(scenarios, case_id)  # type: ignore[arg-type]
    last = everything[-1]
    assert select_cases(scenarios, case_id, [last.id]) == [last]  # type: ignore[arg-type]
    found = select_cases(scenarios, case_id, ["o", "tw"])  # type: ignore[arg-type]
    assert found == everything
    assert select_cases(scenarios, case_id, ["one-"]) == everything[:2]  # type: ignore[arg-type]
    assert select_cases(scenarios, case_id, ["ne"]) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [Kind.LIVE, Kind.PLAN])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (REFUSED, "lane-server: the service ended while starting: no space left"),
        (LOST, "the database: server closed the connection unexpectedly"),
    ],
)
def test_a_lane_that_fails_is_recorded_and_the_run_goes_on(
    tmp_path: Path, kind: Kind, error: Exception, said: str
) -> None:
    told: list[Event] = []
    cases = [case("one", kind), case("two", kind)]
    record = campaign(BrokenWorkshop(error), tmp_path, *cases, told=told).run()
    assert [each.title for each in record.cases] == ["one", "two"], "also a case that nothing could be seen of"
    for each in record.cases:
        assert {seen.not_run for seen in each.observations.values()} == {said}
        assert list(each.observations) == [arm.id for arm in arms()]
    assert [event for event in told if isinstance(event, Planned)] == [Planned(4, 2, 2)]
    assert [event.outcome for event in told if isinstance(event, Ended)] == [said] * 4
    assert read_record(tmp_path) == record
    assert judge_run(record).exit_code == ExitCode.NOTHING_RAN


@pytest.mark.parametrize("kind", [Kind.LIVE, Kind.PLAN])
@pytest.mark.parametrize("error", [REFUSED, LOST])
def test_an_engine_that_is_gone_ends_the_run_and_leaves_a_record(
    tmp_path: Path, kind: Kind, error: Exception
) -> None:
    workshop = BrokenWorkshop(error, alive=False)
    with pytest.raises(MachineFault, match="the container engine is gone") as caught:
        campaign(workshop, tmp_path, case("one", kind), case("two", kind)).run()
    assert caught.value.exit_code == ExitCode.MACHINE
    assert "start it" in str(caught.value)
    assert read_record(tmp_path).cases == ()
    assert kind is Kind.PLAN or workshop.aborted, "lanes that others still use are ended"


def test_ctrl_c_ends_the_lanes_and_leaves_a_record_of_what_was_seen(tmp_path: Path) -> None:
    workshop = BrokenWorkshop(REFUSED, REFUSED, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        campaign(workshop, tmp_path, case("one"), case("two"), case("three")).run()
    assert workshop.aborted
    (seen,) = read_record(tmp_path).cases
    assert seen.title == "one"


def test_a_combination_that_a_scenario_is_not_for_is_not_tried(tmp_path: Path) -> None:
    workshop = BrokenWorkshop(REFUSED)
    only = case("one", more=f'only = ["{NATIVE}"]')
    record = campaign(workshop, tmp_path, only, case("two")).run()
    assert [list(each.observations) for each in record.cases] == [[NATIVE], [arm.id for arm in arms()]]
    assert len(set(workshop.names)) == len(workshop.names) == 3, "each lane has a name of its own"
