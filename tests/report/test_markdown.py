"""report.md: verdict first, nothing silent, and no job name can break a table."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.model.record import RunRecord
from harness.model.result import RunResult
from harness.report.markdown import as_markdown, code, fence, text
from harness.report.safe_text import one_line
from harness.report.wording import all_combinations
from tests.report import examples
from tests.report.snapshot import matches
from tests.report.strategies import judged_runs, texts, whole_runs

PARSER = MarkdownIt("commonmark").enable("table")


def _tables(markdown: str) -> list[list[int]]:
    """The number of cells of each row of each table."""
    tables: list[list[int]] = []
    for token in PARSER.parse(markdown):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append(0)
        elif token.type in ("th_open", "td_open"):
            tables[-1][-1] += 1
    return tables


@whole_runs
@given(judged_runs())
def test_tables_keep_their_structure(run: tuple[RunResult, RunRecord]) -> None:
    markdown = as_markdown(*run)
    outside = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", markdown, flags=re.M | re.S)
    rows = [line for line in outside.splitlines() if line.startswith("|")]
    assert sum(map(len, _tables(markdown))) == len(rows) - len(_tables(markdown))
    # A parser pads short rows and cuts long ones; counting pipes does not.
    pipes = {line.count("|") for line in rows}
    assert pipes <= {3, 4, 5, 6, 7, 8, 12}
    assert all(len(set(table)) == 1 for table in _tables(markdown))
    combinations = _tables(markdown)[1 if run[0].missing else 0]
    assert len(combinations) == 1 + len(all_combinations(run[0]))


@whole_runs
@given(judged_runs())
def test_only_our_own_headings_and_no_html_but_ours(run: tuple[RunResult, RunRecord]) -> None:
    tokens = PARSER.parse(as_markdown(*run))
    assert [t.tag for t in tokens if t.type == "heading_open"].count("h1") == 1
    assert not [t for t in tokens if t.type == "html_block"]
    inline = [c for t in tokens if t.type == "inline" for c in t.children or ()]
    assert {c.content for c in inline if c.type == "html_inline"} <= {"<code>", "</code>"}
    assert not [c for c in inline if c.type in ("link_open", "image")]


@given(texts)
def test_words_come_back_as_they_went_in(value: str) -> None:
    tokens = PARSER.parse(f"| a |\n|---|\n| x {text(value)} |\n")
    cells = [t for t in tokens if t.type == "inline"]
    shown = "".join(c.content for c in cells[1].children or ())
    assert " ".join(shown.split()) == " ".join(("x " + one_line(value)).split())


@given(texts)
def test_code_is_one_cell(value: str) -> None:
    assert _tables(f"| a |\n|---|\n| {code(value)} |\n") == [[1, 1]]
    assert "|" not in code(value)


@given(st.text(st.sampled_from("`~\na "), max_size=30))
def test_no_log_leaves_its_fence(value: str) -> None:
    tokens = PARSER.parse(fence(value) + "\n\nafter\n")
    assert [t.type for t in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]


def test_snapshot() -> None:
    assert matches("report.md", as_markdown(examples.result(), examples.record()))


@pytest.mark.parametrize("word", ["Not tested: 4 missing", "release page cannot be reached", "--oar3 PATH"])
def test_missing_columns_are_loud(word: str) -> None:
    markdown = as_markdown(examples.without_oar3(), examples.record())
    assert word in markdown
    assert markdown.index("Not tested") < markdown.index("## Combinations")
