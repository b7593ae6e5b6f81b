"""A case of a run: one scenario under one kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from harness.model.record import Kind
from harness.workload.scenario import Scenario

DEFAULT_TOLERANCE = 60
"""Seconds by which a start may differ and be called ``shifted`` if neither scenario nor site says it."""


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario under one kind."""

    id: str
    kind: Kind
    scenario: Scenario

    @property
    def title(self) -> str:
        """The scenario's title."""
        return self.scenario.title


def select_cases(
    scenarios: Iterable[Scenario], identify: Callable[[Scenario, Kind], str], wanted: Iterable[str] = ()
) -> list[Case]:
    """The cases of those scenarios, or those of them whose id begins with one of the wanted."""
    prefixes = tuple(wanted)
    cases = [Case(identify(scenario, kind), kind, scenario) for scenario in scenarios for kind in scenario.kinds]
    return [case for case in cases if not prefixes or case.id.startswith(prefixes)]
