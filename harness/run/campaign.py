"""A campaign: the cases of a run, observed under each of its columns, and recorded as they come in.

scenarios × arms ─▶ plan cases (run/plan_cases.py) ──────┐
                 ─▶ live cases (run/live_cases.py) ──────┼─▶ Ledger ─▶ RunRecord ─▶ (judge)
                 ─▶ procedures (run/procedure_cases.py) ─┘
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.compare.ask_again import doubted
from harness.compare.judge_settings import JudgeSettings
from harness.engine import ending
from harness.model.record import Adaptation, CaseRecord, Kind, Missing, RunRecord, RunState
from harness.model.registry import Registry
from harness.oar3.source import Oar3Source, environment_of
from harness.run.case import Case
from harness.run.columns import Column
from harness.run.environment import Provisioner
from harness.run.events import Listener, Planned
from harness.run.live_cases import observe_live
from harness.run.plan_cases import Plans
from harness.run.procedure_cases import observe_procedures
from harness.run.recorder import Recorder
from harness.store.history import check_place, write_head


@dataclass
class Campaign:
    """All the cases of a run.

    :ivar folder: the run's folder below ``reports/``.
    :ivar lanes: live lanes at a time.
    :ivar pairs: the cases' and columns' ids to observe; None: each case under each column.
    :ivar cold: see :class:`~harness.run.plan_cases.Plans`.
    :ivar environment: the report's, once :meth:`run` has looked.
    :ivar settings: how the run is to be judged: where a column differs then, the reference is asked again.
    """

    provisioner: Provisioner
    columns: list[Column]
    cases: list[Case]
    folder: Path
    tell: Listener
    sources: tuple[Oar3Source, ...] = ()
    missing: tuple[Missing, ...] = ()
    reproduce: str = ""
    lanes: int = 4
    pairs: frozenset[tuple[str, str]] | None = None
    cold: bool = False
    registry: Registry = field(default_factory=Registry)
    warnings: tuple[str, ...] = ()
    environment: Mapping[str, object] = field(default_factory=dict)
    settings: JudgeSettings = field(default_factory=JudgeSettings)

    def __post_init__(self) -> None:
        self.recorder = Recorder(
            self.columns, self.folder, self.tell, self.pairs, lambda: self.provisioner.closed or ending.begun()
        )

    def run(self) -> RunRecord:
        """Observe everything, and return the record.

        What is asked for is written down first, and each observation as it comes: whatever happens, what is there so
        far can be judged.
        """
        wanted = [column.id for case in self.cases for column in self.recorder.columns(case)]
        self.tell(Planned(len(wanted), len(self.cases), len(set(wanted))))
        self.environment = {**self.provisioner.environment(), **environment_of(self.sources)}
        write_head(replace(self.record(), state=RunState.RUNNING), self.folder)
        self._plan([case for case in self.cases if case.kind is Kind.PLAN])
        self._live([case for case in self.cases if case.kind is Kind.LIVE])
        self._procedures([case for case in self.cases if case.kind is Kind.PROCEDURE])
        check_place(self.folder)
        record = self.record()
        write_head(record, self.folder)
        return record

    def record(self) -> RunRecord:
        """The record of what was observed so far."""
        return RunRecord(
            environment=self.environment,
            reference=self.columns[0].id,
            combinations=tuple(column.id for column in self.columns),
            cases=tuple(self.recorder.record(case) for case in self.cases if self.recorder.seen(case)),
            adaptations=self._adaptations(),
            missing=(*self.missing, *self.recorder.unseen(self.cases)),
            reproduce=self.reproduce,
            warnings=self.warnings,
            asked=self.recorder.asked(self.cases),
        )

    def recorded(self, case: str) -> CaseRecord | None:
        """What was observed so far of the case of that id; None where nothing could be."""
        found = (each for each in self.cases if each.id == case and self.recorder.situated(each))
        return next((self.recorder.record(each) for each in found), None)

    def _adaptations(self) -> dict[str, tuple[Adaptation, ...]]:
        return {
            column.id: self.provisioner.prepared(column.source).adaptations
            for column in self.columns
            if column.source
        }

    def _plan(self, cases: list[Case]) -> None:
        Plans(self.provisioner, self.recorder, self.tell, self.cold, self.settings, self.environment).observe(
            self.columns, cases
        )

    def _live(self, cases: list[Case]) -> None:
        observe_live(
            self.provisioner,
            self.recorder,
            cases,
            self.lanes,
            lambda record: doubted(record, self.settings, self.environment),
        )

    def _procedures(self, cases: list[Case]) -> None:
        observe_procedures(self.provisioner, self.recorder, cases, self.lanes, self.registry)
