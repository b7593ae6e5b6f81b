"""How a failed item is reported: differences, crashes, where its files lie, and the command that repeats it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.model.difference import Difference
from harness.plugin.background_run import Judged
from harness.report.safe_text import last_lines, one_line
from harness.report.wording import STATUSES

ROWS = 20
"""How many differences are listed; the reports have all of them."""
_LOG_LINES = 30
_WIDEST, _NARROWEST, _JOB = 120, 60, 24


class ScenarioFailure(Exception):
    """A candidate did not decide as the reference does, or not validly, or crashed."""

    def __init__(self, judged: Judged, reference: str, folder: Path) -> None:
        super().__init__(headline(judged))
        self.judged = judged
        self.reference = reference
        self.folder = folder


@dataclass(frozen=True, slots=True)
class Place:
    """Where and what, for pytest's own summary of one line an item."""

    path: str
    lineno: int
    message: str


class FailureReport:
    """A failure as pytest shows it: on the terminal, in one line, and as text."""

    def __init__(self, failure: ScenarioFailure, path: str) -> None:
        self._failure = failure
        self.reprcrash = Place(path, 1, str(failure))

    def __str__(self) -> str:
        return "\n".join(text for text, _ in lines(self._failure))

    def toterminal(self, writer: Any) -> None:
        """Write it to pytest's terminal."""
        for text, markup in lines(self._failure, writer.fullwidth):
            writer.line(text, **markup)


def headline(judged: Judged) -> str:
    """The worst of a case in one line."""
    differences = _worst_first(judged)
    if not differences:
        return judged.result.why or STATUSES[judged.result.status]
    worst = differences[0]
    more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
    return one_line(f"{worst.job or 'the round'}: {worst.kind}: {worst.why}{more}")


def lines(failure: ScenarioFailure, width: int = 100) -> Iterator[tuple[str, dict[str, bool]]]:
    """The lines, each with its markup for a terminal."""
    judged, result = failure.judged, failure.judged.result
    width = max(_NARROWEST, min(width, _WIDEST))
    yield one_line(f"{result.title} ({result.kind} case {result.id})"), {"bold": True}
    yield f"reference: {failure.reference}", {}
    side = "reference itself" if result.candidate == failure.reference else "candidate"
    yield f"{side}: {result.candidate}: {result.status}", {"red": True}
    if result.shared:
        yield "The reference shows the same: check the scenario, or OAR2.", {"bold": True}
    yield "", {}
    differences = _worst_first(judged)
    yield from ((text, {}) for text in _table(differences[:ROWS], width))
    if len(differences) > ROWS:
        yield f"… and {len(differences) - ROWS} more: see the reports", {}
    for refusal in result.refused:
        yield "", {}
        expected = "as the scenario expects" if refusal.expected else "which the scenario does not expect"
        yield one_line(f"refused by oarsub, {expected}: {refusal.label}: {refusal.words}"), {}
        if refusal.command:
            yield one_line(f"  typed: {refusal.command}"), {}
    for side, crash in judged.crashes:
        yield "", {}
        yield one_line(f"{crash.program}: {crash.how} (under {side})"), {"bold": True}
        yield from ((f"  {line}", {}) for line in last_lines(crash.log, _LOG_LINES).split("\n") if line)
    yield "", {}
    yield f"files:     {failure.folder / result.artefacts}", {}
    yield f"reproduce: {result.reproduce}", {}


def _worst_first(judged: Judged) -> list[Difference]:
    found = [d for d in judged.result.differences if not d.harmless]
    return sorted(found, key=lambda d: (d.known is not None, -d.kind.severity))


def _table(differences: list[Difference], width: int) -> Iterator[str]:
    """Job, class and why in columns; why goes on below itself."""
    if not differences:
        return
    rows = [
        (
            one_line(d.job) or "(the round)",
            d.kind.value,
            one_line(d.why) + (f" [known: {d.known}]" if d.known else ""),
        )
        for d in differences
    ]
    first = min(_JOB, max(len(job) for job, _, _ in rows))
    second = max(len(kind) for _, kind, _ in rows)
    indent = " " * (first + second + 6)
    yield f"  {'job':<{first}}  {'class':<{second}}  why"
    for job, kind, why in rows:
        wrapped = textwrap.wrap(why, max(20, width - len(indent)), break_long_words=False) or [""]
        yield f"  {job:<{first}}  {kind:<{second}}  {wrapped[0]}"
        yield from (indent + line for line in wrapped[1:])
