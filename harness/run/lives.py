"""The live cases of a campaign: several servers at a time, each kept for the cases of one column."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace

from sqlalchemy.exc import SQLAlchemyError

from harness.live.case import LiveCase, lane_options
from harness.live.stand import Stand
from harness.model.fault import Fault, LostServer
from harness.model.record import CaseRecord, Observation
from harness.run.arms import Arm
from harness.run.case import Case
from harness.run.ledger import Ledger
from harness.run.side_by_side import Keep, at_once, record, short
from harness.run.turns import Turn, Turns
from harness.run.workshop import Workshop

Doubted = Callable[[CaseRecord], list[str]]


def observe_live(
    workshop: Workshop, ledger: Ledger, cases: Iterable[Case], lanes: int, doubted: Doubted = lambda _: []
) -> None:
    """Observe the cases under their columns, on ``lanes`` servers; raises MachineFault where the engine is gone.

    Where a column differs the case is observed on a second server of the reference, before that is told: what two
    servers of the reference differ by is the machine's noise.

    :param doubted: the columns of a case that differ, as recorded so far.
    """
    wanted = list(cases)
    post = _Post(ledger, doubted)
    _observe(workshop, ledger, [Turn(case, arm) for case in wanted for arm in ledger.arms(case)], lanes, post.keep)
    try:
        again = [
            Turn(case, arm)
            for case in wanted
            for arm in ledger.arms(case)
            if arm.id == ledger.reference and post.waiting(case)
        ]
        _observe(workshop, ledger, again, lanes, post.repeat, again=True)
    finally:
        post.deliver()


def _observe(
    workshop: Workshop, ledger: Ledger, work: Iterable[Turn], lanes: int, keep: Keep, *, again: bool = False
) -> None:
    # Neighbours in the catalogue are alike: side by side they would all wait, or all compute, at the same time.
    turns = Turns(sorted(work, key=lambda turn: short(turn.case.id, turn.arm.id)))
    count = min(lanes, len(turns))
    at_once(workshop, lanes, [_Worker(workshop, ledger, turns, keep, again).work for _ in range(count)])


class _Post:
    """Keeps each observation at once, and tells it when it may be judged: what differs, after the second server."""

    def __init__(self, ledger: Ledger, doubted: Doubted) -> None:
        self._ledger = ledger
        self._doubted = doubted
        self._held: dict[str, tuple[Case, dict[str, Arm]]] = {}
        self._lock = threading.Lock()

    def keep(self, case: Case, arm: Arm, seen: Observation) -> None:
        """Keep an observation, and tell what of its case can be judged now."""
        self._ledger.hold(case, arm, seen)
        with self._lock:
            held = self._held.setdefault(case.id, (case, {}))[1]
            held[arm.id] = arm
            due = any(each.id == self._ledger.reference for each in self._ledger.arms(case))
            if due and self._ledger.reference not in self._ledger.seen(case):
                return
            doubted = self._doubted(self._ledger.record(case))
            ready = [held.pop(column) for column in list(held) if column not in doubted]
        for each in ready:
            self._ledger.ended(case, each)

    def repeat(self, case: Case, _: Arm, seen: Observation) -> None:
        """Keep an observation of the second server."""
        self._ledger.repeat(case, seen)

    def waiting(self, case: Case) -> bool:
        """Whether a column of the case is not told yet, as it differs."""
        return bool(self._held.get(case.id, (case, {}))[1])

    def deliver(self) -> None:
        """Tell what was not told yet."""
        for case, held in self._held.values():
            for arm in held.values():
                self._ledger.ended(case, arm)
            held.clear()


class _Worker:
    """Has one lane at a time, for as long as turns are left that can be taken on it."""

    def __init__(self, workshop: Workshop, ledger: Ledger, turns: Turns, keep: Keep, again: bool = False) -> None:
        self._workshop = workshop
        self._ledger = ledger
        self._turns = turns
        self._keep = keep
        self._again = "again" if again else ""
        self._stand: Stand | None = None
        self._following: Turn | None = None
        self._lanes = 0

    def work(self) -> None:
        """Until no turn is left; a server on which something failed is given up."""
        while turn := self._turns.first():
            kind = turn.kind
            with ExitStack() as lane, self._turns.serving(kind):
                self._stand = None
                while turn:
                    self._following = None
                    self._record(turn, lane)
                    turn = self._following

    def _record(self, turn: Turn, lane: ExitStack) -> None:
        if not self._again:
            record(
                self._workshop, self._ledger, turn.case, turn.arm, lambda *it: self._observe(lane, *it), self._keep
            )
            return
        try:
            self._keep(turn.case, turn.arm, self._observe(lane, turn.case, turn.arm))
        except (Fault, SQLAlchemyError) as fault:
            self._workshop.check(fault)  # without a second server the case is judged as it stands

    def _observe(self, lane: ExitStack, case: Case, arm: Arm) -> Observation:
        try:
            return self._seen(lane, case, arm)
        except LostServer:
            # Whoever tries again is to have another.
            lane.close()
            self._stand, self._following = None, None
            raise

    def _seen(self, lane: ExitStack, case: Case, arm: Arm) -> Observation:
        if self._stand is None:
            self._lanes += 1
            name = f"live-{short(case.id, arm.id, self._again, str(self._lanes))}"
            started = lane.enter_context(self._workshop.lane(name, arm, **lane_options(case.scenario)))
            self._stand = Stand(started, arm.combination, self._workshop.prepared(arm.source).statements)
        seen = LiveCase(self._stand, case.scenario).observe(
            self._ledger.artefacts(case), column="-".join(filter(None, (arm.id, self._again)))
        )
        self._following = self._turns.next(Turn(case, arm).kind)
        if self._following is None:
            with self._stand.machinery.watched():
                crashes = self._stand.restore()
            if crashes:
                self._stand.machinery.check()
            seen = replace(seen, crashes=(*seen.crashes, *crashes))
        return seen
