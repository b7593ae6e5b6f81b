"""The terminal's summary at 80 columns: snapshots, and what must hold for any run."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from hypothesis import given
from rich.console import Console

from harness.model.fault import ExitCode
from harness.model.record import RunRecord
from harness.model.result import RunResult, Verdict
from harness.report.safe_text import printable
from harness.report.terminal import print_summary
from tests.report import examples
from tests.report.snapshot import matches
from tests.report.strategies import judged_runs, whole_runs

FOLDER = Path("reports/latest")


def _shown(result: RunResult, width: int = 80, *, colour: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=colour, color_system="standard" if colour else None)
    print_summary(result, FOLDER, console)
    return file.getvalue()


NOTHING = RunResult(Verdict.INCONCLUSIVE, ExitCode.NOTHING_RAN, {}, examples.REFERENCE, (), ())
AGREED = dataclasses.replace(
    examples.without_oar3(), verdict=Verdict.COMPATIBLE, exit_code=ExitCode.COMPATIBLE, missing=()
)


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("terminal-incompatible.txt", examples.result()),
        ("terminal-without-oar3.txt", examples.without_oar3()),
        ("terminal-whole-matrix.txt", examples.whole_matrix()),
        ("terminal-compatible.txt", AGREED),
        ("terminal-nothing.txt", NOTHING),
    ],
)
def test_snapshots(name: str, result: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The summary looks into the run's folder: a run of this checkout must not show.
    monkeypatch.chdir(tmp_path)
    assert matches(name, _shown(result))


@pytest.mark.parametrize("result", [examples.result(), examples.without_oar3(), examples.whole_matrix()])
def test_eighty_columns_are_enough(result: RunResult) -> None:
    assert max(map(len, _shown(result).splitlines())) <= 80


def test_each_copy_of_oar3_is_named_with_its_version_and_commit() -> None:
    run = examples.result()
    assert "OAR3 " not in _shown(run).partition("Differences")[0], "one, called by its version"
    new = {"version": "3.0.2", "origin": "tree", "sha256": "ab" * 32, "commit": "1b4a01a4-dirty"}
    old = {"version": "3.0.2", "origin": "deb", "sha256": "cd" * 32}
    copies = {"oar3": new, "oar3-copies": {"new": new, "old": old}}
    shown = _shown(dataclasses.replace(run, environment={**run.environment, **copies}))
    assert "OAR3      @new: 3.0.2, commit 1b4a01a4-dirty (tree)" in shown
    assert "OAR3      @old: 3.0.2, content cdcdcdcd (deb)" in shown
    alone = _shown(dataclasses.replace(run, environment={**run.environment, "oar3": new}))
    assert "OAR3      3.0.2, commit 1b4a01a4-dirty (tree)" in alone


def test_colour_adds_nothing_but_colour() -> None:
    coloured = _shown(examples.result(), colour=True)
    assert "\x1b[" in coloured
    assert printable(coloured) == _shown(examples.result())


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    file = io.StringIO()
    print_summary(examples.result(), FOLDER, Console(file=file, width=80, force_terminal=True))
    assert "31m" not in file.getvalue()


def test_a_terminal_without_utf_gets_plain_signs() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    print_summary(examples.result(), FOLDER, Console(file=file, width=80))
    file.flush()
    shown = raw.getvalue().decode("ascii")
    assert "x incompatible" in shown
    assert "kao-external+..._and_placeholder" in shown


def test_markup_in_a_name_is_no_markup() -> None:
    case = dataclasses.replace(examples.result().cases[0], id="[red]case[/red]")
    assert "[red]case[/red]" in _shown(dataclasses.replace(examples.result(), cases=(case,)))


@whole_runs
@given(judged_runs())
def test_any_run_can_be_shown(run: tuple[RunResult, RunRecord]) -> None:
    shown = _shown(run[0])
    assert f"Exit code {int(run[0].exit_code)}" in shown
    assert "\x1b" not in shown
    assert ("MISSING" in shown) >= bool(run[0].missing)
