"""What happens during a run, for whoever wants to show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of setting up: an engine found, an image being built, OAR3 being installed."""

    text: str


@dataclass(frozen=True, slots=True)
class Planned:
    """How many observations there will be: of each case under each column that it is for."""

    observations: int
    cases: int
    combinations: int


@dataclass(frozen=True, slots=True)
class ObservationStarted:
    """An observation has begun."""

    case: str
    kind: str
    title: str
    combination: str


@dataclass(frozen=True, slots=True)
class ObservationEnded:
    """An observation is there: ``outcome`` is ``recorded``, ``crash`` or the reason why it was not run."""

    case: str
    kind: str
    title: str
    combination: str
    seconds: float
    outcome: str


Event = Stage | Planned | ObservationStarted | ObservationEnded
Listener = Callable[[Event], None]
