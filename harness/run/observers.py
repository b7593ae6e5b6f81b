"""What observes the cases of a campaign: one observer for each kind of case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from harness.compare.ask_again import doubted
from harness.model.record import CaseRecord, Kind
from harness.run.assignment import Assignment
from harness.run.case import Case
from harness.run.lane_provider import LaneProvider
from harness.run.live_cases import LiveObserver
from harness.run.plan_cases import PlanObserver
from harness.run.procedure_cases import ProcedureObserver
from harness.run.recorder import Recorder


class Observer(Protocol):
    """Observes cases of one kind under their columns; what it sees is kept by the campaign's recorder."""

    def observe(self, cases: Sequence[Case]) -> None:
        """Observe the cases; raises MachineFault if the engine is gone."""


def make_observers(
    assignment: Assignment, provider: LaneProvider, recorder: Recorder, environment: Mapping[str, object]
) -> dict[Kind, Observer]:
    """The observers of a campaign, in the order in which they are to observe.

    :param environment: the run's surroundings, for known differences.
    """

    def doubted_columns(record: CaseRecord) -> list[str]:
        return doubted(record, assignment.settings, environment)

    return {
        Kind.PLAN: PlanObserver(
            provider, recorder, assignment.columns, assignment.cold, assignment.settings, environment
        ),
        Kind.LIVE: LiveObserver(provider, recorder, assignment.lanes, doubted_columns, assignment.live_limits),
        Kind.PROCEDURE: ProcedureObserver(provider, recorder, assignment.lanes, assignment.registry),
    }
