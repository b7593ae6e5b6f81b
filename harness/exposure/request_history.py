"""What the jobs of a history asked for: equal requests are one, whatever their number."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from harness.exposure.history_tables import HistoryTable
from harness.exposure.paged_numbers import Chains, ChainsById, Distinct, PagedNumbers
from harness.model.job import Group, Level, Moldable
from harness.site_import.copy_text import decode

_DATED = ("postpone", "deadline", "expire")
_INNER = "inner"

_TEXTS = 100_000

_Level = tuple[int, str, int]


class RequestHistory:
    """The requests and types of all jobs, by numbers.

    :ivar containers: the container of each inner job. :ivar lacking: the tables that there are not.
    :param cuts: walltimes at which a condition may change its answer; others are not told apart.
    """

    def __init__(self, folder: Path, cuts: Sequence[int]) -> None:
        self._cuts = sorted(set(cuts))
        self._chains = Chains()
        self._levels: Distinct[_Level] = Distinct()
        self._groups: Distinct[tuple[int, str]] = Distinct()
        self._moldables: Distinct[tuple[int, int]] = Distinct()
        self._types: Distinct[str] = Distinct()
        self._request_of = ChainsById(self._chains)
        self._types_of = ChainsById(self._chains)
        self._walltime_of = PagedNumbers()
        self._first_of = PagedNumbers()
        self.containers: dict[int, int] = {}
        self.lacking: set[str] = set()
        self._read_requests(folder)
        self._read_types(folder)

    def request(self, job: int) -> int:
        """The number of a job's request; 0: it has none."""
        return self._request_of[job]

    def kinds(self, job: int) -> int:
        """The number of a job's list of types; 0: it has none."""
        return self._types_of[job]

    def walltime(self, job: int, moldable: int) -> int:
        """Seconds of the alternative that was assigned, else of the first."""
        return self._walltime_of[moldable] or self._first_of[job]

    def moldables(self, request: int, properties: str) -> tuple[Moldable, ...]:
        """The alternatives of a request, with the job's own condition."""
        found = []
        for number in self._chains.items(request):
            groups_chain, walltime = self._moldables.values[number]
            groups = []
            for item in self._chains.items(groups_chain):
                levels_chain, condition = self._groups.values[item]
                levels = sorted(self._levels.values[each] for each in self._chains.items(levels_chain))
                both = " AND ".join(f"({part})" for part in (properties, condition) if part.strip())
                groups.append(Group(tuple(Level(name, count) for _, name, count in levels), both))
            found.append(Moldable(walltime, tuple(groups)))
        return tuple(found)

    def types(self, number: int) -> tuple[str, ...]:
        """A list of types; dates and the numbers of containers are left out."""
        return tuple(self._types.values[each] for each in self._chains.items(number))

    def _read_requests(self, folder: Path) -> None:
        levels_of = self._read_levels(self._table(folder, "job_resource_descriptions"))
        groups_of = self._read_groups(self._table(folder, "job_resource_groups"), levels_of)
        del levels_of
        table = self._table(folder, "moldable_job_descriptions")
        cuts = self._cuts
        request_of, walltime_of, first_of = self._request_of, self._walltime_of, self._first_of
        with table.numbers():
            for moldable, job, walltime in table.rows(("moldable_id", "moldable_job_id", "moldable_walltime")):
                number, seconds, owner = int(moldable), int(walltime), int(job)
                place = bisect_right(cuts, seconds)
                item = self._moldables.number((groups_of[number], cuts[place - 1] if place else 0))
                request_of.add(owner, item)
                walltime_of[number] = seconds
                if not first_of[owner]:
                    first_of[owner] = seconds

    def _read_levels(self, table: HistoryTable) -> PagedNumbers:
        """The chain of levels of each group."""
        levels_of = ChainsById(self._chains)
        known: dict[tuple[bytes, ...], int] = {}
        columns = ("res_job_group_id", "res_job_resource_type", "res_job_value", "res_job_order")
        with table.numbers():
            for group, name, value, order in table.rows(columns):
                level = known.get((name, value, order))
                if level is None:
                    text = decode(name) or ""
                    level = self._levels.number((table.number(order), text, table.number(value)))
                    known[name, value, order] = level
                levels_of.add(int(group), level)
        return levels_of

    def _read_groups(self, table: HistoryTable, levels_of: PagedNumbers) -> PagedNumbers:
        """The chain of groups of each alternative."""
        groups_of = ChainsById(self._chains)
        texts: dict[bytes, str] = {}
        columns = ("res_group_id", "res_group_moldable_id", "res_group_property")
        with table.numbers():
            for group, moldable, condition in table.rows(columns):
                text = texts.get(condition)
                if text is None:
                    text = texts[condition] = decode(condition) or ""
                item = self._groups.number((levels_of[int(group)], text))
                groups_of.add(int(moldable), item)
        return groups_of

    def _read_types(self, folder: Path) -> None:
        table = self._table(folder, "job_types")
        known: dict[bytes, int] = {}
        with table.numbers():
            for job, kind in table.rows(("job_id", "type")):
                number = int(job)
                item = known.get(kind)
                if item is None:
                    text = decode(kind) or ""
                    name, _, value = text.partition("=")
                    if name == _INNER and value.isdigit():
                        self.containers[number] = int(value)
                        text = f"{_INNER}=?"
                    elif name in _DATED:
                        text = f"{name}=?"
                    item = self._types.number(text)
                    if name != _INNER and len(known) < _TEXTS:
                        known[kind] = item
                self._types_of.add(number, item)

    def _table(self, folder: Path, name: str) -> HistoryTable:
        table = HistoryTable(folder, name)
        if not table:
            self.lacking.add(name)
        return table
