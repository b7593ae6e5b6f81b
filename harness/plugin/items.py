"""Scenario files and their items in pytest: ``planning/wide-job-waits.toml::plan[kao]``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from harness.model.fault import ConfigurationFault
from harness.model.result import Status
from harness.plugin.background_run import Judged
from harness.plugin.failure import FailureReport, ScenarioFailure
from harness.plugin.selection import Selection
from harness.run.case import Case
from harness.run.columns import Column
from harness.run.unforeseen_errors import fault_of


class ScenarioSession(Protocol):
    """What files and items need of the session: :class:`~harness.plugin.coordinator.Coordinator`.

    :ivar selection: what is asked for.
    :ivar broken: set if a scenario file could not be read.
    """

    selection: Selection
    broken: bool

    @property
    def folder(self) -> Path:
        """The run's folder."""

    def judged(self, item: ScenarioItem) -> Judged:
        """The result of an item, waited for; skips the item or ends the session if there can be none."""


class ScenarioFile(pytest.File):
    """A scenario file: an item for each kind and column."""

    def __init__(self, *, scenarios: ScenarioSession, **rest: Any) -> None:
        path: Path = rest["path"]
        root = rest["parent"].config.rootpath
        if not path.is_relative_to(root):
            # A site may lie anywhere; pytest's own id of a file that is named one by one out there is empty.
            rest["nodeid"] = path.as_posix()
        super().__init__(**rest)
        self._scenarios = scenarios

    def collect(self) -> Iterator[pytest.Item]:
        """The items; a broken file is an error of one line."""
        try:
            cases = self._scenarios.selection.cases(self._shown())
        except ConfigurationFault as fault:
            self._scenarios.broken = True
            raise self.CollectError(str(fault)) from None
        except Exception as error:
            self._scenarios.broken = True
            raise self.CollectError(str(fault_of(error))) from None
        for case in cases:
            for column in self._scenarios.selection.columns:
                name = f"{case.kind}[{column.id}]"
                item: pytest.Item = ScenarioItem.from_parent(
                    self, name=name, scenarios=self._scenarios, case=case, column=column
                )
                yield item

    def _shown(self) -> Path:
        """The path as the user would type it: reports and messages name it so."""
        here = self.config.invocation_params.dir
        return self.path.relative_to(here) if self.path.is_relative_to(here) and here == Path.cwd() else self.path


class ScenarioItem(pytest.Item):
    """One case under one column; it passes if both decide the same, or differ for a known reason."""

    def __init__(self, *, scenarios: ScenarioSession, case: Case, column: Column, **rest: Any) -> None:
        # Given as text, so that pytest 9.2 and later see the brackets' content as parameters, as --lf does.
        super().__init__(nodeid=f"{rest['parent'].nodeid}::{rest['name']}", **rest)
        self._scenarios = scenarios
        self.case = case
        self.column = column
        self.add_marker("engine")
        if column.combination.needs_oar3:
            self.add_marker("oar3")
        if self.config.pluginmanager.hasplugin("timeout"):
            # What an item waits for is the campaign, and that has limits of its own.
            self.add_marker(pytest.mark.timeout(0))

    @property
    def not_for(self) -> str:
        """Why the scenario is not for this combination; empty if it is."""
        return self.case.scenario.not_for(self.column.combination)

    def runtest(self) -> None:
        """Wait for the result, and pass, skip or fail by it."""
        if self.not_for:
            pytest.skip(f"not applicable: {self.not_for}")
        judged = self._scenarios.judged(self)
        result = judged.result
        self.user_properties += [("case", result.id), ("status", result.status.value)]
        if result.artefacts:
            self.user_properties.append(("artefacts", str(self._scenarios.folder / result.artefacts)))
        if result.status is Status.NOT_RUN:
            pytest.skip(f"not compared: {result.why}")
        if result.status not in (Status.AGREES, Status.KNOWN):
            raise ScenarioFailure(judged, self._scenarios.selection.columns[0].id, self._scenarios.folder)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Differences and crashes for an administrator; a traceback for what is the harness's own fault."""
        if isinstance(excinfo.value, ScenarioFailure):
            return FailureReport(excinfo.value, str(self.path))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """File and name."""
        return self.path, None, self.name
