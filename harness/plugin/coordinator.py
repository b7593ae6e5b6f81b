"""A pytest session in which scenarios are asked for: what is collected, observed, reported, and its exit code."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.model.fault import ConfigurationFault, ExitCode, Fault
from harness.model.record import Missing
from harness.plugin.background_run import Background, Judged
from harness.plugin.items import ScenarioFile, ScenarioItem
from harness.plugin.scenario_files import NamedPaths, is_scenario
from harness.plugin.selection import Selection
from harness.report.terminal import print_summary
from harness.run.execute import FinishedRun, judging, new_folder, report, report_early
from harness.run.unforeseen_errors import fault_of


class Coordinator:
    """Registered as a plugin if scenarios are asked for; begins nothing before the first item is run.

    :param values: the options' values, by field.
    :ivar broken: whether a scenario file could not be read.

    Raises Fault if what is asked is wrong.
    """

    def __init__(self, config: pytest.Config, values: Mapping[str, Any], asked: NamedPaths) -> None:
        self._config = config
        self.selection = Selection({**values, "site": asked.site})
        own = tuple(path.absolute() for path in self.selection.site.scenarios)
        self._own = frozenset((*own, *(path for path in asked.paths if path.is_file())))
        if asked.whole:
            there = [] if asked.alone else config.args
            config.args = [*there, *(str(path) for path in own if not any(map(path.is_relative_to, asked.paths)))]
        self.broken = False
        self._begun = False
        self._background: Background | None = None
        self._missing: tuple[Missing, ...] = ()
        self._lacking: Mapping[str, Missing] = {}
        self._judged: set[str] = set()
        self._others_failed = False
        self._fault: Fault | None = None
        self._outcome: FinishedRun | None = None
        self._note = ""

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self._background.folder if self._background else self.selection.request.reports

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Collect scenario files."""
        if not is_scenario(file_path, self._config.rootpath, self._own):
            return None
        file: pytest.Collector = ScenarioFile.from_parent(parent, path=file_path, scenarios=self)
        return file

    def pytest_collection_finish(self) -> None:
        """Raise UsageError if a column names a queue that neither the site nor a scenario has."""
        try:
            self.selection.check_queues()
        except ConfigurationFault as fault:
            raise pytest.UsageError(str(fault)) from None

    def judged(self, item: ScenarioItem) -> Judged:
        """The result of an item; the first one begins the campaign for all that are selected.

        Skips if its column lacks OAR3; ends the session if configuration or machine are at fault.
        """
        try:
            if not self._begun:
                self._begin(item.session)
            if item.column.id in self._lacking:
                missing = self._lacking[item.column.id]
                pytest.skip(f"{missing.what} is missing: {missing.why} — {missing.how}")
            assert self._background is not None
            judged = self._background.wait(item.case, item.column)
        except Fault as fault:
            self._fault = fault
            for line in fault.detail.rstrip().splitlines():
                self._say(f"    {line}")
            pytest.exit(str(fault), returncode=fault.exit_code)
        except Exception as error:
            # The harness's own fault, or one of the disk: the other items would only repeat it.
            self._fault = fault_of(error, self._background.folder if self._background else None)
            pytest.exit(str(self._fault), returncode=self._fault.exit_code)
        self._judged.add(item.nodeid)
        return judged

    def _begin(self, session: pytest.Session) -> None:
        self._begun = True
        items = [item for item in session.items if isinstance(item, ScenarioItem) and not item.not_for]
        assignment, self._lacking = self.selection.assign([(item.case, item.column) for item in items])
        self._missing = assignment.missing
        if assignment.pairs:
            folder = new_folder(self.selection.request.reports)
            self._background = Background(assignment, folder, judging(self.selection.known), self._say)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember whether anything failed that the campaign's own verdict does not know of."""
        self._others_failed |= report.failed and report.nodeid not in self._judged

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """End the campaign, write the reports, set the exit code."""
        try:
            code = self._finish(session, exitstatus)
        except Exception as error:
            # Raised from here, it would be pytest's own screen of an internal error.
            fault = fault_of(error, self._background.folder if self._background else None)
            self._note, code = str(fault), int(fault.exit_code)
        if code is not None:
            session.exitstatus = code

    def _finish(self, session: pytest.Session, status: int) -> int | None:
        """The exit code; None: pytest's own."""
        background = self._background
        if self._fault:
            if background:
                self._outcome = report_early(background.folder, self.selection.known)
            return None
        if status in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
            if background:
                done = background.stop()
                self._note = f"ended; containers {'are' if done else 'are being'} removed; recorded in {self.folder}"
                self._outcome = report_early(background.folder, self.selection.known) if done else None
            return ExitCode.CONFIGURATION if self.broken else None
        if background is None:
            return self._nothing(session, status)
        if session.shouldfail or session.shouldstop:
            background.stop()
        try:
            self._outcome = report(background.finish(), background.folder, self.selection.known)
        except Exception as error:
            fault = fault_of(error, background.folder)
            self._note = str(fault)
            return fault.exit_code
        if (own := background.fault) is not None:
            self._note = str(own)
            return own.exit_code
        if self.broken:
            return ExitCode.CONFIGURATION
        return ExitCode.INCOMPATIBLE if self._others_failed else self._outcome.result.exit_code

    def _nothing(self, session: pytest.Session, status: int) -> int | None:
        """The exit code if there was nothing to observe."""
        items = getattr(session, "items", [])
        if status == pytest.ExitCode.NO_TESTS_COLLECTED:
            return ExitCode.NOTHING_RAN
        ours = [item for item in items if isinstance(item, ScenarioItem)]
        if self._config.option.collectonly or not ours or status:
            return None
        if len(ours) < len(items):
            return ExitCode.INCONCLUSIVE if self._missing else None
        self._note = "nothing ran"
        return ExitCode.NOTHING_RAN

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What ``oar-compat run`` ends with."""
        if self._outcome is None and not self._note:
            return
        terminalreporter.section("oar-compat")
        if self._note and self._outcome is not None:
            terminalreporter.line(f"oar-compat: {self._note}")
        if self._outcome is not None:
            terminalreporter.write(_as_text(self._outcome, terminalreporter))
            if self._note:
                terminalreporter.line(f"oar-compat: {self._note}")
            return
        terminalreporter.line(f"oar-compat: {self._note}")
        for missing in self._missing:
            terminalreporter.line(f"MISSING: {missing.what}")
            terminalreporter.line(f"    why: {missing.why}")
            terminalreporter.line(f"    get it: {missing.how}")

    def _say(self, text: str) -> None:
        """Show a line while an item is being waited for, though pytest captures output then."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if reporter is None or self._config.get_verbosity() < 0:
            return
        with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
            reporter.ensure_newline()
            reporter.write_line(f"oar-compat: {text}")


def _as_text(outcome: FinishedRun, reporter: pytest.TerminalReporter) -> str:
    """The summary as pytest's terminal can show it."""
    buffer = io.BytesIO()
    file = io.TextIOWrapper(buffer, encoding=getattr(sys.stdout, "encoding", None) or "utf-8", errors="replace")
    width = reporter.config.get_terminal_writer().fullwidth
    marks = reporter.hasmarkup
    console = Console(file=file, width=width, force_terminal=marks, no_color=not marks, highlight=False)
    print_summary(outcome.result, outcome.folder, console)
    file.flush()
    return buffer.getvalue().decode(file.encoding)
