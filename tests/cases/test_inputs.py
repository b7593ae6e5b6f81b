"""Scenario files on which the harness was wrong itself: keys that are its own, one beginning, levels of any type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.cli import cli
from harness.model.fault import ConfigurationFault, ExitCode
from harness.model.record import Missing
from harness.model.result import CaseResult, Status
from harness.oar3.copies import find
from harness.run.execute import FinishedRun, execute
from harness.run.run_request import RunRequest
from harness.workload.scenario import load_scenario

CASES = Path(__file__).parent
PLAIN = "oar_meta_sched+oar_sched_gantt_with_timesharing"
COLUMNS = (PLAIN, "oar_meta_sched+kamelot", "kao")
RUN = (
    "two-beginnings",
    "level-of-another-type",
    "conf-log-level",
    "conf-log-format",
    "conf-log-level-high",
    "conf-no-number",
)


def test_a_key_of_the_harness_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    file = CASES / "conf-database.toml"
    done = CliRunner().invoke(cli, ["run", "--scenario", str(file), "--reports", str(tmp_path / "reports")])
    assert isinstance(done.exception, ConfigurationFault)
    assert done.exception.exit_code == ExitCode.CONFIGURATION == 4
    assert str(done.exception) == (
        f"{file}:5: [conf] DB_HOSTNAME belongs to the harness: each lane has a database of its own, with passwords of"
        " its own — remove it"
    )
    assert not (tmp_path / "reports").exists()


def test_list_warns_of_a_key_that_nobody_reads(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('title = "t"\ncluster = "1 node"\nscenarios = ["a.toml"]\n')
    (tmp_path / "a.toml").write_text((CASES / "conf-no-number.toml").read_text())
    done = CliRunner().invoke(cli, ["list", "--site", str(tmp_path)])
    assert done.exit_code == 0
    (warning,) = [line for line in done.output.splitlines() if line.startswith("warning: ")]
    assert warning == (
        "warning: a.toml:6: [conf] SCHEDULER_TIMEUOT: neither OAR2 nor OAR3 reads it"
        " — did you mean SCHEDULER_TIMEOUT?"
    )


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """One run of them all on real servers."""
    if isinstance(found := find(), Missing):
        pytest.skip(f"no OAR3: {found.why}")
    request = RunRequest(
        combinations=COLUMNS,
        files=tuple(CASES / f"{name}.toml" for name in RUN),
        reports=tmp_path_factory.mktemp("reports"),
    )
    return execute(request, lambda _: None)


def judged(outcome: FinishedRun, name: str) -> dict[str, CaseResult]:
    title = load_scenario(CASES / f"{name}.toml").title
    found = {case.candidate: case for case in outcome.result.cases if case.title == title}
    assert set(COLUMNS) <= set(found)
    return found


@pytest.mark.engine
@pytest.mark.parametrize("name", ["two-beginnings", "level-of-another-type", "conf-log-level"])
def test_all_agree(outcome: FinishedRun, name: str) -> None:
    assert {case.status for case in judged(outcome, name).values()} == {Status.AGREES}


@pytest.mark.engine
def test_the_disk_that_was_asked_for_is_held(outcome: FinishedRun) -> None:
    title = load_scenario(CASES / "level-of-another-type.toml").title
    (record,) = [case for case in outcome.record.cases if case.title == title]
    disks = {row.id for row in record.situation.resources if row.type == "disk"}
    for column, seen in record.observations.items():
        assert seen.schedule is not None
        place = seen.schedule.fates["disks"].placement
        assert place is not None, column
        assert set(place.resources) <= disks, column


@pytest.mark.engine
def test_a_round_is_proved_whatever_is_logged_and_who_dies_of_a_value_is_told(outcome: FinishedRun) -> None:
    found = judged(outcome, "conf-log-format")
    assert found[PLAIN].status is Status.AGREES
    for column in ("oar_meta_sched+kamelot", "kao"):
        (crash,) = [each for each in found[column].differences if not each.job]
        assert crash.why.startswith(f"{column.rpartition('+')[2]}: traceback: ValueError: Invalid format")
        assert 'with LOG_FORMAT = "%s|%s|%s/%s|%s|%s" in oar.conf' in crash.why
        assert not any(each.job for each in found[column].differences), "it plans as the reference does"


@pytest.mark.engine
def test_who_dies_of_a_level_names_it(outcome: FinishedRun) -> None:
    found = judged(outcome, "conf-log-level-high")
    assert found[PLAIN].status is Status.AGREES
    for column in ("oar_meta_sched+kamelot", "kao"):
        (crash,) = [each for each in found[column].differences if not each.job]
        assert "traceback: KeyError: 4" in crash.why
        assert crash.why.endswith('with LOG_LEVEL = "4" in oar.conf')


@pytest.mark.engine
def test_who_dies_of_a_key_names_it(outcome: FinishedRun) -> None:
    found = judged(outcome, "conf-no-number")
    assert found[PLAIN].status is Status.AGREES
    for column in ("oar_meta_sched+kamelot", "kao"):
        (crash,) = [each for each in found[column].differences if not each.job]
        assert 'with SCHEDULER_JOB_SECURITY_TIME = "abc" in oar.conf' in crash.why
        note = 'crashed with SCHEDULER_JOB_SECURITY_TIME = "abc", SCHEDULER_TIMEUOT = "30" in oar.conf'
        assert note in found[column].notes


@pytest.mark.engine
def test_reports_tell_of_the_key_that_nobody_reads(outcome: FinishedRun) -> None:
    said = "conf-no-number.toml:6: [conf] SCHEDULER_TIMEUOT: neither OAR2 nor OAR3 reads it"
    report: dict[str, Any] = json.loads((outcome.folder / "report.json").read_text())
    assert len(report["warnings"]) == 1
    assert said in report["warnings"][0]
    for name in ("report.html", "report.md", "junit.xml"):
        text = (outcome.folder / name).read_text().replace("\\_", "_").replace("\\[", "[").replace("\\]", "]")
        assert said in text, name
