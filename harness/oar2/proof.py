"""Proof from the server's own log that the intended programs made a round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.model.combination import Combination


@dataclass(frozen=True, slots=True)
class Proof:
    """The lines that show it, and what could not be shown (empty where nothing is missing)."""

    lines: tuple[str, ...]
    missing: str = ""

    @property
    def complete(self) -> bool:
        """Whether every program of the combination was seen."""
        return not self.missing


def find_proof(log: str, combination: Combination, *, scheduler: bool = True) -> Proof:
    """Look in the log of rounds for the combination's metascheduler, and for its scheduler where a queue had jobs.

    A metascheduler is known by its ``log_mark``. ``oar_meta_sched`` names the scheduler it starts (``Launching
    scheduler <policy> at time``); kao in external mode starts ``SCHEDULERS_PATH/<policy>`` for every active queue
    without saying so, so there the scheduler's own lines count (its ``log_mark``).

    :param scheduler: whether a job waited, so that a scheduler had to be called; without one, none is.
    """
    lines = log.splitlines()
    meta = combination.metascheduler
    found = []
    first = _first(lines, (meta.log_mark,))
    if not first:
        return Proof((), f"no line with {meta.log_mark!r}")
    found.append(first)
    if combination.scheduler is not None and scheduler:
        marks = (f"Launching scheduler {combination.scheduler.name} at", *combination.scheduler.log_marks)
        line = _first(lines, marks)
        if not line:
            return Proof(tuple(found), f"no line with {' or '.join(map(repr, marks))}")
        found.append(line)
    return Proof(tuple(found))


def _first(lines: Iterable[str], marks: tuple[str, ...]) -> str:
    return next((line.strip()[:300] for line in lines if any(mark in line for mark in marks)), "")
