"""The table behaviour × combination: every cell has its evidence, and what no departure explains is named."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from harness.model.departure import Departure
from harness.model.fault import ConfigurationFault
from harness.model.record import Kind, RunRecord
from harness.model.result import RunResult, Status
from harness.report.behaviours.behaviours_page import as_page
from harness.report.behaviours.evidence_pages import as_evidence
from harness.report.behaviours.tabulate import DEPARTS, tabulate
from harness.report.departures import parse_departures, read_departures
from tests.report.strategies import judged_runs, whole_runs

ENTRY = """
[[departure]]
id = "D-TYPES-01"
title = "postpone is ignored"
scenarios = ["types/postpone"]
candidates = ["*kamelot", "kao"]
promised = "no start before that date"
cause = "no program reads it"
consequence = "jobs start early"
remedy = "none"
"""
PARSER = MarkdownIt("commonmark").enable("table")


def sourced(record: RunRecord) -> RunRecord:
    """Each case with a scenario file of its own."""
    cases = tuple(replace(case, source=f"scenarios/theme/s{n}.toml") for n, case in enumerate(record.cases))
    return replace(record, cases=cases)


def tells_of_all(record: RunRecord) -> Departure:
    names = tuple(f"theme/s{n}" for n in range(len(record.cases)))
    return Departure("D-1", "all", names, ("*",), "nothing", "chance", "none", "none")


@whole_runs
@given(judged_runs())
def test_each_case_is_a_row_and_each_cell_leads_to_evidence_that_is_there(run: tuple[RunResult, RunRecord]) -> None:
    result, record = run[0], sourced(run[1])
    table = tabulate([(record, result)], ())
    assert len(table.rows) == len(record.cases)
    page = as_page(table, "evidence", "scenarios", "made")
    evidence = {theme: as_evidence(theme, rows, "scenarios") for theme, rows in table.themes().items()}
    links = re.findall(r"\(evidence/(\w+)\.md#([^)]+)\)", page)
    told = [cell for row in table.rows for cell in row.cells if cell.column in table.columns]
    assert len(links) == len(told)
    for theme, anchor in links:
        assert f'<a id="{anchor}"></a>' in evidence[theme]
    widths: list[int] = []
    for token in PARSER.parse(page):
        if token.type == "tr_open":
            widths.append(0)
        elif token.type in ("th_open", "td_open"):
            widths[-1] += 1
    assert set(widths) <= {1 + len(table.columns), 2 + len(table.columns)}


@whole_runs
@given(judged_runs())
def test_what_departs_is_explained_by_a_departure_or_said_to_be_unexplained(run: tuple[RunResult, RunRecord]) -> None:
    result, record = run[0], sourced(run[1])
    ids = {case.id for case in record.cases}
    departing = [
        c for c in result.cases if c.status in DEPARTS and c.id in ids and c.candidate in record.combinations
    ]
    bare = tabulate([(record, result)], ())
    assert len(bare.unexplained()) == len({(c.id, c.candidate) for c in departing})
    assert ("not explained yet" in as_page(bare, "e", "s", "made")) is bool(departing)
    told = tells_of_all(record)
    full = tabulate([(record, result)], [told])
    assert full.unexplained() == []
    shown = bool(departing) or any(
        c.status is Status.KNOWN and c.candidate in record.combinations for c in result.cases if c.id in ids
    )
    assert bool(full.seen(told)) is shown
    page = as_page(full, "e", "s", "made")
    assert ("seen in none of these runs" in page) is not shown
    if shown:
        seen = {(row.record.kind, row.name) for rows in full.seen(told).values() for row in rows}
        again = re.findall(r"--kind (\w+) --scenario scenarios/(\S+)\.toml", page)
        assert len(again) == 1
        assert (Kind(again[0][0]), again[0][1]) in seen
        slow = (Kind.LIVE, Kind.PROCEDURE)
        assert Kind(again[0][0]) not in slow or all(kind in slow for kind, _ in seen), "the quickest way is told"


def test_a_departure_fits_its_scenarios_under_its_combinations_whatever_the_copy_of_oar3() -> None:
    (entry,) = parse_departures(ENTRY, "x.toml")
    assert entry.fits("types/postpone", "oar_meta_sched+kamelot")
    assert entry.fits("types/postpone", "kao@3.0.1")
    assert not entry.fits("types/postpone", "kao-external+oar_sched")
    assert not entry.fits("types/deadline", "kao")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[[departure]]", "[[departure]", "not TOML"),
        ('remedy = "none"', 'remedy = ""', "D-TYPES-01: remedy is empty"),
        ('remedy = "none"', "", "remedy"),
        ('remedy = "none"', 'remedy = "none"\ncure = "x"', "unknown word 'cure'"),
        ('scenarios = ["types/postpone"]', "scenarios = 3", "scenarios"),
    ],
)
def test_what_is_no_departure_is_refused_in_one_line(old: str, new: str, said: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        parse_departures(ENTRY.replace(old, new), "x.toml")
    assert "x.toml" in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_id_is_taken_once(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(ENTRY)
    assert len(read_departures(tmp_path)) == 1
    (tmp_path / "b.toml").write_text(ENTRY)
    with pytest.raises(ConfigurationFault, match=r"b\.toml.*'D-TYPES-01' is taken"):
        read_departures(tmp_path)
    with pytest.raises(ConfigurationFault, match="no such folder"):
        read_departures(tmp_path / "none")
