"""The campaign of a pytest session, in a thread beside pytest's own, and what it has come to so far."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from harness.compare.judge import judge_case, reproduce
from harness.compare.judge_settings import JudgeSettings
from harness.engine import ending
from harness.model.fault import Fault
from harness.model.record import Crash, Kind, RunRecord
from harness.model.result import CaseResult, Status
from harness.report.evidence import crashes_in
from harness.run import execute
from harness.run.assignment import Assignment
from harness.run.campaign import Campaign
from harness.run.case import Case
from harness.run.columns import Column
from harness.run.events import Event, ObservationEnded, Stage
from harness.store.history import read_record

_STOP_SECONDS = 60.0
_ENDING_SECONDS = 3.0
"""How long the campaign may take to end; the second if a signal ends the session."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One case under one column: what judging says, and its crashes and the reference's, by column."""

    result: CaseResult
    crashes: list[tuple[str, Crash]]


class Background:
    """Observes an assignment in a thread.

    :param say: shows one line about setting up; called in the thread that waits.
    """

    def __init__(
        self, assignment: Assignment, folder: Path, settings: JudgeSettings, say: Callable[[str], None]
    ) -> None:
        self.folder = folder
        self._assignment = assignment
        self._settings = settings
        self._say = say
        self._changed = threading.Condition()
        self._ended: dict[tuple[str, str], ObservationEnded] = {}
        self._stages: list[str] = []
        self._campaign: Campaign | None = None
        self._record: RunRecord | None = None
        self._error: BaseException | None = None
        self._stopping = False
        self._over = False
        # A daemon: a second Ctrl-C, while an image is being built, must not have to wait for it.
        self._thread = threading.Thread(target=self._run, name="campaign", daemon=True)
        self._thread.start()

    def wait(self, case: Case, column: Column) -> Judged:
        """What judging says of that case under that column, once it and the reference were observed.

        Raises what ended the campaign before.
        """
        reference = self._assignment.columns[0].id
        needed = {(case.id, column.id)} | ({(case.id, reference)} if case.kind is not Kind.PROCEDURE else set())
        while not self._await(lambda: needed <= self._ended.keys()):
            if self._over:
                raise self._error or RuntimeError(f"the campaign ended without {case.id} under {column.id}")
        campaign = self._campaign
        assert campaign is not None
        record = campaign.recorded(case.id)
        if record is None:
            why = self._ended[case.id, column.id].outcome
            return Judged(CaseResult(case.id, case.kind, case.title, column.id, Status.NOT_RUN, 0.0, why=why), [])
        result = judge_case(record, column.id, self._settings, campaign.environment)
        command = reproduce(self._assignment.reproduce, record, column.id)
        return Judged(replace(result, reproduce=command), crashes_in(record, column.id))

    def finish(self) -> RunRecord:
        """Wait for the end of the campaign, and return its record, as far as it got if it was stopped.

        Raises what ended it otherwise.
        """
        while not self._await(lambda: self._over):
            pass
        self._thread.join()
        if self._record is not None:
            return self._record
        if self._stopping:
            return read_record(self.folder)
        raise self._error or RuntimeError("the campaign left no record")

    @property
    def fault(self) -> Fault | None:
        """The first that the harness itself had in a case; None: it had none."""
        return self._campaign.recorder.fault if self._campaign else None

    def stop(self) -> bool:
        """End the campaign and every lane at once; returns whether that was done in time."""
        with self._changed:
            self._stopping = True
        if self._campaign is not None:
            self._campaign.provider.abort()
        self._thread.join(_ENDING_SECONDS if ending.begun() else _STOP_SECONDS)
        return not self._thread.is_alive()

    def _await(self, ready: Callable[[], bool]) -> bool:
        """Wait until something happens; returns whether it is ready."""
        with self._changed:
            self._changed.wait_for(lambda: self._stages or self._over or ready())
            stages, self._stages = self._stages, []
            there = ready()
        for text in stages:
            self._say(text)
        return there

    def _run(self) -> None:
        try:
            record = execute.observe(self._assignment, self.folder, self._notify, self._opened)
            with self._changed:
                self._record = record
        except BaseException as error:
            self._error = error
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def _opened(self, campaign: Campaign) -> None:
        self._campaign = campaign

    def _notify(self, event: Event) -> None:
        with self._changed:
            if self._stopping:
                # Between two steps is where a campaign without any lane to abort can be ended.
                raise InterruptedError("the run is being ended")
            if isinstance(event, ObservationEnded):
                self._ended[event.case, event.column] = event
            elif isinstance(event, Stage):
                self._stages.append(event.text)
            self._changed.notify_all()
