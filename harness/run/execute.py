"""A run from end to end: what is asked for, found, observed, recorded, judged, reported."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from harness.compare.judge import judge_run
from harness.compare.judge_settings import JudgeSettings
from harness.compare.known.known_differences import KnownDifference
from harness.model.fault import Fault, MachineFault
from harness.model.record import Missing, RunRecord, RunState
from harness.model.result import RunResult
from harness.oar3.copies import find
from harness.report.safe_text import one_line
from harness.report.write import write_reports
from harness.run.assignment import Assignment
from harness.run.campaign import Campaign
from harness.run.columns import lost
from harness.run.environment import Provisioner
from harness.run.events import Listener, Stage
from harness.run.file_warnings import warnings_of
from harness.run.known_folders import read_known, write_draft
from harness.run.logs import run_log
from harness.run.recorder import Recorder
from harness.run.run_request import RunRequest, cases_of, check_queues, columns_of, of_use, site_of, wanted
from harness.run.unforeseen_errors import keeping_traces
from harness.store.history import check_place, close_head, point_latest, read_record, write_head

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A finished run: its folder, its record, its result.

    :ivar fault: the first that the harness itself had meanwhile; its case was not run.
    """

    folder: Path
    record: RunRecord
    result: RunResult
    fault: Fault | None = None


def execute(request: RunRequest, notify: Listener) -> FinishedRun:
    """Run, record, judge and report. Raises Fault; what was observed before it is recorded all the same."""
    site = site_of(request)
    broken: list[Missing] = []
    cases = cases_of(request, site, broken)
    check_queues(site, request, [case.scenario for case in cases])
    known = read_known(request.known or site.known_differences)
    found = find(request.oar3, codename=site.debian)
    missing = found if isinstance(found, Missing) else None
    assignment = Assignment(
        site.debian,
        of_use(columns_of(site, request, found), cases, request),
        cases,
        (*lost(site.registry, wanted(site, request), missing), *broken),
        f"{request.command} --case {{case}}",
        request.lanes,
        cold=request.cold,
        registry=site.registry,
        settings=judging(known),
        warnings=warnings_of(site, cases),
    )
    folder = new_folder(request.reports)
    campaigns: list[Campaign] = []
    try:
        with keeping_traces(folder):
            record = observe(assignment, folder, notify, campaigns.append)
    except BaseException:
        ended = report_early(folder, known)
        if ended and any(case.observations for case in ended.record.cases):
            notify(Stage(f"ended early; what was observed until then: {ended.folder}"))
        raise
    with keeping_traces(folder):
        outcome = report(record, folder, known)
    return replace(outcome, fault=next((each.recorder.fault for each in campaigns if each.recorder.fault), None))


def observe(
    assignment: Assignment, folder: Path, notify: Listener, opened: Callable[[Campaign], None] = lambda _: None
) -> RunRecord:
    """Bring up what is needed, observe, record below ``folder``, which says first what is asked for.

    :param opened: is given the campaign before it begins, to look at it or to end it from another thread.
    """
    with begun(_head(assignment, folder), folder), Provisioner(assignment.debian, notify) as provisioner:
        provisioner.prepare(assignment.sources)
        campaign = Campaign(assignment, provisioner, folder, notify)
        opened(campaign)
        return campaign.run()


@contextlib.contextmanager
def begun(head: RunRecord, folder: Path) -> Iterator[None]:
    """While a run goes on: what is asked for stands in its folder first, and why it ended if it ends early.

    The folder becomes ``latest`` at once: nobody takes reports of the run before for those of one that was killed.
    """
    write_head(replace(head, state=RunState.RUNNING), folder)
    point_latest(folder)
    with run_log(folder):
        try:
            yield
        except BaseException as error:
            _log.warning("ended early: %s", why_ended(error), extra={"shown": True})
            close_head(folder, why_ended(error))
            raise


def _head(assignment: Assignment, folder: Path) -> RunRecord:
    """What is known of a run before anything is done."""
    names = tuple(column.id for column in assignment.columns)
    asked = Recorder(assignment.columns, folder, lambda _: None, assignment.pairs).asked(assignment.cases)
    return RunRecord(
        environment={},
        reference=names[0],
        combinations=names,
        cases=(),
        missing=assignment.missing,
        reproduce=assignment.reproduce,
        asked=asked,
        warnings=assignment.warnings,
    )


def why_ended(error: BaseException) -> str:
    """In one line why a run did not come to its end."""
    if isinstance(error, KeyboardInterrupt):
        return "it was ended by Ctrl-C or SIGTERM"
    if isinstance(error, InterruptedError):
        return "it was ended"
    if isinstance(error, Fault):
        return one_line(str(error))
    return one_line(f"{type(error).__name__}: {error}")


def report_early(folder: Path, known: tuple[KnownDifference, ...] = ()) -> FinishedRun | None:
    """The reports of a run that ended early; None if they cannot be written, which must not hide why it ended."""
    with contextlib.suppress(Fault, OSError):
        check_place(folder)
        return report(read_record(folder), folder, known)
    return None


def judging(known: tuple[KnownDifference, ...], tolerance: int | None = None) -> JudgeSettings:
    """How a run is judged today."""
    return JudgeSettings(tolerance=tolerance, known=known, today=date.today())


def report(
    record: RunRecord, folder: Path, known: tuple[KnownDifference, ...] = (), tolerance: int | None = None
) -> FinishedRun:
    """Judge a record and write its reports into the run's folder, which becomes ``latest``."""
    result = judge_run(record, judging(known, tolerance))
    write_reports(result, record, folder)
    write_draft(record, result, folder)
    point_latest(folder)
    return FinishedRun(folder, record, result)


def judge_again(folder: Path, known: tuple[Path, ...], tolerance: int | None) -> FinishedRun:
    """Judge a recorded run again, without containers."""
    return report(read_record(folder), folder.resolve(), read_known(known), tolerance)


def new_folder(reports: Path) -> Path:
    """A new folder for a run, named by the moment; raises MachineFault if it cannot be made."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    for attempt in range(100):
        folder = reports / (stamp + (f"-{attempt}" if attempt else ""))
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise MachineFault(
                f"cannot write reports: {error.strerror}",
                where=str(reports),
                remedy="name another folder by --reports",
            ) from error
        return folder
    raise MachineFault("too many runs in one second", where=str(reports))
