"""The compact page: the same cells as the wide one's, one mark each, and two if two Debian releases differ."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner
from hypothesis import given
from markdown_it import MarkdownIt

from harness.cli.report import report_command
from harness.model.record import RunRecord
from harness.model.result import RunResult, Status
from harness.report.behaviours.narrow_page import as_narrow_page
from harness.report.behaviours.tabulate import DEPARTS, tabulate
from harness.store.history import write_record
from tests.report import examples
from tests.report.behaviours.test_behaviours_page import sourced, tells_of_all
from tests.report.strategies import judged_runs, whole_runs

PARSER = MarkdownIt("commonmark").enable("table")
MARKS = {
    Status.AGREES: "✓",
    Status.KNOWN: "k",
    Status.DIFFERS: "≠",
    Status.INVALID: "✗",
    Status.CRASH: "†",
    Status.NOT_RUN: "?",
}


def tables(page: str) -> list[list[list[str]]]:
    """Each table's rows as the texts of their cells."""
    found: list[list[list[str]]] = []
    for token in PARSER.parse(page):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and found and token.level >= 4:
            found[-1][-1].append(token.content)
    return found


@whole_runs
@given(judged_runs())
def test_each_case_is_a_row_of_marks_that_say_what_became_of_it(run: tuple[RunResult, RunRecord]) -> None:
    result, record = run[0], sourced(run[1])
    table = tabulate([(record, result)], ())
    page = as_narrow_page(table, "scenarios", "departures", "made")
    width = len(table.columns) + 2
    rows = [row for found in tables(page) if found[0][0] == "behaviour" for row in found[1:]]
    assert len(rows) == len(record.cases)
    assert {len(row) for row in rows} <= {width}
    expected = Counter(
        "–" if cell.result is None else MARKS[cell.result.status] for row in table.rows for cell in row.cells
    )
    shown = Counter(mark for row in rows for mark in row[1:-1])
    assert shown == expected
    for row in table.rows:
        for cell in row.cells:
            assert cell.result is not None or "\n- – " in page, "a reason stands below"


@whole_runs
@given(judged_runs())
def test_a_row_that_departs_leads_to_its_finding_or_is_said_to_be_unexplained(
    run: tuple[RunResult, RunRecord],
) -> None:
    result, record = run[0], sourced(run[1])
    bare = tabulate([(record, result)], ())
    assert ("not explained yet" in as_narrow_page(bare, "s", "d", "made")) is bool(bare.unexplained())
    full = tabulate([(record, result)], [tells_of_all(record)])
    page = as_narrow_page(full, "s", "d", "made")
    assert "not explained yet" not in page
    links = re.findall(r"\(#(d-1)\)", page)
    seen = {cell.result.status for row in full.rows for cell in row.cells if cell.result}
    assert bool(links) is bool(seen & {*DEPARTS, Status.KNOWN})
    assert page.count('<a id="d-1"></a>') == min(1, len(links))


def on(debian: str, record: RunRecord) -> RunRecord:
    return replace(record, environment={**record.environment, "debian": debian})


def test_two_releases_are_one_row_with_two_marks_where_they_differ() -> None:
    record, result = sourced(examples.record()), examples.result()
    kept = replace(result, cases=tuple(replace(case, status=Status.AGREES) for case in result.cases))
    first, *others = kept.cases
    worse = replace(kept, cases=(replace(first, status=Status.CRASH), *others))
    trixie, bookworm = (on("trixie", record), kept), on("bookworm", record)
    name = next(f"theme/s{number}" for number, case in enumerate(record.cases) if case.id == first.id)
    column = record.combinations.index(first.candidate)
    page = as_narrow_page(tabulate([trixie, (bookworm, worse)], ()), "s", "d", "made")
    rows = [row for found in tables(page) if found[0][0] == "behaviour" for row in found[1:]]
    assert len(rows) == len(record.cases), "one row for both"
    (row,) = (row for row in rows if f"s/{name}.toml" in row[0])
    assert row[1 + column] == "✓/†"
    assert f"- `{name}`: ✓ on trixie, † on bookworm, in {column}\n" in page
    alike = as_narrow_page(tabulate([trixie, (bookworm, kept)], ()), "s", "d", "made")
    assert "✓/†" not in alike
    assert f"{len(rows)} behaviours tried on trixie, {len(rows)} behaviours tried on bookworm." in alike
    assert "Nowhere: each mark is the same on trixie and bookworm." in alike


def test_the_command_writes_it_from_a_recorded_run_beside_the_wide_page(tmp_path: Path) -> None:
    record = sourced(examples.record())
    write_record(record, tmp_path / "run")
    wide, narrow = tmp_path / "wide.md", tmp_path / "docs" / "narrow.md"
    words = [str(tmp_path / "run"), "--behaviours", str(wide), "--narrow", str(narrow)]
    done = CliRunner().invoke(report_command, words)
    assert done.exit_code == 0, done.output
    (count,) = set(re.findall(r"(\d+) behaviours", done.output))
    assert int(count) == len(record.cases)
    assert wide.is_file()
    page = narrow.read_text()
    assert f"--narrow {narrow}" in page
    assert all(f"`{column}`" in page for column in record.combinations)
