"""A Gantt chart as inline SVG: rows are resources, grouped by node; a colour is a job, an outline a difference."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from harness.model.difference import Difference
from harness.model.procsets import of_ids
from harness.model.schedule import Placement, Schedule, Situation
from harness.report.gantt import Window, behind, placed
from harness.report.safe_text import one_line
from harness.report.wording import duration, offset

WIDTH = 600
"""Width of a chart in its own units; it is scaled to the page."""
MOST_JOBS = 1500
"""How many jobs a chart draws; those that differ come first."""

_GUTTER, _AXIS, _LETTER = 82, 22, 6.2
_STEPS = (1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800)


def colour(job: str, order: Mapping[str, int]) -> str:
    """A job's fill, the same in every chart: light enough for dark letters on it in light and in dark mode."""
    number = order.get(job, zlib.crc32(job.encode("utf-8", "replace")))
    # The golden angle keeps neighbours apart; three tones keep the eighth job apart from the first.
    return f"hsl({number * 137.508 % 360:.0f} {(62, 48, 72)[number % 3]}% {(74, 83, 70)[number % 3]}%)"


def chart(
    situation: Situation,
    schedule: Schedule,
    span: Window,
    *,
    order: Mapping[str, int],
    differences: Mapping[str, Difference],
    title: str,
) -> str:
    """One schedule as an ``<svg>`` element.

    :param span: what the axis shows; the same length for two charts to be compared.
    :param order: a number for each job, from which its colour is made.
    :param differences: by job; such a job is outlined, by how bad it is.
    :param title: what a screen reader says.
    """
    nodes = {node: n for n, node in enumerate(dict.fromkeys(r.node for r in situation.resources))}
    ordered = sorted(situation.resources, key=lambda r: (nodes[r.node], r.id))
    rows = {r.id: n for n, r in enumerate(ordered)}
    height = max(6.0, min(22.0, 240 / max(1, len(rows)))) if len(rows) <= 160 else 960 / len(rows)
    bottom = height * max(1, len(rows))
    plot = _Plot(span, situation.now, height)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {bottom + _AXIS:.1f}" role="img" aria-label="{escape(one_line(title))}">',
        f'<rect class="ground" x="{_GUTTER}" y="0" width="{WIDTH - _GUTTER}" height="{bottom:.1f}"/>',
        *_off(situation, rows, plot),
        *_nodes(situation, rows, plot),
        *_ticks(plot, bottom),
        *_jobs(situation, schedule, rows, plot, order, differences),
        *_now(plot, bottom),
        "</svg>",
    ]
    return "".join(parts)


class _Plot:
    """From moments and rows to places in the chart."""

    def __init__(self, span: Window, now: int, height: float) -> None:
        self.span, self.now, self.height = span, now, height
        self.scale = (WIDTH - _GUTTER) / max(1, span.stop - span.start)

    def x(self, moment: int) -> float:
        """The place of a moment, within the chart."""
        return _GUTTER + (min(max(moment, self.span.start), self.span.stop) - self.span.start) * self.scale


def _off(situation: Situation, rows: Mapping[int, int], plot: _Plot) -> Iterator[str]:
    for resource in situation.resources:
        if resource.state != "Alive":
            y = rows[resource.id] * plot.height
            yield (
                f'<rect class="off" x="{_GUTTER}" y="{y:.1f}" width="{WIDTH - _GUTTER}" height="{plot.height:.2f}">'
                f"<title>{escape(one_line(f'resource {resource.id} is {resource.state}'))}</title></rect>"
            )


def _nodes(situation: Situation, rows: Mapping[int, int], plot: _Plot) -> Iterator[str]:
    spans: dict[str, list[int]] = {}
    for resource in situation.resources:
        spans.setdefault(resource.node, []).append(rows[resource.id])
    free = 0.0
    for node, numbers in sorted(spans.items(), key=lambda item: min(item[1])):
        top, end = min(numbers) * plot.height, (max(numbers) + 1) * plot.height
        if end - top >= 4:
            yield f'<line class="node" x1="0" x2="{WIDTH}" y1="{end:.1f}" y2="{end:.1f}"/>'
        middle = (top + end) / 2
        # Labels that would overlap are left out; the tooltips of the jobs name their resources.
        if middle - 5 >= free:
            label = one_line(node)
            label = label if len(label) <= 13 else f"{label[:12]}…"
            yield f'<text class="label" x="{_GUTTER - 5}" y="{middle + 3.5:.1f}">{escape(label)}</text>'
            free = middle + 6


