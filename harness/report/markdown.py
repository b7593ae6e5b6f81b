"""report.md: the run for an administrator who reads it in a forge, a mail or a pager."""

from __future__ import annotations

import re
from pathlib import Path

from harness.model.difference import UNSTABLE, DifferenceClass
from harness.model.record import Kind, RunRecord
from harness.model.result import RunResult, Status
from harness.model.schedule import Placement
from harness.report.evidence import CaseView, Outcome, cases_of, shared_span, situation_of
from harness.report.gantt import Window, gantt, keys
from harness.report.safe_text import last_lines, one_line, printable
from harness.report.templates import render
from harness.report.wording import CLASSES, offset
from harness.store.atomic import write_atomically

ROWS = 40
"""How many differences of one case are listed; report.json has all of them."""
_CHART_WIDTH, _CHART_JOBS, _CHART_ROWS = 100, 26, 40

_PLAIN = re.compile(r"[\w@+./:=,()%\[\]{}…#*~^<>&!?;'\"$ -]+")
_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "|": "&#124;",
    "`": "&#96;",
    "*": "&#42;",
    "\\": "&#92;",
    "~": "&#126;",
}


def write_markdown(result: RunResult, record: RunRecord, path: Path) -> None:
    """Write report.md; raises MachineFault if the disk does not take it."""
    write_atomically(path, as_markdown(result, record))


def as_markdown(result: RunResult, record: RunRecord) -> str:
    """The report as GitHub-flavoured Markdown; nothing from outside can break its tables, fences or headings."""
    views = cases_of(result, record)
    # If a procedure agrees, what was added to its words and what it left is still to be read.
    shown = [view for view in views if view.status is not Status.AGREES or view.kind == Kind.PROCEDURE]
    own = {
        "classes": CLASSES,
        "seen_classes": _seen_classes(result),
        "cases": shown,
        "agreeing": len(views) - len(shown),
        "charts": charts,
        "rows": ROWS,
        "last_lines": last_lines,
    }
    filters = {"text": text, "code": code, "fence": fence, "place": place}
    # Markdown is no HTML: the filters escape for it.
    rendered = render("report.md.j2", result, own, filters, keep_trailing_newline=True, autoescape=False)
    return re.sub(r"\n{3,}", "\n\n", rendered)


def text(value: object) -> str:
    """Words within a paragraph or a cell, on one line; with what would be read as markup as entities."""
    line = "".join(_ENTITIES.get(character, character) for character in one_line(str(value)))
    # Within a word an underscore is itself; around one it would mean emphasis. A bracket before ( or : is a link's.
    line = re.sub(r"(?<![^\W_])_|_(?![^\W_])", "&#95;", line)
    line = re.sub(r"\](?=[(:\[])", "&#93;", line)
    line = re.sub(r"!(?=\[)", "&#33;", line)
    # What begins an item of a list would begin a heading, a rule or a list in it.
    line = re.sub(r"^[#+=-](?=[#+=\s-]|$)", lambda sign: f"&#{ord(sign[0])};", line)
    return re.sub(r"^(\d+)([.)])(?=\s|$)", lambda mark: f"{mark[1]}&#{ord(mark[2])};", line)


def code(value: object) -> str:
    """A name in type-writer letters, for a paragraph or a cell; a dash if it is empty."""
    line = one_line(str(value))
    if not line:
        return "—"
    if _PLAIN.fullmatch(line):
        return f"`{line}`"
    # Backticks and pipes cannot both be had in a code span of a table: HTML's own way then, all of it as entities.
    return "<code>" + "".join(c if c.isalnum() or c in " -" else f"&#{ord(c)};" for c in line) + "</code>"


def fence(value: str, language: str = "text") -> str:
    """A fenced block whose fence is longer than any in the text."""
    body = printable(value)
    ticks = max((len(run) for run in re.findall(r"`+", body)), default=0)
    mark = "`" * max(3, ticks + 1)
    return f"{mark}{language}\n{body}\n{mark}"


def place(placement: Placement | None) -> str:
    """Where a job stands, for a cell: from, to (relative to the round), and the resources."""
    if placement is None:
        return "—"
    resources = str(placement.resources).replace(" ", ", ")
    resources = resources if len(resources) <= 60 else f"{resources[:57]}… ({len(placement.resources)})"
    return f"{offset(placement.start)} → {offset(placement.stop)}, on {resources or 'nothing'}"


def charts(view: CaseView, outcome: Outcome) -> str:
    """The two charts one above the other; empty if there is nothing to draw or too much for letters."""
    record, observation = view.record, outcome.observation
    if record is None or observation is None or observation.schedule is None:
        return ""
    if view.reference is None or view.reference.schedule is None or not record.situation.resources:
        return ""
    if len(record.situation.jobs) > _CHART_JOBS:
        return ""
    sides = [(view.reference, "reference"), (observation, "candidate")]
    early, late = shared_span(record, [side for side, _ in sides])
    letters = keys(record.situation)
    parts = []
    for side, name in sides:
        assert side.schedule is not None
        now = situation_of(record, side).now
        chart = gantt(
            situation_of(record, side),
            side.schedule,
            _CHART_WIDTH,
            span=Window(now + early, now + late),
            letters=letters,
            legend=name == "candidate",
        )
        parts.append(f"{name}: {one_line(side.combination)}\n{chart}")
    drawn = "\n\n".join(parts)
    return "" if drawn.count("\n") > 2 * _CHART_ROWS else drawn


def _seen_classes(result: RunResult) -> list[DifferenceClass]:
    seen = {d.kind for case in result.cases for d in case.differences}
    counted = {name for c in result.combinations for name, count in c.differences.items() if count}
    seen |= {DifferenceClass(name) for name in counted - {UNSTABLE}}
    return [kind for kind in CLASSES if kind in seen and kind is not DifferenceClass.IDENTICAL]
