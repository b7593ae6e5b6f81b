"""Which cases a run has, and what becomes of them if lanes, databases or the engine fail."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

import harness.run.recorder
from harness.compare.judge import judge_case, judge_run
from harness.engine import ending
from harness.model.fault import ExitCode, LostServer, MachineFault
from harness.model.record import Crash, Kind, Observation, RunRecord, RunState
from harness.model.schedule import Schedule
from harness.run.case import Case, select_cases
from harness.run.columns import Column
from harness.run.events import Event, ObservationEnded, ObservationStarted, Planned, Stage
from harness.run.in_parallel import record
from harness.run.recorder import Recorder
from harness.store.history import read_record
from harness.workload.case_ids import case_id
from harness.workload.scenario import parse_scenario
from tests.run.broken_provisioner import NATIVE, SCENARIO, BrokenProvisioner, campaign, case, columns

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
    events: list[Event] = []
    cases = [case("one", kind), case("two", kind)]
    recorded = campaign(BrokenProvisioner(error), tmp_path, *cases, events=events).run()
    assert [each.title for each in recorded.cases] == ["one", "two"], "also a case that nothing could be seen of"
    for each in recorded.cases:
        assert {seen.not_run for seen in each.observations.values()} == {said}
        assert list(each.observations) == [column.id for column in columns()]
    assert [event for event in events if isinstance(event, Planned)] == [Planned(4, 2, 2)]
    assert [event.outcome for event in events if isinstance(event, ObservationEnded)] == [said] * 4
    assert read_record(tmp_path) == recorded
    assert judge_run(recorded).exit_code == ExitCode.NOTHING_RAN


@pytest.mark.parametrize("kind", [Kind.LIVE, Kind.PLAN])
@pytest.mark.parametrize("error", [REFUSED, LOST])
def test_an_engine_that_is_gone_ends_the_run_and_leaves_a_record(
    tmp_path: Path, kind: Kind, error: Exception
) -> None:
    provisioner = BrokenProvisioner(error, alive=False)
    with pytest.raises(MachineFault, match="the container engine is gone") as caught:
        campaign(provisioner, tmp_path, case("one", kind), case("two", kind)).run()
    assert caught.value.exit_code == ExitCode.MACHINE
    assert "start it" in str(caught.value)
    assert read_record(tmp_path).cases == ()
    assert kind is Kind.PLAN or provisioner.aborted, "lanes that others still use are ended"


def test_ctrl_c_ends_the_lanes_and_leaves_a_record_of_what_was_seen(tmp_path: Path) -> None:
    provisioner = BrokenProvisioner(REFUSED, REFUSED, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        campaign(provisioner, tmp_path, case("one"), case("two"), case("three")).run()
    assert provisioner.aborted
    (seen,) = read_record(tmp_path).cases
    assert seen.title == "one"


def test_a_combination_that_a_scenario_is_not_for_is_not_tried(tmp_path: Path) -> None:
    provisioner = BrokenProvisioner(REFUSED)
    only = case("one", more=f'only = ["{NATIVE}"]')
    recorded = campaign(provisioner, tmp_path, only, case("two")).run()
    assert [list(each.observations) for each in recorded.cases] == [[NATIVE], [column.id for column in columns()]]
    assert len(set(provisioner.names)) == len(provisioner.names) == 3, "each lane has a name of its own"


def observed(*answers: Observation | Exception) -> tuple[Callable[[Case, Column], Observation], list[str]]:
    """An observer that gives, or raises, these one after another; and the columns that it was asked for."""
    left, asked = list(answers), []

    def observe(_: Case, column: Column) -> Observation:
        asked.append(column.id)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return observe, asked


BROKEN = LostServer("trouble of the machine: PostgreSQL does not answer", where="lane-server")
WELL = Observation(NATIVE, Schedule({}))


@pytest.mark.parametrize(
    ("answers", "not_run", "again", "times"),
    [
        ((WELL,), "", "", 1),
        ((BROKEN, WELL), "", f"{BROKEN}", 2),
        ((BROKEN, BROKEN), f"{BROKEN}; the first time: {BROKEN}", f"{BROKEN}", 2),
        ((BROKEN, REFUSED), f"{REFUSED}: no space left; the first time: {BROKEN}", f"{BROKEN}", 2),
        ((REFUSED,), f"{REFUSED}: no space left", "", 1),
    ],
    ids=["well", "lost once", "lost twice", "lost and refused", "refused"],
)
def test_what_was_lost_with_its_server_is_observed_once_more_and_says_so(
    tmp_path: Path, answers: tuple[Observation | Exception, ...], not_run: str, again: str, times: int
) -> None:
    events: list[Event] = []
    recorder = Recorder(columns(NATIVE), tmp_path, events.append)
    each = case("one", Kind.LIVE)
    observe, asked = observed(*answers)
    record(BrokenProvisioner(REFUSED), recorder, each, columns(NATIVE)[0], observe)
    (seen,) = recorder.record(each).observations.values()
    assert (seen.not_run, seen.again, len(asked)) == (not_run, again, times)
    assert seen.crashes == ()
    lost = [event.text for event in events if isinstance(event, Stage)]
    assert [str(BROKEN) in text for text in lost] == [True] * (times - 1)
    if not not_run and again:
        notes = judge_case(recorder.record(each), NATIVE).notes
        assert any(str(BROKEN) in note for note in notes), "every report says so"


def test_what_a_signal_cut_short_is_not_recorded_as_anything(tmp_path: Path) -> None:
    recorder = Recorder(columns(NATIVE), tmp_path, lambda _: None)
    each = case("one", Kind.LIVE)
    observe, asked = observed(REFUSED)

    def signalled(which: Case, column: Column) -> Observation:
        ending.begin()
        return observe(which, column)

    with pytest.raises(ending.Ended):
        record(BrokenProvisioner(REFUSED), recorder, each, columns(NATIVE)[0], signalled)
    assert recorder.seen(each) == {}
    with pytest.raises(ending.Ended):
        record(BrokenProvisioner(REFUSED), recorder, each, columns(NATIVE)[0], observe)
    assert len(asked) == 1, "nothing new is begun"


def test_what_is_asked_for_is_written_before_the_first_case(tmp_path: Path) -> None:
    """As after kill -9: nothing gets to write anything more."""
    seen: list[RunRecord] = []
    cases = [case("one"), case("two", more=f'only = ["{NATIVE}"]')]

    def killed(event: Event) -> None:
        if isinstance(event, ObservationStarted):
            seen.append(read_record(tmp_path))
            raise KeyboardInterrupt

    run = campaign(BrokenProvisioner(REFUSED), tmp_path, *cases)
    run.recorder._notify = killed
    with pytest.raises(KeyboardInterrupt):
        run.run()
    (first,) = seen
    assert (first.state, first.cases) == (RunState.RUNNING, ())
    assert [(each.title, each.combinations) for each in first.asked] == [
        ("one", tuple(column.id for column in columns())),
        ("two", (NATIVE,)),
    ]
    result = judge_run(first)
    assert (result.exit_code, len(result.cases)) == (ExitCode.INCONCLUSIVE, 3)


@pytest.mark.parametrize("kind", [Kind.LIVE, Kind.PLAN])
def test_a_folder_that_is_taken_away_ends_the_run(tmp_path: Path, kind: Kind) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    provisioner = BrokenProvisioner(REFUSED)

    def remove(event: Event) -> None:
        if isinstance(event, ObservationEnded):
            shutil.rmtree(folder, ignore_errors=True)

    run = campaign(provisioner, folder, case("one", kind), case("two", kind))
    run.recorder._notify = remove
    with pytest.raises(MachineFault, match="was removed while the run wrote to it") as caught:
        run.run()
    assert caught.value.exit_code == ExitCode.MACHINE
    assert not (folder / "run.json").exists(), "it is not made again"


@pytest.mark.parametrize("kind", [Kind.LIVE, Kind.PLAN])
def test_a_full_disk_ends_the_run(tmp_path: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if it is full for the last observation alone, and has room again for the record's end."""
    full = MachineFault("cannot write it: No space left on device", where="case.json")
    calls = iter((None, None, None, full, *[None] * 99))

    def write(*_: object) -> None:
        if fault := next(calls):
            raise fault

    monkeypatch.setattr(harness.run.recorder, "write_case", write)
    with pytest.raises(MachineFault, match="No space left"):
        campaign(BrokenProvisioner(REFUSED), tmp_path, case("one", kind), case("two", kind)).run()
    assert read_record(tmp_path).state is RunState.RUNNING


def test_what_is_seen_while_a_run_is_being_ended_is_no_observation(tmp_path: Path) -> None:
    provisioner = BrokenProvisioner(REFUSED)
    run = campaign(provisioner, tmp_path, case("one"))
    provisioner.abort()
    only = run.assignment.cases[0]
    with pytest.raises(InterruptedError):
        run.recorder.keep(only, columns()[0], Observation(NATIVE, crashes=(Crash("Almighty", "it stopped"),)))
    assert run.recorder.seen(only) == {}
