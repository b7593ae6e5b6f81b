"""A campaign: the cases of a run, observed under each of its columns, and recorded as they come in.

cases × columns ─▶ plan cases (run/plan_cases.py) ──────┐
                ─▶ live cases (run/live_cases.py) ──────┼─▶ Recorder ─▶ RunRecord ─▶ (judge)
                ─▶ procedures (run/procedure_cases.py) ─┘
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness.engine import ending
from harness.model.record import Adaptation, CaseRecord, Kind, RunRecord, RunState
from harness.oar3.source import environment_of
from harness.run.assignment import Assignment
from harness.run.events import Listener, Planned
from harness.run.lane_provider import LaneProvider
from harness.run.observers import Observer, make_observers
from harness.run.recorder import Recorder
from harness.store.history import check_place, write_head


class Campaign:
    """All the cases of a run.

    :param folder: the run's folder below ``reports/``.
    :ivar environment: the report's, once :meth:`run` has looked.
    """

    def __init__(self, assignment: Assignment, provider: LaneProvider, folder: Path, notify: Listener) -> None:
        self.assignment = assignment
        self.provider = provider
        self.environment: Mapping[str, object] = {}
        self._folder = folder
        self.recorder = Recorder(
            assignment.columns, folder, notify, assignment.pairs, lambda: provider.closed or ending.begun()
        )

    def run(self) -> RunRecord:
        """Observe everything, and return the record.

        What is asked for is written down first, and each observation as it comes: whatever happens, what is there so
        far can be judged.
        """
        cases = self.assignment.cases
        wanted = [column.id for case in cases for column in self.recorder.columns(case)]
        self.recorder.notify(Planned(len(wanted), len(cases), len(set(wanted))))
        self.environment = {**self.provider.environment(), **environment_of(self.assignment.sources)}
        write_head(replace(self.record(), state=RunState.RUNNING), self._folder)
        for kind, observer in self.observers().items():
            observer.observe([case for case in cases if case.kind is kind])
        check_place(self._folder)
        record = self.record()
        write_head(record, self._folder)
        return record

    def observers(self) -> Mapping[Kind, Observer]:
        """What observes the cases of each kind."""
        return make_observers(self.assignment, self.provider, self.recorder, self.environment)

    def record(self) -> RunRecord:
        """The record of what was observed so far."""
        assignment = self.assignment
        return RunRecord(
            environment=self.environment,
            reference=self.recorder.reference,
            combinations=tuple(column.id for column in assignment.columns),
            cases=tuple(self.recorder.record(case) for case in assignment.cases if self.recorder.seen(case)),
            adaptations=self._adaptations(),
            missing=(*assignment.missing, *self.recorder.unseen(assignment.cases)),
            reproduce=assignment.reproduce,
            warnings=assignment.warnings,
            asked=self.recorder.asked(assignment.cases),
        )

    def recorded(self, case: str) -> CaseRecord | None:
        """What was observed so far of the case of that id; None if nothing could be."""
        found = (each for each in self.assignment.cases if each.id == case and self.recorder.situated(each))
        return next((self.recorder.record(each) for each in found), None)

    def _adaptations(self) -> dict[str, tuple[Adaptation, ...]]:
        return {
            column.id: self.provider.prepared(column.source).adaptations
            for column in self.assignment.columns
            if column.source
        }
