"""A campaign: the cases of a run, observed under each of its columns, and recorded as they come in.

scenarios × arms ─▶ plan cases, one after another, their rounds side by side ─┐
                 ─▶ live cases, each observation on a lane of its own ────────┼─▶ RunRecord ─▶ (judge)
                 ─▶ procedures, each pass on a lane of its own ───────────────┘
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from harness.engine.lane import Lane
from harness.live.case import LiveCase
from harness.model.combination import Registry
from harness.model.fault import Fault, MachineFault
from harness.model.procedure import Way
from harness.model.record import Adaptation, CaseRecord, Kind, Missing, Observation, RunRecord
from harness.model.schedule import Situation
from harness.oar3.source import Oar3Source
from harness.plan.case import EPOCH, PlanBench
from harness.plan.clock import stamp
from harness.procedure.case import ProcedureCase
from harness.report.history import case_folder, write_case, write_head
from harness.run.arms import Arm
from harness.run.events import Ended, Listener, Planned, Started
from harness.run.workshop import Workshop
from harness.workload.scenario import Scenario

DEFAULT_TOLERANCE = 60
"""Seconds by which a start may differ and be called ``shifted`` where neither scenario nor site says it."""


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


@dataclass
class Campaign:
    """All the cases of a run.

    :ivar folder: the run's folder below ``reports/``.
    :ivar lanes: live lanes at a time.
    :ivar pairs: the cases' and columns' ids to observe; None: each case under each column.
    :ivar environment: the report's, once :meth:`run` has looked.
    """

    workshop: Workshop
    arms: list[Arm]
    cases: list[Case]
    folder: Path
    tell: Listener
    sources: tuple[Oar3Source, ...] = ()
    missing: tuple[Missing, ...] = ()
    reproduce: str = ""
    lanes: int = 4
    pairs: frozenset[tuple[str, str]] | None = None
    registry: Registry = field(default_factory=Registry)
    environment: Mapping[str, object] = field(default_factory=dict)
    _found: dict[str, dict[str, Observation]] = field(default_factory=dict)
    _situations: dict[str, Situation] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> RunRecord:
        """Observe everything, and return the record; what is there so far is recorded whatever happens."""
        self.tell(Planned(sum(len(self._arms(case)) for case in self.cases), len(self.cases)))
        first = self.sources[0] if self.sources else None
        self.environment = {**self.workshop.environment(), "oar3": first.environment() if first else None}
        try:
            self._plan([case for case in self.cases if case.kind is Kind.PLAN])
            self._live([case for case in self.cases if case.kind is Kind.LIVE])
            self._procedures([case for case in self.cases if case.kind is Kind.PROCEDURE])
        finally:
            record = self.record()
            write_head(record, self.folder)
        return record

    def record(self) -> RunRecord:
        """The record of what was observed so far."""
        return RunRecord(
            environment=self.environment,
            reference=self.arms[0].id,
            combinations=tuple(arm.id for arm in self.arms),
            cases=tuple(self._case_record(case) for case in self.cases if case.id in self._found),
            adaptations=self._adaptations(),
            missing=(*self.missing, *self._unseen()),
            reproduce=self.reproduce,
        )

    def recorded(self, case: str) -> CaseRecord | None:
        """What was observed so far of the case of that id; None where nothing could be."""
        with self._lock:
            found = (each for each in self.cases if each.id == case and case in self._situations)
            return next((self._case_record(each) for each in found), None)

    def _unseen(self) -> list[Missing]:
        """The cases that failed before there was anything to judge them against."""
        return [
            Missing(f"{case.kind} case {case.id} ({case.title})", reasons[0], "see why, and run it again")
            for case in self.cases
            if case.id not in self._situations
            and (reasons := [seen.not_run for seen in self._found.get(case.id, {}).values()])
        ]

    def _adaptations(self) -> dict[str, tuple[Adaptation, ...]]:
        return {arm.id: self.workshop.prepared(arm.source).adaptations for arm in self.arms if arm.source}

    def _arms(self, case: Case) -> list[Arm]:
        return [
            arm
            for arm in self.arms
            if not case.scenario.not_for(arm.combination.id)
            and (self.pairs is None or (case.id, arm.id) in self.pairs)
        ]

    def _plan(self, cases: list[Case]) -> None:
        if not cases:
            return
        groups: dict[str, list[Arm]] = {}
        first = next((arm.source for arm in self.arms if arm.source), None)
        for arm in self.arms:
            source = arm.source or first
            groups.setdefault(source.name if source else "", []).append(arm)
        for name, arms in groups.items():
            maker = next((arm for arm in arms if arm.source), None)
            statements = self.workshop.prepared(maker.source if maker else None).statements
            try:
                with self.workshop.lane(f"plan-{name or 'oar2'}", maker, almighty=False, clock=stamp(EPOCH)) as lane:
                    bench = PlanBench(lane, statements)
                    for case in cases:
                        wanted = [arm for arm in arms if arm in self._arms(case)]
                        if wanted:
                            self._plan_case(bench, case, wanted)
            except (Fault, SQLAlchemyError) as fault:
                self._unless_gone(fault)
                for case in cases:
                    self._not_run(case, [arm for arm in arms if arm in self._arms(case)], fault)

    def _plan_case(self, bench: PlanBench, case: Case, arms: list[Arm]) -> None:
        by_combination = {arm.combination.id: arm for arm in arms}
        try:
            snapshot = bench.snapshot(case.scenario)
            self._situations.setdefault(case.id, snapshot.situation)
            for arm in arms:
                self._started(case, arm)
            bench.observe(
                snapshot,
                [arm.combination for arm in arms],
                case_folder(self.folder, case.id),
                lambda combination, seen: self._keep(case, by_combination[combination.id], seen),
            )
        except (Fault, SQLAlchemyError) as fault:
            self._unless_gone(fault)
            self._not_run(case, arms, fault)

    def _not_run(self, case: Case, arms: list[Arm], fault: Fault | SQLAlchemyError) -> None:
        """Record why those of the arms that were not observed were not."""
        for arm in arms:
            if arm.id not in self._found.get(case.id, {}):
                self._keep(case, arm, Observation(arm.id, not_run=_told(fault)))

    def _live(self, cases: list[Case]) -> None:
        self._side_by_side(cases, self._live_case)

    def _procedures(self, cases: list[Case]) -> None:
        self._side_by_side(cases, self._procedure_case)

    def _side_by_side(self, cases: list[Case], observe: Callable[[Case, Arm], None]) -> None:
        # OAR3's rounds take longest, so they go first: nobody waits for a single last lane.
        work = [(case, arm) for case in cases for arm in reversed(self._arms(case))]
        if not work:
            return
        pool = ThreadPoolExecutor(self.lanes, thread_name_prefix="lane")
        try:
            for done in [pool.submit(observe, case, arm) for case, arm in work]:
                done.result()
        except BaseException:
            self.workshop.abort()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _live_case(self, case: Case, arm: Arm) -> None:
        self._started(case, arm)
        statements = self.workshop.prepared(arm.source).statements
        began = time.monotonic()
        try:
            with self.workshop.lane(f"live-{_short(case.id, arm.id)}", arm) as lane:
                observation = LiveCase(lane, case.scenario, arm.combination).observe(
                    statements, case_folder(self.folder, case.id)
                )
            if observation.situation and (arm is self.arms[0] or case.id not in self._situations):
                self._situations[case.id] = observation.situation
        except (Fault, SQLAlchemyError) as fault:
            self._unless_gone(fault)
            observation = Observation(arm.id, not_run=_told(fault), seconds=round(time.monotonic() - began, 3))
        self._keep(case, arm, observation)

    def _procedure_case(self, case: Case, arm: Arm) -> None:
        self._started(case, arm)
        prepared = self.workshop.prepared(arm.source)
        procedure = ProcedureCase(case.scenario, arm.combination, arm.source, self.registry, prepared.statements)
        began = time.monotonic()

        def open_lane(way: Way) -> AbstractContextManager[Lane]:
            name = f"procedure-{_short(case.id, arm.id, way)}"
            return self.workshop.lane(name, arm if case.scenario.installed else None)

        try:
            observation = procedure.observe(open_lane, case_folder(self.folder, case.id))
            self._situations.setdefault(case.id, observation.situation or _empty(case.scenario))
        except (Fault, SQLAlchemyError) as fault:
            self._unless_gone(fault)
            observation = Observation(arm.id, not_run=_told(fault), seconds=round(time.monotonic() - began, 3))
        self._keep(case, arm, observation)

    def _unless_gone(self, fault: Fault | SQLAlchemyError) -> None:
        """A fault of one lane, or of its database, is recorded; one of the engine ends the run."""
        if not self.workshop.alive():
            raise MachineFault(
                "the container engine is gone",
                where=fault.where if isinstance(fault, Fault) else "",
                remedy="start it and run again",
                detail=_told(fault),
            ) from fault

    def _started(self, case: Case, arm: Arm) -> None:
        self.tell(Started(case.id, case.kind, case.title, arm.id))

    def _keep(self, case: Case, arm: Arm, observation: Observation) -> None:
        observation = replace(observation, combination=arm.id)
        with self._lock:
            self._found.setdefault(case.id, {})[arm.id] = observation
            write_case(self._case_record(case), self.folder)
        outcome = observation.not_run or ("crash" if observation.crashes else "recorded")
        self.tell(Ended(case.id, case.kind, case.title, arm.id, observation.seconds, outcome))

    def _case_record(self, case: Case) -> CaseRecord:
        found = self._found.get(case.id, {})
        tolerance = case.scenario.tolerance
        return CaseRecord(
            id=case.id,
            kind=case.kind,
            title=case.title,
            situation=self._situations.get(case.id) or _empty(case.scenario),
            reference=self.arms[0].id,
            tolerance=DEFAULT_TOLERANCE if tolerance is None else tolerance,
            observations={arm.id: found[arm.id] for arm in self.arms if arm.id in found},
            expect=case.scenario.expect,
            source=_relative(case.scenario.source),
            combinations=tuple(arm.id for arm in self._arms(case)),
        )


def _short(*names: str) -> str:
    """A name for a lane, different for different names."""
    return hashlib.sha256("\0".join(names).encode()).hexdigest()[:8]


def _relative(source: str) -> str:
    """A scenario's file as seen from here or from the project; a record is shown to others, whole paths are not."""
    if not source:
        return ""
    path = Path(source).resolve()
    for top in (Path.cwd().resolve(), Path(__file__).resolve().parents[2]):
        if path.is_relative_to(top):
            return str(path.relative_to(top))
    return path.name


def _empty(scenario: Scenario) -> Situation:
    """What a case is judged against that could be tried under no combination."""
    return Situation(0, scenario.cluster.resources, scenario.cluster.hierarchy, ())


def _told(fault: Fault | SQLAlchemyError) -> str:
    if isinstance(fault, SQLAlchemyError):
        return "the database: " + str(getattr(fault, "orig", None) or fault).strip().partition("\n")[0]
    last = fault.detail.strip().splitlines()[-1:]
    return f"{fault}: {last[0]}" if last else str(fault)


def select_cases(
    scenarios: Iterable[Scenario], identify: Callable[[Scenario, Kind], str], wanted: Iterable[str] = ()
) -> list[Case]:
    """The cases of those scenarios, or those of them whose id begins with one of the wanted."""
    prefixes = tuple(wanted)
    cases = [Case(identify(scenario, kind), kind, scenario) for scenario in scenarios for kind in scenario.kinds]
    return [case for case in cases if not prefixes or case.id.startswith(prefixes)]
