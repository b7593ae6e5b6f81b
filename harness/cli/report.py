"""``oar-compat report``: reports of recorded runs written again, and the table behaviour × combination."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from harness.cli.options import PATH
from harness.compare.judge import judge_run
from harness.model.record import RunRecord
from harness.model.result import RunResult
from harness.report.behaviours.behaviours_page import as_page
from harness.report.behaviours.evidence_pages import as_evidence
from harness.report.behaviours.narrow_page import as_narrow_page
from harness.report.behaviours.tabulate import Behaviours, tabulate
from harness.report.departures import read_departures
from harness.report.write import write_reports
from harness.run.execute import judging
from harness.run.known_folders import read_known
from harness.shipped import COMMAND, located
from harness.store.atomic import write_atomically
from harness.store.history import find_run, read_record


@click.command("report")
@click.argument("runs", type=PATH, nargs=-1)
@click.option("--known", type=PATH, multiple=True, help="Folder of known differences (*.toml); repeat.")
@click.option("--behaviours", type=PATH, metavar="FILE", help="Write the table behaviour × combination of all runs.")
@click.option("--narrow", type=PATH, metavar="FILE", help="Write that table with one narrow column a combination.")
@click.option("--evidence", type=PATH, metavar="FOLDER", help="Its pages of evidence; default: beside the file.")
@click.option("--departures", type=PATH, metavar="FOLDER", help="Findings that explain what departs (*.toml).")
@click.option(
    "--scenarios", type=PATH, default=Path("scenarios"), help="Where the scenarios lie; default: scenarios."
)
def report_command(
    runs: tuple[Path, ...],
    known: tuple[Path, ...],
    behaviours: Path | None,
    narrow: Path | None,
    evidence: Path | None,
    departures: Path | None,
    scenarios: Path,
) -> None:
    """Write the reports of recorded runs again (default: the latest), or the table behaviour × combination."""
    differences = read_known(known)
    judged: list[tuple[RunRecord, RunResult]] = []
    for folder in map(find_run, runs or (Path("reports/latest"),)):
        record = read_record(folder)
        result = judge_run(record, judging(differences))
        judged.append((record, result))
        if not (behaviours or narrow):
            write_reports(result, record, folder)
            click.echo(f"{folder}: {result.verdict.value}")
    if not (behaviours or narrow):
        return
    table = tabulate(judged, read_departures(located(departures)) if departures else ())
    told = f"{len(table.rows)} behaviours, {len(table.departures)} departures, {len(table.unexplained())} unexplained"
    if behaviours:
        _write_page(table, behaviours, evidence or behaviours.parent / behaviours.stem, scenarios)
        click.echo(f"{behaviours}: {told}")
    if narrow:
        here, files = narrow.parent, departures or Path("fixtures/departures")
        command = shlex.join([COMMAND, "report", "RUN", "--narrow", str(narrow)])
        write_atomically(narrow, as_narrow_page(table, _from(here, scenarios), _from(here, files), command))
        click.echo(f"{narrow}: {told}")


def _write_page(table: Behaviours, page: Path, evidence: Path, scenarios: Path) -> None:
    command = shlex.join([COMMAND, "report", "RUN", "--behaviours", str(page)])
    written = as_page(table, _from(page.parent, evidence), _from(page.parent, scenarios), command)
    evidence.mkdir(parents=True, exist_ok=True)
    for theme, rows in table.themes().items():
        write_atomically(evidence / f"{theme}.md", as_evidence(theme, rows, _from(evidence, scenarios)))
    write_atomically(page, written)


def _from(here: Path, there: Path) -> str:
    """A path as a link from another folder."""
    return Path(os.path.relpath(there.resolve(), here.resolve())).as_posix()
