"""report.html: the run on one page, for screen and paper: Gantt charts side by side, nothing fetched, no scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from harness.model.record import Kind, Observation, RunRecord
from harness.model.result import RunResult, Status
from harness.report.evidence import CaseView, Outcome, cases_of, shared_span, situation_of
from harness.report.gantt import Window, placed
from harness.report.safe_text import last_lines, one_line
from harness.report.svg import MOST_JOBS, chart, colour
from harness.report.templates import render
from harness.report.wording import CLASSES, offset
from harness.store.atomic import write_atomically

ROWS = 100
"""How many differences of one outcome are listed; report.json has all of them."""
CHARTS = 100
"""How many cases that agree are drawn; those that do not are always drawn."""
_LEGEND = 40


@dataclass(frozen=True, slots=True)
class Figure:
    """What is drawn of one outcome.

    :ivar reference: the chart of the reference, or why there is none.
    :ivar candidate: the same of the candidate; empty if it is the reference's.
    :ivar legend: jobs and their colours.
    :ivar left_out: how many jobs there was no room for.
    """

    reference: Markup
    candidate: Markup
    legend: tuple[tuple[str, str], ...]
    left_out: int


def write_html(result: RunResult, record: RunRecord, path: Path) -> None:
    """Write report.html; raises MachineFault if the disk does not take it."""
    write_atomically(path, as_html(result, record))


def as_html(result: RunResult, record: RunRecord) -> str:
    """The report as one self-contained HTML page; whatever comes from outside is escaped."""
    views = cases_of(result, record)
    agreeing = [view.id for view in views if view.status is Status.AGREES]
    own = {
        "classes": {str(kind): meaning for kind, meaning in CLASSES.items()},
        "cases": views,
        "undrawn": frozenset(agreeing[CHARTS:]),
        "figure": figure,
        "rows": ROWS,
    }
    filters = {"offset": offset, "log": _log, "breakable": _breakable}
    return render("report.html.j2", result, own, filters, autoescape=True, finalize=_shown)


def figure(view: CaseView, outcome: Outcome) -> Figure | None:
    """The charts of an outcome; None if nothing was recorded that could be drawn."""
    record, reference, candidate = view.record, view.reference, outcome.observation
    if view.kind == Kind.PROCEDURE:
        # Its jobs were under several combinations, one after another; the steps say more.
        return None
    if record is None or not record.situation.resources:
        return None
    drawable = [o for o in (reference, candidate) if o is not None and o.schedule is not None]
    if not any(o.schedule and placed(o.schedule) for o in drawable):
        return None
    early, late = shared_span(record, drawable)
    order = {job.name: number for number, job in enumerate(record.situation.jobs)}
    differences = {row.difference.job: row.difference for row in outcome.rows if row.difference.job}

    def draw(side: Observation | None, role: str) -> Markup:
        if side is None or side.schedule is None:
            return Markup('<p class="none">no schedule was recorded</p>')
        situation = situation_of(record, side)
        return Markup(
            chart(
                situation,
                side.schedule,
                Window(situation.now + early, situation.now + late),
                order=order,
                differences=differences,
                title=f"{role}: {side.combination}",
            )
        )

    same = not differences and outcome.status == "agrees"
    names = list(dict.fromkeys(name for o in drawable if o.schedule for name in placed(o.schedule)))
    names.sort(key=lambda name: (name not in differences, order.get(name, len(order))))
    return Figure(
        draw(reference, "reference"),
        Markup() if same else draw(candidate, "candidate"),
        tuple((name, colour(name, order)) for name in names[:_LEGEND]),
        max(0, max(len(placed(o.schedule)) for o in drawable if o.schedule) - MOST_JOBS),
    )


def _shown(value: object) -> object:
    """Every text that is no Markup of ours passes here, so none can bring a control character."""
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _breakable(identifier: str) -> Markup:
    """A long id with places where a line may end, which copying it does not copy."""
    return Markup(re.sub(r"(\+|:)|(?=_)", r"\1<wbr>", str(Markup.escape(one_line(identifier)))))


def _log(text: str) -> Markup:
    return Markup.escape(last_lines(text))