def _ticks(plot: _Plot, bottom: float) -> Iterator[str]:
    length = plot.span.stop - plot.span.start
    step = next((s for s in _STEPS if length / s <= 6), -(-length // 6))
    first = -(-(plot.span.start - plot.now) // step) * step
    for since in range(first, plot.span.stop - plot.now + 1, step):
        x = plot.x(plot.now + since)
        yield f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{bottom + 4:.1f}"/>'
        if x < WIDTH - 20:
            yield f'<text class="moment" x="{x:.1f}" y="{bottom + 15:.1f}">{escape(offset(since))}</text>'


def _now(plot: _Plot, bottom: float) -> Iterator[str]:
    if plot.span.start < plot.now < plot.span.stop:
        x = plot.x(plot.now)
        yield f'<line class="now" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{bottom:.1f}"/>'


def _jobs(
    situation: Situation,
    schedule: Schedule,
    rows: Mapping[int, int],
    plot: _Plot,
    order: Mapping[str, int],
    differences: Mapping[str, Difference],
) -> Iterator[str]:
    jobs = {job.name: job for job in situation.jobs}
    kinds = {
        name: "behind" if behind(job) else "shared" if job.type("timesharing") is not None else ""
        for name, job in jobs.items()
    }
    # What differs is never left out, and is drawn last, so that no neighbour covers its outline.
    drawn = sorted(placed(schedule).items(), key=lambda item: item[0] not in differences)[:MOST_JOBS]
    drawn.sort(key=lambda item: (kinds.get(item[0]) != "behind", item[0] in differences))
    for name, placement in drawn:
        difference = differences.get(name)
        classes = f"job {kinds.get(name, '')} {_mark(difference)}".split()
        x = plot.x(placement.start)
        width = max(1.5, plot.x(placement.stop) - x)
        yield f'<g class="{" ".join(classes)}"><title>{escape(_tip(name, placement, plot.now, difference))}</title>'
        runs = list(_runs(rows[r] for r in placement.resources if r in rows))
        for top, end in runs:
            y, high = top * plot.height, (end - top) * plot.height
            yield (
                f'<rect x="{x:.1f}" y="{y + 0.5:.1f}" width="{width:.1f}" height="{max(0.5, high - 1):.1f}" '
                f'fill="{colour(name, order)}"/>'
            )
        yield from _name(one_line(name), x, width, runs, plot.height)
        yield "</g>"


def _name(name: str, x: float, width: float, runs: list[tuple[int, int]], height: float) -> Iterator[str]:
    if not runs:
        return
    top, end = max(runs, key=lambda run: run[1] - run[0])
    room = int((width - 4) / _LETTER)
    if (end - top) * height < 9 or room < 1:
        return
    shown = _fitted(name, room)
    middle = (top + end) / 2 * height
    if shown:
        yield f'<text x="{x + width / 2:.1f}" y="{middle + 3.3:.1f}">{escape(shown)}</text>'


def _fitted(name: str, room: int) -> str:
    """A name in so many letters; of an array's job the number is kept, which sets it apart from the others."""
    if len(name) <= room:
        return name
    number = name[name.rfind("[") :] if name.endswith("]") and "[" in name else ""
    if number:
        return f"…{number}" if len(number) < room else ""
    return f"{name[: room - 1]}…" if room >= 4 else ""


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Rows as stretches of neighbours: first, and one behind the last."""
    for low, high in of_ids(numbers).intervals():
        yield low, high + 1


def _mark(difference: Difference | None) -> str:
    if difference is None:
        return ""
    if difference.known is not None:
        return "known"
    return "mild" if difference.harmless else "bad"


def _tip(name: str, placement: Placement, now: int, difference: Difference | None) -> str:
    tip = (
        f"{one_line(name)}: {offset(placement.start - now)} to {offset(placement.stop - now)} "
        f"({duration(placement.stop - placement.start)}), on {placement.resources}"
    )
    return f"{tip} — {difference.kind}: {one_line(difference.why)}" if difference else tip
