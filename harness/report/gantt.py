"""A compact Gantt chart in text: rows are resources, columns are time, a letter is a job."""

from __future__ import annotations

import string
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from procset import ProcSet

from harness.model.cluster import Resource
from harness.model.job import Job
from harness.model.procsets import of_ids
from harness.model.schedule import Placement, Schedule, Situation
from harness.report.safe_text import one_line
from harness.report.wording import offset

KEYS = string.ascii_uppercase + string.ascii_lowercase + string.digits
_FREE, _OFF, _SHARED = "·", "-", "+"
_LABEL, _TICK = 22, 14
_BACKGROUND_TYPES = ("container", "placeholder")


@dataclass(frozen=True, slots=True)
class Window:
    """The span of time a chart shows, in epoch seconds."""

    start: int
    stop: int


def keys(situation: Situation) -> dict[str, str]:
    """A letter for each job of a situation, in the jobs' order; ``?`` for those beyond the 62nd."""
    return {job.name: KEYS[n] if n < len(KEYS) else "?" for n, job in enumerate(situation.jobs)}


def placed(schedule: Schedule) -> dict[str, Placement]:
    """The placements of a schedule, by the job's name."""
    return {name: fate.placement for name, fate in schedule.fates.items() if fate.placement is not None}


def window(situation: Situation, schedules: Iterable[Schedule]) -> Window:
    """The span that shows all of these schedules: from now, or the first start, to the last stop."""
    placements = [p for schedule in schedules for p in placed(schedule).values()]
    start = min([situation.now, *(p.start for p in placements)])
    return Window(start, max([start + 1, *(p.stop for p in placements)]))


def behind(job: Job) -> bool:
    """Whether a job is drawn behind others, which may lie within it: a container or a placeholder."""
    return any(job.type(name) is not None for name in _BACKGROUND_TYPES)


def gantt(
    situation: Situation,
    schedule: Schedule,
    width: int = 80,
    *,
    span: Window | None = None,
    letters: Mapping[str, str] | None = None,
    legend: bool = True,
) -> str:
    """A schedule as lines of at most ``width`` characters, without a final newline.

    Resources of one node that look alike share a row. ``·`` is free, ``-`` not alive, ``+`` used by several jobs at
    once; a job too short for a column still has one. The axis counts from when the round was decided.
    Give the same ``span`` and ``letters`` to two charts that are to be compared.
    """
    span = span or window(situation, [schedule])
    letters = letters or keys(situation)
    columns = max(10, width - _LABEL - 1)
    cells = _paint(situation, schedule, span, letters, columns)
    lines = [f"{label:<{_LABEL}} {row}" for label, row in _rows(situation.resources, cells, columns)] or [
        f"{'no resources':<{_LABEL}}"
    ]
    lines.append(f"{'':<{_LABEL}} {_axis(situation.now, span, columns)}")
    if legend:
        lines += _legend(schedule, letters, width)
    return "\n".join(line.rstrip() for line in lines)


def _paint(
    situation: Situation, schedule: Schedule, span: Window, letters: Mapping[str, str], columns: int
) -> dict[int, list[str]]:
    cells = {r.id: [_FREE if r.state == "Alive" else _OFF] * columns for r in situation.resources}
    backs = {job.name for job in situation.jobs if behind(job)}
    length = max(1, span.stop - span.start)
    small: list[tuple[ProcSet, int, str]] = []
    # Behind first, so that an inner job is seen and not counted as sharing.
    for name, placement in sorted(placed(schedule).items(), key=lambda item: item[0] not in backs):
        letter = letters.get(name, "?")
        # A column belongs to the job that holds its middle, so that one job's end never blurs the next one's start.
        first = _column(placement.start - span.start, columns, length)
        last = _column(placement.stop - span.start, columns, length)
        if first >= last:
            middle = min(max(0, (placement.start - span.start) * columns // length), columns - 1)
            small.append((placement.resources, middle, letter))
            continue
        for resource in placement.resources:
            row = cells.get(resource)
            if row is None:
                continue
            for column in range(max(0, first), min(columns, last)):
                taken = row[column] not in (_FREE, _OFF) and row[column] not in {letters.get(b) for b in backs}
                row[column] = _SHARED if taken and row[column] != letter else letter
    for resources, column, letter in small:
        for resource in resources:
            if resource in cells:
                cells[resource][column] = letter
    return cells


def _column(seconds: int, columns: int, length: int) -> int:
    """The first column whose middle lies at or after that moment."""
    return -((length - 2 * seconds * columns) // (2 * length))


def _rows(resources: Sequence[Resource], cells: Mapping[int, list[str]], columns: int) -> list[tuple[str, str]]:
    rows: list[tuple[str, list[int], str]] = []
    for resource in sorted(resources, key=lambda r: r.id):
        row = "".join(cells[resource.id]) if cells else _FREE * columns
        if rows and rows[-1][0] == resource.node and rows[-1][2] == row:
            rows[-1][1].append(resource.id)
        else:
            rows.append((resource.node, [resource.id], row))
    return [(_label(node, ids), row) for node, ids, row in rows]


def _label(node: str, ids: list[int]) -> str:
    span = str(of_ids(ids))
    room = _LABEL - len(span) - 1
    node = one_line(node)
    node = node if len(node) <= room else f"{node[: max(0, room - 1)]}…"
    return f"{node} {span}"[:_LABEL]


def _axis(now: int, span: Window, columns: int) -> str:
    length = span.stop - span.start
    line = ""
    for column in range(0, columns, _TICK):
        tick = "|" + offset(span.start - now + round(column * length / columns))
        if column + len(tick) <= columns and len(line) <= column:
            line = line.ljust(column) + tick
    return line


def _legend(schedule: Schedule, letters: Mapping[str, str], width: int) -> list[str]:
    shown = sorted((letters.get(name, "?"), name) for name in placed(schedule))
    shown.sort(key=lambda item: KEYS.find(item[0]) % (len(KEYS) + 1))
    entries = "   ".join(f"{letter}\u00a0{one_line(name).replace(' ', chr(0xA0))}" for letter, name in shown)
    return [line.replace("\u00a0", " ") for line in textwrap.wrap(entries, width, break_on_hyphens=False)]
