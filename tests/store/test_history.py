"""The recorded history on disk: what is read is what was written, and nothing else passes for it."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from harness.compare.judge import judge_run
from harness.model.fault import ConfigurationFault, ExitCode, Fault, MachineFault
from harness.model.record import Asked, RunRecord, RunState
from harness.model.result import Status, Verdict
from harness.store.history import (
    case_folder,
    check_place,
    close_head,
    find_run,
    point_latest,
    read_case,
    read_record,
    write_case,
    write_head,
    write_record,
)
from tests.report import examples
from tests.report.strategies import run_records, whole_runs


@whole_runs
@given(run_records)
def test_round_trip(record: RunRecord) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_record(record, Path(folder))
        assert read_record(Path(folder)) == record


def test_the_layout(tmp_path: Path) -> None:
    write_record(examples.record(), tmp_path)
    case = tmp_path / "cases" / "plan-alone-77c0de"
    assert {p.name for p in case.iterdir()} == {
        "case.json",
        "kao.json",
        "oar_meta_sched+kamelot.json",
        f"{examples.REFERENCE}.json",
        f"{examples.EXTERNAL}.json",
    }
    assert (tmp_path / "run.json").is_file()


@pytest.mark.parametrize("case", ["..", "a/b", "", "case", "x" * 400, "é" * 200])
def test_any_id_stays_within_the_folder(tmp_path: Path, case: str) -> None:
    folder = case_folder(tmp_path, case)
    assert folder.resolve().parent == tmp_path / "cases"
    assert len(folder.name.encode()) <= 255


@pytest.mark.parametrize("content", ['{"format": "oar-compat-run/9"}', "[]", "{}", '{"format": "oar-compat-run/1"}'])
def test_what_is_not_ours_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    write_record(examples.record(), tmp_path)
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(ConfigurationFault) as fault:
        read_record(tmp_path)
    assert "\n" not in str(fault.value)
    assert str(tmp_path) in str(fault.value)


ALONE, BACKFILL = "plan-alone-77c0de", "plan-backfill-3f2a91"


@pytest.mark.parametrize(
    ("name", "content", "cases", "observations"),
    [
        (f"cases/{ALONE}/kao.json", None, 2, 7),
        (f"cases/{ALONE}/kao.json", b'{"combination": "kao", "sch', 2, 7),
        (f"cases/{ALONE}/kao.json", b'{"combination": "other"}', 2, 7),
        (f"cases/{ALONE}/kao.json", b'{"combination": "kao", "seconds": "x"}', 2, 7),
        (f"cases/{ALONE}/case.json", None, 1, 4),
        (f"cases/{ALONE}/case.json", b"{", 1, 4),
        (f"cases/{ALONE}/case.json", b"", 1, 4),
        (f"cases/{BACKFILL}/case.json", b'{"format": "oar-compat-case/1", "id": "x"}', 1, 4),
    ],
)
def test_a_torn_file_is_told_by_its_name_and_costs_itself_alone(
    tmp_path: Path, name: str, content: bytes | None, cases: int, observations: int
) -> None:
    write_record(examples.record(), tmp_path)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    record = read_record(tmp_path)
    assert len(record.cases) == cases
    assert sum(len(case.observations) for case in record.cases) == observations
    missing = record.missing[-1]
    assert str(tmp_path / name) in missing.why
    assert len(record.missing) == len(examples.record().missing) + 1


def test_a_case_that_was_moved_is_told(tmp_path: Path) -> None:
    write_record(examples.record(), tmp_path)
    there = tmp_path / "cases"
    (there / BACKFILL / "case.json").write_bytes((there / ALONE / "case.json").read_bytes())
    record = read_record(tmp_path)
    assert [case.id for case in record.cases] == [ALONE]
    assert "is of another case" in record.missing[-1].why


@pytest.mark.parametrize("content", [None, b"", b'{"format": "oar-com', b"\xff\xfe"])
def test_without_its_head_a_run_is_judged_by_its_cases_and_is_never_whole(
    tmp_path: Path, content: bytes | None
) -> None:
    write_record(agreeing(), tmp_path)
    assert judge_run(read_record(tmp_path)).verdict is Verdict.COMPATIBLE
    (tmp_path / "run.json").unlink()
    if content is not None:
        (tmp_path / "run.json").write_bytes(content)
    assert find_run(tmp_path) == tmp_path
    result = judge_run(read_record(tmp_path))
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)
    assert {case.id for case in result.cases} == {ALONE}
    assert str(tmp_path / "run.json") in result.missing[0].why


def agreeing() -> RunRecord:
    """A run in which all agree."""
    record = examples.record()
    # Its places are made to be drawn, not to be valid.
    case = dataclasses.replace(record.cases[1], expect={"valid": False})
    return dataclasses.replace(record, cases=(case,), missing=())


ASKED = tuple(
    Asked(case.id, case.kind, case.title, case.source, examples.record().combinations)
    for case in examples.record().cases
)


def test_a_run_that_was_killed_is_judged_by_what_was_finished(tmp_path: Path) -> None:
    """The head is written first; each case lies beside it as soon as it is there."""
    record = dataclasses.replace(agreeing(), asked=ASKED, state=RunState.RUNNING)
    write_head(dataclasses.replace(record, cases=()), tmp_path)
    assert judge_run(read_record(tmp_path)).exit_code is ExitCode.INCONCLUSIVE
    write_case(record.cases[0], tmp_path)
    found = read_record(tmp_path)
    assert found == record
    result = judge_run(found)
    assert (result.verdict, result.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)
    assert result.ended_early == "it was killed, or is still running"
    assert {case.status for case in result.cases if case.id == ALONE} == {Status.AGREES}
    assert {case.why for case in result.cases if case.id == BACKFILL} == {"not reached: the run ended early"}
    write_case(examples.record().cases[0], tmp_path)
    assert judge_run(read_record(tmp_path)).exit_code is ExitCode.INCOMPATIBLE, "what is incompatible stays so"


def test_why_a_run_ended_is_written_down_once(tmp_path: Path) -> None:
    record = dataclasses.replace(agreeing(), asked=ASKED, state=RunState.RUNNING)
    write_record(record, tmp_path)
    close_head(tmp_path, "a signal")
    close_head(tmp_path, "another")
    found = read_record(tmp_path)
    assert (found.state, found.ended, found.ended_early) == (RunState.INTERRUPTED, "a signal", "a signal")
    write_record(agreeing(), tmp_path)
    close_head(tmp_path, "too late")
    assert read_record(tmp_path).state is RunState.COMPLETE


def test_a_folder_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(MachineFault, match="was removed") as caught:
        check_place(tmp_path / "gone")
    assert caught.value.exit_code == 5
    close_head(tmp_path / "gone", "a signal")
    assert not (tmp_path / "gone").exists()


def test_records_of_before_are_whole(tmp_path: Path) -> None:
    write_record(agreeing(), tmp_path)
    head = json.loads((tmp_path / "run.json").read_text())
    for key in ("asked", "state", "ended"):
        del head[key]
    (tmp_path / "run.json").write_text(json.dumps(head))
    assert read_record(tmp_path) == agreeing()
    assert judge_run(read_record(tmp_path)).verdict is Verdict.COMPATIBLE


def test_latest_leads_to_the_newest(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_record(examples.record(), tmp_path / name)
        link = point_latest(tmp_path / name)
        assert link.readlink() == Path(name)
    assert read_record(tmp_path / "latest") == examples.record()
    assert find_run(tmp_path) == tmp_path / "two"
    assert find_run(tmp_path / "one") == tmp_path / "one"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["latest", "one", "two"]


def test_latest_does_not_replace_what_is_not_a_link(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    write_record(examples.record(), tmp_path / "one")
    with pytest.raises(ConfigurationFault, match="in the way"):
        point_latest(tmp_path / "one")


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault, match="no recorded run"):
        find_run(tmp_path)


def test_a_disk_that_refuses_is_the_machines_fault(tmp_path: Path) -> None:
    (tmp_path / "cases").write_text("a file in the way")
    with pytest.raises(Fault) as fault:
        write_record(examples.record(), tmp_path)
    assert fault.value.exit_code == 5


@pytest.mark.parametrize("id", [2**31 - 1, -1])
def test_ids_of_resources_that_judging_could_not_hold_are_refused(tmp_path: Path, id: int) -> None:
    """Found by the soak: a set with the id 2147483647 took 256 MiB, each of them."""
    run = examples.record()
    case = run.cases[0]
    first, *rest = case.situation.resources
    situation = replace(case.situation, resources=(replace(first, id=id), *rest))
    write_record(replace(run, cases=(replace(case, situation=situation),)), tmp_path)
    with pytest.raises(ConfigurationFault, match="no resource has the id"):
        read_case(tmp_path, case.id)
