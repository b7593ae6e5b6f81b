"""The live cases of a campaign: several servers at a time, each kept for the cases of one column."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace

from harness.live.case import LiveCase, lane_options
from harness.live.stand import Stand
from harness.model.record import Observation
from harness.run.arms import Arm
from harness.run.case import Case
from harness.run.ledger import Ledger
from harness.run.side_by_side import at_once, record, short
from harness.run.turns import Turn, Turns
from harness.run.workshop import Workshop


def observe_live(workshop: Workshop, ledger: Ledger, cases: Iterable[Case], lanes: int) -> None:
    """Observe the cases under their columns, on ``lanes`` servers; raises MachineFault where the engine is gone."""
    work = [Turn(case, arm) for case in cases for arm in ledger.arms(case)]
    # Neighbours in the catalogue are alike: side by side they would all wait, or all compute, at the same time.
    turns = Turns(sorted(work, key=lambda turn: short(turn.case.id, turn.arm.id)))
    at_once(workshop, lanes, [_Worker(workshop, ledger, turns).work for _ in range(min(lanes, len(turns)))])


class _Worker:
    """Has one lane at a time, for as long as turns are left that can be taken on it."""

    def __init__(self, workshop: Workshop, ledger: Ledger, turns: Turns) -> None:
        self._workshop = workshop
        self._ledger = ledger
        self._turns = turns
        self._stand: Stand | None = None
        self._following: Turn | None = None

    def work(self) -> None:
        """Until no turn is left; a server on which something failed is given up."""
        while turn := self._turns.first():
            kind = turn.kind
            with ExitStack() as lane, self._turns.serving(kind):
                self._stand = None
                while turn:
                    self._following = None
                    record(self._workshop, self._ledger, turn.case, turn.arm, lambda *it: self._observe(lane, *it))
                    turn = self._following

    def _observe(self, lane: ExitStack, case: Case, arm: Arm) -> Observation:
        if self._stand is None:
            name = f"live-{short(case.id, arm.id)}"
            started = lane.enter_context(self._workshop.lane(name, arm, **lane_options(case.scenario)))
            self._stand = Stand(started, arm.combination, self._workshop.prepared(arm.source).statements)
        seen = LiveCase(self._stand, case.scenario).observe(self._ledger.artefacts(case), column=arm.id)
        self._following = self._turns.next(Turn(case, arm).kind)
        if self._following is None:
            seen = replace(seen, crashes=(*seen.crashes, *self._stand.restore()))
        return seen
