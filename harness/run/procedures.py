"""The procedures of a campaign: each pass on a fresh server."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from harness.engine.lane import Lane
from harness.live.case import lane_options
from harness.model.procedure import Way
from harness.model.record import Observation
from harness.model.registry import Registry
from harness.procedure.case import ProcedureCase
from harness.run.arms import Arm
from harness.run.case import Case
from harness.run.ledger import Ledger
from harness.run.side_by_side import short, side_by_side
from harness.run.workshop import Workshop


def observe_procedures(
    workshop: Workshop, ledger: Ledger, cases: Iterable[Case], lanes: int, registry: Registry
) -> None:
    """Observe the cases under their columns, ``lanes`` at a time; raises MachineFault where the engine is gone."""

    def observe(case: Case, arm: Arm) -> Observation:
        statements = workshop.prepared(arm.source).statements

        def open_lane(way: Way) -> AbstractContextManager[Lane]:
            name = f"procedure-{short(case.id, arm.id, way)}"
            return workshop.lane(name, arm if case.scenario.installed else None, **lane_options(case.scenario))

        procedure = ProcedureCase(case.scenario, arm.combination, arm.source, registry, statements)
        return procedure.observe(open_lane, ledger.artefacts(case), column=arm.id)

    side_by_side(workshop, ledger, cases, lanes, observe)
