"""What happens during a run, for whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of setting up: an engine found, an image being built, OAR3 being installed."""

    text: str


@dataclass(frozen=True, slots=True)
class Planned:
    """How many observations there will be: of each case under each column that it is for."""

    observations: int
    cases: int
    columns: int


@dataclass(frozen=True, slots=True)
class ObservationStarted:
    """An observation has begun."""

    case: str
    kind: str
    title: str
    column: str


@dataclass(frozen=True, slots=True)
class ObservationEnded:
    """An observation is there: ``outcome`` is ``recorded``, ``crash`` or the reason why it was not run."""

    case: str
    kind: str
    title: str
    column: str
    seconds: float
    outcome: str


Event = Stage | Planned | ObservationStarted | ObservationEnded


class Listener(Protocol):
    """Called with each of a run's events, from any thread: :class:`~harness.run.progress.Progress`, or a function."""

    def __call__(self, event: Event, /) -> None:
        """Take in an event; what it raises ends the run."""
