"""``oar-compat exposure``: its first line, its files, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli.exposure import exposure_command
from harness.model.fault import ConfigurationFault, MachineFault
from tests.exposure.histories import MadeJob, write_history, write_site


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(exposure_command, [str(word) for word in words])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = write_site(tmp_path / "site", {"HIERARCHY_LABELS": "resource_id,network_address,host"})
    write_history(folder, [MadeJob(1, types=("deadline=x",)), MadeJob(2)])
    return folder


def test_the_first_line_and_the_files(site: Path) -> None:
    ended = run("--site", site)
    assert ended.exit_code == 0
    first = ended.output.splitlines()[0]
    assert first.endswith("; 1 would have hit 1 of 2 jobs of the last year.")
    assert json.loads((site / "exposure.json").read_text())["summary"] == first
    assert first in (site / "exposure.md").read_text()


def test_the_reports_go_where_they_are_wanted(site: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    assert run("--site", site, "--out", tmp_path / "a" / "b", "--since", "all").exit_code == 0
    assert {path.name for path in (tmp_path / "a" / "b").iterdir()} == {"exposure.json", "exposure.md"}
    assert {path: path.read_bytes() for path in site.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("since", ["", "0d", "d", "yesterday", "1e3d", "-1d"])
def test_a_span_that_is_none_is_a_fault(site: Path, since: str) -> None:
    assert isinstance(run("--site", site, f"--since={since}").exception, ConfigurationFault)


def test_a_combination_that_there_is_not_is_a_fault(site: Path) -> None:
    assert isinstance(run("--site", site, "--combination", "kaos").exception, ConfigurationFault)
    assert isinstance(run("--site", site, "--combination", "kaos*").exception, ConfigurationFault)


def test_a_folder_that_cannot_be_made_is_a_fault_of_the_machine(site: Path) -> None:
    assert isinstance(run("--site", site, "--out", site / "site.toml" / "x").exception, MachineFault)
