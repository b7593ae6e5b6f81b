"""What a pytest session asks for: the site, its columns, the cases of a file — looked up without any container."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.compare.known.known_differences import KnownDifference
from harness.model.record import Kind, Missing
from harness.oar3.copies import find
from harness.oar3.source import Oar3Source
from harness.run.assignment import Assignment
from harness.run.case import Case
from harness.run.columns import Column, lost
from harness.run.execute import judging
from harness.run.file_warnings import warnings_of
from harness.run.known_folders import read_known
from harness.run.run_options import command_line
from harness.run.run_request import RunRequest, cases_of, check_kinds, check_queues, columns_of, site_of
from harness.workload.scenario import Scenario, load_scenario


class Selection:
    """The site and the columns that are asked for.

    :param values: the options' values by field; ``site`` may be one that the paths lie in.
    :ivar columns: the reference first; those that need OAR3 may lack it, or turn out to.

    Raises Fault if what is asked is wrong.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        given: dict[str, Any] = {
            key: tuple(value or ()) if key in ("oar3", "combinations", "kinds", "known") else value
            for key, value in values.items()
        }
        given |= {key: Path(given[key]) for key in ("site", "reports") if given[key] is not None}
        given["known"] = tuple(map(Path, given["known"]))
        self.request = RunRequest(**given, command=command_line("pytest {item}", given))
        check_kinds(self.request)
        self.site = site_of(self.request)
        self.known: tuple[KnownDifference, ...] = read_known(self.request.known or self.site.known_differences)
        self._found: tuple[Oar3Source, ...] | Missing | None = None
        self._scenarios: list[Scenario] = []
        # Several copies make several columns. If none is named there is one, which may have to be fetched: later.
        if self.request.oar3 or os.environ.get("OAR_COMPAT_OAR3", "").strip():
            self._look()
        self.columns = columns_of(self.site, self.request, self._found or (), lacking=True)

    def cases(self, file: Path) -> list[Case]:
        """The cases of a scenario file; raises ConfigurationFault with the first error it has."""
        scenario = load_scenario(file, self.site.defaults)
        self._scenarios.append(scenario)
        return cases_of(replace(self.request, scenarios=(scenario,)), self.site)

    def check_queues(self) -> None:
        """Raise ConfigurationFault if a column names a queue that neither the site nor a scenario read so far has."""
        check_queues(self.site, self.request, self._scenarios)

    def assign(self, pairs: Collection[tuple[Case, Column]]) -> tuple[Assignment, dict[str, Missing]]:
        """What is to be observed for those cases and columns, the reference with each; and which columns cannot be.

        Raises ConfigurationFault if the reference is one of those.
        """
        needy = [column for _, column in pairs if column.combination.needs_oar3]
        found = self._look() if needy or self.site.reference.needs_oar3 else ()
        columns = {column.id: column for column in columns_of(self.site, self.request, found)}
        reference = self.columns[0].id
        lacking: dict[str, Missing] = {}
        if isinstance(found, Missing):
            lacking = {column.id: found for column in needy}
        wanted = {(case.id, column.id) for case, column in pairs if column.id not in lacking}
        alone = {case.id for case, _ in pairs if case.kind is Kind.PROCEDURE}
        wanted |= {(case, reference) for case, _ in wanted if case not in alone}
        # The reference comes first in any case: it is what the others are compared with.
        ids = {reference, *(column for _, column in wanted)}
        cases = {case for case, _ in wanted}
        names = [column.combination.id for column in needy]
        assignment = Assignment(
            self.site.debian,
            [column for column in columns.values() if column.id in ids],
            list({case.id: case for case, _ in pairs if case.id in cases}.values()),
            lost(self.site.registry, dict.fromkeys(names), found) if isinstance(found, Missing) else (),
            self.request.command,
            self.request.lanes,
            frozenset(wanted),
            self.request.cold,
            self.site.registry,
            judging(self.known),
            warnings_of(self.site, [case for case, _ in pairs]),
        )
        return assignment, lacking

    def _look(self) -> tuple[Oar3Source, ...] | Missing:
        if self._found is None:
            self._found = find(self.request.oar3, codename=self.site.debian)
        return self._found
