"""The live cases of a campaign: each observation on a whole server of its own."""

from __future__ import annotations

from collections.abc import Iterable

from harness.live.case import LiveCase, lane_options
from harness.model.record import Observation
from harness.run.arms import Arm
from harness.run.case import Case
from harness.run.ledger import Ledger
from harness.run.side_by_side import short, side_by_side
from harness.run.workshop import Workshop


def observe_live(workshop: Workshop, ledger: Ledger, cases: Iterable[Case], lanes: int) -> None:
    """Observe the cases under their columns, ``lanes`` at a time; raises MachineFault where the engine is gone."""

    def observe(case: Case, arm: Arm) -> Observation:
        statements = workshop.prepared(arm.source).statements
        with workshop.lane(f"live-{short(case.id, arm.id)}", arm, **lane_options(case.scenario)) as lane:
            return LiveCase(lane, case.scenario, arm.combination).observe(
                statements, ledger.artefacts(case), column=arm.id
            )

    side_by_side(workshop, ledger, cases, lanes, observe)
