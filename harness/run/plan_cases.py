"""The plan cases of a campaign: servers draw them from one queue, and make the rounds of a case side by side."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from harness.compare.ask_again import doubted
from harness.compare.confirmations import to_confirm
from harness.compare.judge_settings import JudgeSettings
from harness.compare.reference_noise import MOST, unsteady
from harness.engine import ending
from harness.model.fault import Fault, LostServer
from harness.model.record import Observation
from harness.model.target import Target
from harness.plan.confirming_round import confirm
from harness.plan.plan_server import PlanServer, Snapshot
from harness.run.case import Case
from harness.run.columns import Column
from harness.run.lane_provider import LaneProvider
from harness.run.plan_servers import PlanServers, enough
from harness.run.recorder import Recorder


@dataclass(frozen=True, slots=True)
class PlanObserver:
    """Observes plan cases.

    :ivar columns: the run's, the reference first.
    :ivar cold: whether jobs are submitted by ``oarsub`` and each program is started as the Almighty would; else jobs
        are laid as the rows that ``oarsub`` leaves, and programs are kept loaded (:mod:`harness.plan.warm_rounds`).
    :ivar settings: how the run is judged: if a column differs, the reference is observed again.
    :ivar environment: the run's surroundings, for known differences.
    """

    provider: LaneProvider
    recorder: Recorder
    columns: Sequence[Column]
    cold: bool = False
    settings: JudgeSettings = field(default_factory=JudgeSettings)
    environment: Mapping[str, object] = field(default_factory=dict)

    def observe(self, cases: Sequence[Case]) -> None:
        """Observe the cases under their columns; raises MachineFault if the engine is gone."""
        for name, group in _by_source(self.columns).items():
            wanted = {case.id: [each for each in self.recorder.columns(case) if each in group] for case in cases}
            work = [(case, wanted[case.id]) for case in cases if wanted[case.id]]
            if work:
                self._observe(name, group, work)

    def _observe(self, name: str, columns: list[Column], work: list[tuple[Case, list[Column]]]) -> None:
        maker = next((column for column in columns if column.source), None)
        count = enough(len(work))
        try:
            with PlanServers(
                self.provider,
                maker,
                count,
                notify=self.recorder.notify,
                name=f"plan-{name or 'oar2'}",
                warm=not self.cold,
            ) as plan_servers:
                self._draw(plan_servers, count, _Queue(work))
        except (Fault, SQLAlchemyError) as fault:
            self.provider.check(fault)
            if self.provider.closed:
                raise
            for case, wanted in work:
                self.recorder.not_run(case, wanted, fault)

    def _draw(self, plan_servers: PlanServers, count: int, queue: _Queue) -> None:
        pool = ThreadPoolExecutor(count, thread_name_prefix="plan")
        try:
            for done in [pool.submit(self._work, plan_servers, number, queue) for number in range(count)]:
                done.result()
        except (Fault, SQLAlchemyError):
            queue.end()
            raise
        except BaseException:
            queue.end()
            self.provider.abort()
            raise
        finally:
            if self.provider.closed:
                # A second signal may have come while the lanes were ended: nobody is to wait for one that is left.
                self.provider.abort()
            pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, plan_servers: PlanServers, number: int, queue: _Queue) -> None:
        for case, columns in queue:
            try:
                self._case(plan_servers.plan_servers[number], case, columns)
            except (Fault, SQLAlchemyError) as fault:
                ending.check()
                self.provider.check(fault)
                if not isinstance(fault, LostServer) and plan_servers.plan_servers[number].alive():
                    self.recorder.not_run(case, columns, fault)
                    continue
                plan_servers.replace(number, fault)
                queue.back(case, columns, fault)
            except InterruptedError:
                raise
            except Exception as error:
                if self.provider.closed:
                    raise
                self.recorder.unforeseen(case, columns, error)
        for case, columns, why in queue.lost():
            self.recorder.not_run(case, columns, why)

    def _case(self, plan_server: PlanServer, case: Case, columns: list[Column]) -> None:
        snapshot = plan_server.snapshot(case.scenario, by="oarsub" if self.cold else "any")
        self.recorder.situate(case, snapshot.situation)
        for column in columns:
            self.recorder.started(case, column)
        held: list[Column] = []
        by_id = {column.id: column for column in columns}

        def keep(target: Target, seen: Observation) -> None:
            column = by_id[target.id]
            self.recorder.hold(case, column, seen)
            if column.id in self._doubted(case):
                held.append(column)
            else:
                self.recorder.ended(case, column)

        plan_server.observe(snapshot, [self.recorder.target(case, column) for column in columns], keep)
        try:
            self._again(plan_server, snapshot, case)
            self._confirm(plan_server, case, by_id)
        finally:
            for column in held:
                self.recorder.ended(case, column)

    def _doubted(self, case: Case) -> list[str]:
        return doubted(self.recorder.record(case), self.settings, self.environment)

    def _again(self, plan_server: PlanServer, snapshot: Snapshot, case: Case) -> None:
        """Observe the reference again while a column differs: twice, and once more if one still does."""
        reference = next(
            (column for column in self.recorder.columns(case) if column.id == self.recorder.reference), None
        )
        if reference is None:
            return
        target = self.recorder.target(case, reference)
        made = 0
        while made < MOST and self._doubted(case):
            times = min(2, MOST - made)
            for seen in plan_server.again(snapshot, target, made, times):
                self.recorder.repeat(case, seen)
            made += times
        if unsteady(self.recorder.record(case)):
            for column in self.recorder.columns(case):
                if column.id in self._doubted(case):
                    for seen in plan_server.again(snapshot, self.recorder.target(case, column), 0, 2):
                        self.recorder.repeat(case, seen)

    def _confirm(self, plan_server: PlanServer, case: Case, columns: Mapping[str, Column]) -> None:
        """Make the case's rounds once more without the causes that known differences name, if they may explain."""
        reference = self.recorder.reference
        found = to_confirm(self.recorder.record(case), self.settings, self.environment)
        for number, (without, names) in enumerate(found, 1):
            wanted = [name for name in (reference, *names) if name in columns]
            if len(wanted) > 1 and wanted[0] == reference:
                place = f"without-{number}"
                first, *others = (self.recorder.target(case, columns[name], place) for name in wanted)
                by: Literal["oarsub", "any"] = "oarsub" if self.cold else "any"
                self.recorder.confirm(case, confirm(plan_server, case.scenario, without, first, others, by))


