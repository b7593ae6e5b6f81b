"""The plan cases of a campaign: servers draw them from one queue, and make the rounds of a case side by side."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from harness.compare.confirm import to_confirm
from harness.compare.doubt import doubted
from harness.compare.noise import MOST, unsteady
from harness.compare.settings import JudgeSettings
from harness.engine import ending
from harness.model.combination import Combination
from harness.model.fault import Fault, LostServer
from harness.model.record import Observation
from harness.plan.case import PlanBench, Snapshot
from harness.plan.confirm import confirm
from harness.run.arms import Arm
from harness.run.benches import Benches, enough
from harness.run.case import Case
from harness.run.events import Listener
from harness.run.ledger import Ledger
from harness.run.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Plans:
    """How plan cases are observed.

    :ivar cold: whether jobs are submitted by ``oarsub`` and each program is started as the Almighty would; else jobs
        are laid as the rows that ``oarsub`` leaves, and programs are kept loaded (:mod:`harness.plan.warm`).
    :ivar settings: how the run is judged: where a column differs, the reference is asked again.
    :ivar environment: the run's surroundings, for known differences.
    """

    workshop: Workshop
    ledger: Ledger
    tell: Listener
    cold: bool = False
    settings: JudgeSettings = field(default_factory=JudgeSettings)
    environment: Mapping[str, object] = field(default_factory=dict)

    def observe(self, arms: Sequence[Arm], cases: Sequence[Case]) -> None:
        """Observe the cases under their columns; raises MachineFault where the engine is gone."""
        for name, group in _by_source(arms).items():
            work = [(case, wanted) for case in cases if (wanted := [a for a in self.ledger.arms(case) if a in group])]
            if work:
                self._observe(name, group, work)

    def _observe(self, name: str, arms: list[Arm], work: list[tuple[Case, list[Arm]]]) -> None:
        maker = next((arm for arm in arms if arm.source), None)
        count = enough(len(work))
        try:
            with Benches(
                self.workshop, maker, count, tell=self.tell, name=f"plan-{name or 'oar2'}", warm=not self.cold
            ) as benches:
                self._draw(benches, count, _Queue(work))
        except (Fault, SQLAlchemyError) as fault:
            self.workshop.check(fault)
            if self.workshop.closed:
                raise
            for case, wanted in work:
                self.ledger.not_run(case, wanted, fault)

    def _draw(self, benches: Benches, count: int, queue: _Queue) -> None:
        pool = ThreadPoolExecutor(count, thread_name_prefix="plan")
        try:
            for done in [pool.submit(self._work, benches, number, queue) for number in range(count)]:
                done.result()
        except (Fault, SQLAlchemyError):
            queue.end()
            raise
        except BaseException:
            queue.end()
            self.workshop.abort()
            raise
        finally:
            if self.workshop.closed:
                # A second signal may have come while the lanes were ended: nobody is to wait for one that is left.
                self.workshop.abort()
            pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, benches: Benches, number: int, queue: _Queue) -> None:
        for case, arms in queue:
            try:
                self._case(benches.benches[number], case, arms)
            except (Fault, SQLAlchemyError) as fault:
                ending.check()
                self.workshop.check(fault)
                if not isinstance(fault, LostServer) and benches.benches[number].alive():
                    self.ledger.not_run(case, arms, fault)
                    continue
                benches.replace(number, fault)
                queue.back(case, arms, fault)
            except InterruptedError:
                raise
            except Exception as error:
                if self.workshop.closed:
                    raise
                self.ledger.unforeseen(case, arms, error)
        for case, arms, why in queue.lost():
            self.ledger.not_run(case, arms, why)

    def _case(self, bench: PlanBench, case: Case, arms: list[Arm]) -> None:
        by_combination = {arm.combination.id: arm for arm in arms}
        snapshot = bench.snapshot(case.scenario, by="oarsub" if self.cold else "any")
        self.ledger.situate(case, snapshot.situation)
        for arm in arms:
            self.ledger.started(case, arm)
        held: list[Arm] = []

        def keep(combination: Combination, seen: Observation) -> None:
            arm = by_combination[combination.id]
            self.ledger.hold(case, arm, seen)
            if arm.id in self._doubted(case):
                held.append(arm)
            else:
                self.ledger.ended(case, arm)

        bench.observe(
            snapshot,
            [arm.combination for arm in arms],
            self.ledger.artefacts(case),
            keep,
            columns={arm.combination.id: arm.id for arm in arms},
        )
        try:
            self._again(bench, snapshot, case)
            self._confirm(bench, case, {arm.id: arm.combination for arm in arms})
        finally:
            for arm in held:
                self.ledger.ended(case, arm)

    def _doubted(self, case: Case) -> list[str]:
        return doubted(self.ledger.record(case), self.settings, self.environment)

    def _again(self, bench: PlanBench, snapshot: Snapshot, case: Case) -> None:
        """Ask the reference again while a column differs: twice, and once more where one still does."""
        reference = next((arm for arm in self.ledger.arms(case) if arm.id == self.ledger.reference), None)
        if reference is None:
            return
        made = 0
        while made < MOST and self._doubted(case):
            times = min(2, MOST - made)
            for seen in bench.again(snapshot, reference.combination, self.ledger.artefacts(case), made, times):
                self.ledger.repeat(case, seen)
            made += times
        if unsteady(self.ledger.record(case)):
            for arm in self.ledger.arms(case):
                if arm.id in self._doubted(case):
                    for seen in bench.again(snapshot, arm.combination, self.ledger.artefacts(case), 0, 2):
                        self.ledger.repeat(case, seen, arm)

    def _confirm(self, bench: PlanBench, case: Case, columns: Mapping[str, Combination]) -> None:
        """Make the case's rounds once more without the causes that known differences name, where they may explain."""
        reference = self.ledger.reference
        found = to_confirm(self.ledger.record(case), self.settings, self.environment)
        for number, (without, names) in enumerate(found, 1):
            candidates = {name: columns[name] for name in names if name in columns}
            if candidates and reference in columns:
                folder = self.ledger.artefacts(case) / f"without-{number}"
                by: Literal["oarsub", "any"] = "oarsub" if self.cold else "any"
                who = (reference, columns[reference])
                self.ledger.confirm(case, confirm(bench, case.scenario, without, who, candidates, folder, by))


