"""Progress on a terminal or in a log: a line for each step, with a count."""

from __future__ import annotations

import contextlib
import threading
import time

from rich.console import Console

from harness.report.wording import number
from harness.run.events import Event, ObservationEnded, ObservationStarted, Planned, Stage


class Progress:
    """A listener that prints; on a terminal a status line says what is going on meanwhile."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._total = 0
        self._done: set[tuple[str, str, str]] = set()
        self._running: dict[tuple[str, str], str] = {}
        self._status = console.status("starting") if console.is_terminal else None
        self._lock = threading.Lock()
        if self._status:
            self._status.start()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        with self._lock:
            self._show(event)

    def close(self) -> None:
        """Take the status line away."""
        if self._status:
            self._status.stop()

    def _show(self, event: Event) -> None:
        match event:
            case Stage(text):
                self._line(f"{text}", style="dim")
                self._state(text)
            case Planned(observations, cases, columns):
                self._total = observations
                under = number(columns, "column")
                self._line(f"{number(cases, 'case')} under {under}: {number(observations, 'observation')} to make")
            case ObservationStarted(case, kind, _, column):
                self._running[case, column] = f"{kind} {column}"
                self._state(", ".join(list(self._running.values())[:2]) + (" …" if len(self._running) > 2 else ""))
            case ObservationEnded(case, kind, _, column, seconds, outcome):
                # One whose server was lost is observed again: it still counts once.
                self._done.add((case, kind, column))
                self._running.pop((case, column), None)
                mark = "" if outcome == "recorded" else f"  {outcome}"
                self._line(f"[{len(self._done)}/{self._total}] {kind:<5} {column}  {seconds:.1f} s{mark}")

    def _line(self, text: str, style: str = "") -> None:
        elapsed = time.monotonic() - self._began
        # A line that cannot be shown, as if standard error is a full disk, is no reason to end a run.
        with contextlib.suppress(OSError):
            self._console.print(
                f"{elapsed:6.1f} s  {text}", style=style, markup=False, highlight=False, soft_wrap=True
            )

    def _state(self, text: str) -> None:
        if self._status:
            self._status.update(text[: self._console.width - 12])
