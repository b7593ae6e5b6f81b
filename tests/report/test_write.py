"""All reports of a run at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.model.fault import MachineFault
from harness.report.write import write_reports
from tests.report import examples


def test_all_of_them_and_nothing_else(tmp_path: Path) -> None:
    write_reports(examples.result(), examples.record(), tmp_path / "run")
    assert {p.name for p in (tmp_path / "run").iterdir()} == {
        "report.json",
        "junit.xml",
        "report.md",
        "report.html",
    }
    assert all(p.stat().st_mode & 0o444 == 0o444 for p in (tmp_path / "run").iterdir())


def test_a_folder_that_cannot_be_made_is_the_machines_fault(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(MachineFault, match="cannot write"):
        write_reports(examples.result(), examples.record(), tmp_path / "run")