class _Queue:
    """Cases still to be observed, for several threads; one whose server was lost gets a second try."""

    def __init__(self, work: Iterable[tuple[Case, list[Arm]]]) -> None:
        self._work = list(work)[::-1]
        self._again: dict[str, Fault | SQLAlchemyError] = {}
        self._lost: list[tuple[Case, list[Arm], Fault | SQLAlchemyError]] = []
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[tuple[Case, list[Arm]]]:
        while True:
            ending.check()
            with self._lock:
                if not self._work:
                    return
                taken = self._work.pop()
            yield taken

    def back(self, case: Case, arms: list[Arm], fault: Fault | SQLAlchemyError) -> None:
        with self._lock:
            if case.id in self._again:
                self._lost.append((case, arms, fault))
            else:
                self._work.append((case, arms))
            self._again[case.id] = fault

    def lost(self) -> list[tuple[Case, list[Arm], Fault | SQLAlchemyError]]:
        """Those that were tried twice; each is told once."""
        with self._lock:
            lost, self._lost = self._lost, []
            return lost

    def end(self) -> None:
        with self._lock:
            self._work.clear()


def _by_source(arms: Sequence[Arm]) -> dict[str, list[Arm]]:
    """Columns by the copy of OAR3 their server has; those without one go with the first."""
    groups: dict[str, list[Arm]] = {}
    first = next((arm.source for arm in arms if arm.source), None)
    for arm in arms:
        source = arm.source or first
        groups.setdefault(source.name if source else "", []).append(arm)
    return groups
