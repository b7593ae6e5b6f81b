"""The recorded history on disk: what is read is what was written, and nothing else passes for it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given

from harness.model.fault import ConfigurationFault, Fault
from harness.model.record import RunRecord
from harness.report.history import case_folder, find_run, point_latest, read_record, write_record
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


@pytest.mark.parametrize(
    "harm",
    [
        lambda run: (run / "run.json").unlink(),
        lambda run: (run / "run.json").write_bytes(b"\xff\xfe"),
        lambda run: (run / "run.json").write_text('{"format": "oar-compat-run/9"}'),
        lambda run: (run / "run.json").write_text("[]"),
        lambda run: (run / "cases/plan-alone-77c0de/kao.json").unlink(),
        lambda run: (run / "cases/plan-alone-77c0de/kao.json").write_text('{"combination": "other"}'),
        lambda run: (run / "cases/plan-alone-77c0de/kao.json").write_text('{"combination": "kao", "seconds": "x"}'),
        lambda run: (run / "cases/plan-alone-77c0de/case.json").write_text("{"),
        lambda run: (run / "cases/plan-alone-77c0de").rename(run / "cases/plan-backfill"),
        lambda run: (run / "cases/plan-backfill-3f2a91/case.json").write_bytes(
            (run / "cases/plan-alone-77c0de/case.json").read_bytes()
        ),
    ],
)
def test_what_is_not_ours_is_refused_in_one_line(tmp_path: Path, harm: Callable[[Path], object]) -> None:
    write_record(examples.record(), tmp_path)
    harm(tmp_path)
    with pytest.raises(ConfigurationFault) as fault:
        read_record(tmp_path)
    assert "\n" not in str(fault.value)
    assert str(tmp_path) in str(fault.value)


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