class _Queue:
    """Cases still to be observed, for several threads; one whose server was lost gets a second try."""

    def __init__(self, work: Iterable[tuple[Case, list[Column]]]) -> None:
        self._work = list(work)[::-1]
        self._again: dict[str, Fault | SQLAlchemyError] = {}
        self._lost: list[tuple[Case, list[Column], Fault | SQLAlchemyError]] = []
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[tuple[Case, list[Column]]]:
        while True:
            ending.check()
            with self._lock:
                if not self._work:
                    return
                taken = self._work.pop()
            yield taken

    def back(self, case: Case, columns: list[Column], fault: Fault | SQLAlchemyError) -> None:
        with self._lock:
            if case.id in self._again:
                self._lost.append((case, columns, fault))
            else:
                self._work.append((case, columns))
            self._again[case.id] = fault

    def lost(self) -> list[tuple[Case, list[Column], Fault | SQLAlchemyError]]:
        """Those that were tried twice; each is returned once."""
        with self._lock:
            lost, self._lost = self._lost, []
            return lost

    def end(self) -> None:
        with self._lock:
            self._work.clear()


def _by_source(columns: Sequence[Column]) -> dict[str, list[Column]]:
    """Columns by the copy of OAR3 their server has; those without one go with the first."""
    groups: dict[str, list[Column]] = {}
    first = next((column.source for column in columns if column.source), None)
    for column in columns:
        source = column.source or first
        groups.setdefault(source.name if source else "", []).append(column)
    return groups
