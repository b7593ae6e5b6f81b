"""What survives the migration: recorded runs as a table, behaviour × combination.

A behaviour is a scenario, named by its file: ``types/postpone`` is ``scenarios/types/postpone.toml``. Runs may be
several, of one Debian release or of two; if two hold the same case, the later one counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from harness.model.departure import Departure
from harness.model.record import CaseRecord, RunRecord
from harness.model.result import CaseResult, RunResult, Status

DEPARTS = (Status.CRASH, Status.INVALID, Status.DIFFERS)
"""Statuses that ask for a departure to explain them."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One behaviour under one combination.

    :ivar result: None if it was not to be tried; ``why`` then says why not.
    :ivar departures: those that explain it.
    """

    column: str
    result: CaseResult | None
    why: str = ""
    departures: tuple[Departure, ...] = ()

    @property
    def unexplained(self) -> bool:
        """Whether it departs and no departure explains it."""
        return bool(self.result and self.result.status in DEPARTS and not self.departures)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One case: a scenario as one kind, on one Debian release.

    :ivar name: theme and file.
    :ivar record: what was recorded of it.
    :ivar cells: one for each column, in the table's order.
    """

    name: str
    debian: str
    record: CaseRecord
    cells: tuple[Cell, ...]

    @property
    def theme(self) -> str:
        """The folder of its file."""
        return self.name.partition("/")[0]

    @property
    def anchor(self) -> str:
        """Its name within its theme's page of evidence."""
        words = [self.name.partition("/")[2], self.record.kind.value, self.debian]
        return "-".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Behaviours:
    """The whole table.

    :ivar columns: ids of combinations, the reference first.
    :ivar environments: of the runs, as their reports have them.
    :ivar departures: all that were given, seen or not.
    """

    columns: tuple[str, ...]
    rows: tuple[Behaviour, ...]
    environments: tuple[dict[str, object], ...]
    departures: tuple[Departure, ...]

    def themes(self) -> dict[str, list[Behaviour]]:
        """The rows by theme, both in the order of their names."""
        found: dict[str, list[Behaviour]] = {}
        for row in sorted(self.rows, key=lambda row: (row.name, row.record.kind, row.debian)):
            found.setdefault(row.theme, []).append(row)
        return found

    def counts(self, rows: Iterable[Behaviour], column: str) -> Counter[Status]:
        """How many of those rows have which status in that column."""
        return Counter(
            cell.result.status for row in rows for cell in row.cells if cell.column == column and cell.result
        )

    def seen(self, departure: Departure) -> dict[str, list[Behaviour]]:
        """The rows that show a departure, by column; empty if no run shows it any more."""
        found: dict[str, list[Behaviour]] = {}
        for row in self.rows:
            for cell in row.cells:
                if departure in cell.departures:
                    found.setdefault(cell.column, []).append(row)
        return found

    def unexplained(self) -> list[tuple[Behaviour, Cell]]:
        """What departs and is explained by none."""
        return [(row, cell) for row in self.rows for cell in row.cells if cell.unexplained]


def tabulate(runs: Sequence[tuple[RunRecord, RunResult]], departures: Sequence[Departure]) -> Behaviours:
    """The table of some judged runs; cases without a scenario file are left out."""
    several = len({str(record.environment.get("debian")) for record, _ in runs}) > 1
    rows: dict[tuple[str, str, str], Behaviour] = {}
    for record, result in runs:
        results = {(case.id, case.candidate): case for case in result.cases}
        debian = str(record.environment.get("debian")) if several else ""
        for case in record.cases:
            if not case.source:
                continue
            name = name_of(case.source)
            names = dict.fromkeys(record.combinations)
            cells = tuple(_cell(name, case, column, results, departures) for column in names)
            rows[name, case.kind.value, debian] = Behaviour(name, debian, case, cells)
    columns = tuple(dict.fromkeys(column for record, _ in runs for column in record.combinations))
    return Behaviours(
        columns,
        tuple(rows.values()),
        tuple(dict(record.environment) for record, _ in runs),
        tuple(departures),
    )


def name_of(source: str) -> str:
    """Theme and file of a scenario's path."""
    path = PurePath(source)
    return f"{path.parent.name or 'scenarios'}/{path.stem}"


def _cell(
    name: str,
    case: CaseRecord,
    column: str,
    results: dict[tuple[str, str], CaseResult],
    departures: Sequence[Departure],
) -> Cell:
    result = results.get((case.id, column))
    if result is None:
        return Cell(column, None, case.not_applicable.get(column, "not asked for"))
    explained = result.status in (*DEPARTS, Status.KNOWN)
    seen = case.observations.get(column)
    plan, queues = seen.schedulers if seen else {}, {job.queue for job in case.situation.jobs}
    return Cell(column, result, "", tuple(d for d in departures if explained and d.fits(name, column, plan, queues)))
