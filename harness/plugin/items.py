"""Scenario files and their items in pytest: ``planning/wide-job-waits.toml::plan[kao]``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.model.fault import ConfigurationFault
from harness.model.result import Status
from harness.plugin.failure import ScenarioFailure, Telling
from harness.run.case import Case
from harness.run.columns import Column
from harness.run.unforeseen_errors import fault_of

if TYPE_CHECKING:
    from harness.plugin.coordinator import Coordinator


class ScenarioFile(pytest.File):
    """A scenario file: an item for each kind and column."""

    def __init__(self, *, coordinator: Coordinator, **rest: Any) -> None:
        path: Path = rest["path"]
        root = rest["parent"].config.rootpath
        if not path.is_relative_to(root):
            # A site may lie anywhere; pytest's own id of a file that is named one by one out there is empty.
            rest["nodeid"] = path.as_posix()
        super().__init__(**rest)
        self._coordinator = coordinator

    def collect(self) -> Iterator[pytest.Item]:
        """The items; a broken file is an error of one line."""
        try:
            cases = self._coordinator.matrix.cases(self._shown())
        except ConfigurationFault as fault:
            self._coordinator.broken = True
            raise self.CollectError(str(fault)) from None
        except Exception as error:
            self._coordinator.broken = True
            raise self.CollectError(str(fault_of(error))) from None
        for case in cases:
            for column in self._coordinator.matrix.columns:
                name = f"{case.kind}[{column.id}]"
                item: pytest.Item = ScenarioItem.from_parent(
                    self, name=name, coordinator=self._coordinator, case=case, column=column
                )
                yield item

    def _shown(self) -> Path:
        """The path as the user would type it: reports and messages name it so."""
        here = self.config.invocation_params.dir
        return self.path.relative_to(here) if self.path.is_relative_to(here) and here == Path.cwd() else self.path


class ScenarioItem(pytest.Item):
    """One case under one column; it passes where both decide the same, or differ for a known reason."""

    def __init__(self, *, coordinator: Coordinator, case: Case, column: Column, **rest: Any) -> None:
        # Given as text, so that pytest 9.2 and later see the brackets' content as parameters, as --lf does.
        super().__init__(nodeid=f"{rest['parent'].nodeid}::{rest['name']}", **rest)
        self._coordinator = coordinator
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
        """Why the scenario is not for this combination; empty where it is."""
        return self.case.scenario.not_for(self.column.combination)

    def runtest(self) -> None:
        """Wait for the result, and pass, skip or fail by it."""
        if self.not_for:
            pytest.skip(f"not applicable: {self.not_for}")
        judged = self._coordinator.judged(self)
        result = judged.result
        self.user_properties += [("case", result.id), ("status", result.status.value)]
        if result.artefacts:
            self.user_properties.append(("artefacts", str(self._coordinator.folder / result.artefacts)))
        if result.status is Status.NOT_RUN:
            pytest.skip(f"not compared: {result.why}")
        if result.status not in (Status.AGREES, Status.KNOWN):
            raise ScenarioFailure(judged, self._coordinator.matrix.columns[0].id, self._coordinator.folder)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Differences and crashes for an administrator; a traceback for what is the harness's own fault."""
        if isinstance(excinfo.value, ScenarioFailure):
            return Telling(excinfo.value, str(self.path))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """File and name."""
        return self.path, None, self.name
