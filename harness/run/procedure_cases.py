"""The procedures of a campaign: each pass on a fresh server."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from harness.engine.lane import Lane
from harness.live.live_case import lane_options
from harness.model.procedure import Way
from harness.model.record import Observation
from harness.model.registry import Registry
from harness.procedure.procedure_case import ProcedureCase
from harness.run.case import Case
from harness.run.columns import Column
from harness.run.environment import Provisioner
from harness.run.in_parallel import short, side_by_side
from harness.run.recorder import Recorder


def observe_procedures(
    provisioner: Provisioner, recorder: Recorder, cases: Iterable[Case], lanes: int, registry: Registry
) -> None:
    """Observe the cases under their columns, ``lanes`` at a time; raises MachineFault where the engine is gone."""

    def observe(case: Case, column: Column) -> Observation:
        statements = provisioner.prepared(column.source).statements

        def open_lane(way: Way) -> AbstractContextManager[Lane]:
            name = f"procedure-{short(case.id, column.id, way)}"
            return provisioner.lane(name, column if case.scenario.installed else None, **lane_options(case.scenario))

        procedure = ProcedureCase(case.scenario, column.combination, column.source, registry, statements)
        return procedure.observe(open_lane, recorder.artefacts(case), column=column.id)

    side_by_side(provisioner, recorder, cases, lanes, observe)
