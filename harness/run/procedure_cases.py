"""The procedures of a campaign: each pass on a fresh server."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from harness.engine.lane import Lane
from harness.live.live_case import lane_options
from harness.model.procedure import Way
from harness.model.record import Observation
from harness.model.registry import Registry
from harness.procedure.procedure_case import ProcedureCase
from harness.run.case import Case
from harness.run.columns import Column
from harness.run.in_parallel import short, side_by_side
from harness.run.lane_provider import LaneProvider
from harness.run.recorder import Recorder


@dataclass(frozen=True, slots=True)
class ProcedureObserver:
    """Observes procedures, ``lanes`` at a time."""

    provider: LaneProvider
    recorder: Recorder
    lanes: int
    registry: Registry

    def observe(self, cases: Sequence[Case]) -> None:
        """Observe the cases under their columns; raises MachineFault if the engine is gone."""
        side_by_side(self.provider, self.recorder, cases, self.lanes, self._observe)

    def _observe(self, case: Case, column: Column) -> Observation:
        def open_lane(way: Way) -> AbstractContextManager[Lane]:
            name = f"procedure-{short(case.id, column.id, way)}"
            installed = column if case.scenario.installed else None
            return self.provider.lane(name, installed, **lane_options(case.scenario))

        statements = self.provider.prepared(column.source).statements
        procedure = ProcedureCase(case.scenario, column.source, self.registry, statements)
        return procedure.observe(self.recorder.target(case, column), open_lane)
