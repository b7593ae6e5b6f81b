"""What a campaign has observed so far: kept, written as soon as it is there, and announced."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from harness.model.fault import Fault
from harness.model.record import Asked, CaseRecord, Confirmation, Missing, Observation
from harness.model.schedule import Situation
from harness.model.target import Artefacts, Target
from harness.run.case import DEFAULT_TOLERANCE, Case
from harness.run.columns import Column
from harness.run.events import Event, Listener, ObservationEnded, ObservationStarted
from harness.run.lane_provider import describe_fault
from harness.run.relative_paths import relative
from harness.run.unforeseen_errors import fault_of
from harness.store.history import case_folder, check_place, has_head, write_case
from harness.workload.scenario import Scenario

_log = logging.getLogger(__name__)


class Recorder:
    """The observations of a campaign, by case and column; its workers share it.

    :ivar folder: the run's folder below ``reports/``.
    :ivar fault: the first that the harness itself had; None: it had none.
    :param pairs: the cases' and columns' ids to observe; None: each case under each column.
    :param over: whether the run is being ended: what is seen then is no observation.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        folder: Path,
        notify: Listener,
        pairs: frozenset[tuple[str, str]] | None = None,
        over: Callable[[], bool] = lambda: False,
    ) -> None:
        self.folder = folder
        self._all = tuple(columns)
        self._notify = notify
        self._pairs = pairs
        self._over = over
        self._broken: Fault | None = None
        self._headed: bool | None = None
        self._found: dict[str, dict[str, Observation]] = {}
        self._repeats: dict[str, list[Observation]] = {}
        self._confirmations: dict[str, list[Confirmation]] = {}
        self._situations: dict[str, Situation] = {}
        self._lock = threading.RLock()
        self.fault: Fault | None = None

    def columns(self, case: Case) -> list[Column]:
        """The columns that the case is to be observed under."""
        return [
            column
            for column in self._all
            if not case.scenario.not_for(column.combination)
            and (self._pairs is None or (case.id, column.id) in self._pairs)
        ]

    @property
    def reference(self) -> str:
        """The reference's column."""
        return self._all[0].id

    def notify(self, event: Event) -> None:
        """Tell whoever listens to the run."""
        self._notify(event)

    def target(self, case: Case, column: Column, *within: str) -> Target:
        """What observes that column in that case is given.

        :param within: folders below the case's, if it is not the observation that counts.
        """
        place = case_folder(self.folder, case.id).relative_to(self.folder)
        artefacts = Artefacts(self.folder, place.as_posix()).below(*within, "logs", column.id)
        return Target(column.id, column.combination, artefacts)

    def started(self, case: Case, column: Column) -> None:
        """Announce that an observation begins."""
        self._notify(ObservationStarted(case.id, case.kind, case.title, column.id))

    def situate(self, case: Case, situation: Situation, column: Column | None = None) -> None:
        """Set what the case is judged against: that of the reference if it has one of its own, else the first."""
        with self._lock:
            if case.id not in self._situations or column is self._all[0]:
                self._situations[case.id] = situation

    def keep(self, case: Case, column: Column, observation: Observation) -> None:
        """Keep and write an observation, and announce it."""
        self.hold(case, column, observation)
        self.ended(case, column)

    def hold(self, case: Case, column: Column, observation: Observation) -> None:
        """Keep and write an observation; it is not announced before :meth:`ended`, so that nobody judges it before.

        Raises InterruptedError while the run is being ended, MachineFault if the disk does not take it, or the
        run's folder is gone; no further one is taken then.
        """
        with self._lock:
            self._check()
            self._found.setdefault(case.id, {})[column.id] = observation
            self._write(case)

    def repeat(self, case: Case, observation: Observation) -> None:
        """Keep and write a further observation of a column."""
        with self._lock:
            self._check()
            self._repeats.setdefault(case.id, []).append(observation)
            self._write(case)

    def confirm(self, case: Case, made: Confirmation) -> None:
        """Keep and write a further round without the cause of a known difference."""
        with self._lock:
            self._confirmations.setdefault(case.id, []).append(made)
            self._write(case)

    def ended(self, case: Case, column: Column) -> None:
        """Announce that an observation is there, and may be judged."""
        observation = self.seen(case)[column.id]
        outcome = observation.not_run or ("crash" if observation.crashes else "recorded")
        _log.info("%s under %s: %s", case.id, column.id, outcome, extra={"shown": True})
        self._notify(ObservationEnded(case.id, case.kind, case.title, column.id, observation.seconds, outcome))

    def not_run(self, case: Case, columns: Iterable[Column], fault: Fault | SQLAlchemyError) -> None:
        """Record why those of the columns that were not observed were not."""
        self._check()
        for column in columns:
            if column.id not in self.seen(case):
                self.keep(case, column, Observation(column.id, not_run=describe_fault(fault)))

    def unforeseen(self, case: Case, columns: Iterable[Column], error: Exception) -> None:
        """Record that the harness itself failed in a case: the case is not run, its run ends by the first fault."""
        self._check()
        fault = fault_of(error, self.folder)
        with self._lock:
            self.fault = self.fault or fault
        self.not_run(case, columns, fault)

    def _write(self, case: Case) -> None:
        try:
            if self._headed is None:
                self._headed = has_head(self.folder)
            if self._headed:
                check_place(self.folder)
            write_case(self.record(case), self.folder)
        except Fault as fault:
            self._broken = fault
            raise

    def _check(self) -> None:
        if self._broken:
            raise self._broken
        if self._over():
            raise InterruptedError("the run is being ended")

    def asked(self, cases: Iterable[Case]) -> tuple[Asked, ...]:
        """What is asked for of these cases."""
        records = map(self.record, cases)
        return tuple(Asked(r.id, r.kind, r.title, r.source, r.combinations, r.not_applicable) for r in records)

    def seen(self, case: Case) -> dict[str, Observation]:
        """The case's observations so far, by column."""
        with self._lock:
            return dict(self._found.get(case.id, {}))

    def situated(self, case: Case) -> bool:
        """Whether there is anything to judge the case against."""
        return case.id in self._situations

    def unseen(self, cases: Iterable[Case]) -> list[Missing]:
        """The cases that failed before there was anything to judge them against."""
        return [
            Missing(f"{case.kind} case {case.id} ({case.title})", reasons[0], "see why, and run it again")
            for case in cases
            if not self.situated(case) and (reasons := [seen.not_run for seen in self.seen(case).values()])
        ]

    def record(self, case: Case) -> CaseRecord:
        """The case's record so far."""
        with self._lock:
            found = self._found.get(case.id, {})
            tolerance = case.scenario.tolerance
            return CaseRecord(
                id=case.id,
                kind=case.kind,
                title=case.title,
                situation=self._situations.get(case.id) or empty_situation(case.scenario),
                reference=self._all[0].id,
                tolerance=DEFAULT_TOLERANCE if tolerance is None else tolerance,
                observations={column.id: found[column.id] for column in self._all if column.id in found},
                expect=case.scenario.expect,
                source=relative(case.scenario.source),
                combinations=tuple(column.id for column in self.columns(case)),
                not_applicable={
                    column.id: why for column in self._all if (why := case.scenario.not_for(column.combination))
                },
                repeats=tuple(self._repeats.get(case.id, ())),
                confirmations=tuple(self._confirmations.get(case.id, ())),
            )


def empty_situation(scenario: Scenario) -> Situation:
    """What a case is judged against that could be tried under no combination."""
    return Situation(0, scenario.cluster.resources, scenario.cluster.hierarchy, ())
