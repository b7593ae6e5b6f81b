"""What conditions of jobs come to on a site's resources: SQLite stands in for PostgreSQL, and can only read."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from functools import lru_cache

from harness.model.cluster import Resource

_WORD = re.compile(r"'(?:[^']|'')*'|\"([^\"]*)\"|([A-Za-z_][A-Za-z0-9_]*)", re.A)
_STEPS = 5_000_000
"""Steps of SQLite's machine that a condition may take."""
_LONGEST = 10_000
_OWN = ("resource_id", "network_address", "type", "state", "available_upto")
_MEANT = {
    "state_num": 1,
    "next_state": "UnChanged",
    "finaud_decision": "NO",
    "next_finaud_decision": "NO",
    "suspended_jobs": "NO",
    "scheduler_priority": 0,
    "besteffort": "YES",
    "deploy": "NO",
    "expiry_date": 0,
    "desktop_computing": "NO",
    "last_job_date": 0,
    "drain": "NO",
    "cpuset": "0",
}
"""Columns that every OAR database has, with what stands there unless somebody changes it (OAR2, pg_structure.sql)."""


class ResourceFacts:
    """Questions about the resources that a condition fits; None where SQLite cannot read the condition."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources = tuple(resources)
        self._values: dict[str, list[object]] = {
            "resource_id": [each.id for each in self._resources],
            "network_address": [each.node for each in self._resources],
            "type": [each.type for each in self._resources],
            "state": [each.state for each in self._resources],
            "available_upto": [each.available_upto for each in self._resources],
        }
        for name, usual in _MEANT.items():
            self._values[name] = [each.properties.get(name, usual) for each in self._resources]
        for name in dict.fromkeys(name for each in self._resources for name in each.properties):
            if name not in self._values:
                self._values[name] = [each.properties.get(name) for each in self._resources]
        self._base = sqlite3.connect(":memory:", isolation_level=None)
        self._tables: dict[tuple[str, ...], tuple[str, list[tuple[object, ...]]]] = {}
        self._base.execute("PRAGMA case_sensitive_like = ON")
        self.part = lru_cache(20_000)(self._part)
        self.split = lru_cache(20_000)(self._split)
        self.null = lru_cache(20_000)(self._null)
        self._lacks = lru_cache(1000)(self._is_lacking)
        self._determined = lru_cache(1000)(self._is_determined)

    def _part(self, condition: str) -> bool | None:
        """Whether it leaves out a resource."""
        found = self._fitting(condition)
        return None if found is None else not all(fits for _, fits in found)

    def _split(self, condition: str, level: str) -> bool | None:
        """Whether it fits some resources of a block of the level, and not others."""
        level = _level(level)
        if level not in self._values:
            return None
        if all(column == level or self._determined(level, column) for column in self._columns(condition)):
            return False
        found = self._fitting(condition, level)
        if found is None:
            return None
        seen: dict[object, bool] = {}
        return any(value is not None and seen.setdefault(value, fits) != fits for value, fits in found)

    def _null(self, condition: str, level: str) -> bool | None:
        """Whether it fits a resource that has no value of the level."""
        level = _level(level)
        if level not in self._values:
            return None
        if not self._lacks(level):
            return False
        found = self._fitting(condition, level)
        return None if found is None else any(fits and value in (None, "") for value, fits in found)

    def up(self, condition: str) -> bool | None:
        """Whether it fits a resource that is Alive."""
        found = self._fitting(condition, "state")
        return None if found is None else any(fits and state == "Alive" for state, fits in found)

    def _is_lacking(self, level: str) -> bool:
        return any(value in (None, "") for value in self._values[level])

    def _is_determined(self, level: str, column: str) -> bool:
        """Whether all resources of a block have one value of the column."""
        seen: dict[object, object] = {}
        pairs = zip(self._values[level], self._values[column], strict=True)
        return all(block is None or seen.setdefault(block, value) == value for block, value in pairs)

    def _columns(self, condition: str) -> tuple[str, ...]:
        """The columns that it names."""
        words = dict.fromkeys((quoted or plain).lower() for quoted, plain in _WORD.findall(condition))
        return tuple(word for word in words if word in self._values)

    def _fitting(self, condition: str, column: str = "type") -> list[tuple[object, bool]] | None:
        """Whether it fits, with the value of a column, of each kind of resource that they tell apart."""
        if len(condition) > _LONGEST:
            return None
        table, values = self._table(tuple(sorted({column, *self._columns(condition)})), column)
        steps = 0

        def step() -> int:
            nonlocal steps
            steps += 1000
            return int(steps > _STEPS)

        self._base.set_progress_handler(step, 1000)
        self._base.set_authorizer(_only_reading)
        try:
            # What closes the parenthesis and goes on gives other rows than one for each kind.
            found = self._base.execute(f"SELECT kind, ({condition or '1'}) FROM {table}").fetchall()
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError):
            return None
        finally:
            self._base.set_authorizer(None)
            self._base.set_progress_handler(None, 0)
        if [row[0] for row in found] != list(range(len(values))) or any(len(row) != 2 for row in found):
            return None
        return [(value, bool(row[1])) for value, row in zip(values, found, strict=True)]

    def _table(self, columns: tuple[str, ...], column: str) -> tuple[str, list[object]]:
        """A table of the distinct values of those columns, and the values of one of them in its order."""
        if columns not in self._tables:
            kinds = list(dict.fromkeys(zip(*(self._values[name] for name in columns), strict=True)))
            name = f"kinds{len(self._tables)}"
            names = "".join(f', "{each}" {self._kind(each)}' for each in columns)
            self._base.execute(f"CREATE TABLE {name} (kind INTEGER{names})")
            signs = ", ".join("?" * (len(columns) + 1))
            rows = ((number, *values) for number, values in enumerate(kinds))
            self._base.executemany(f"INSERT INTO {name} VALUES ({signs})", rows)
            self._tables[columns] = name, kinds
        name, kinds = self._tables[columns]
        place = columns.index(column)
        return name, [values[place] for values in kinds]

    def _kind(self, column: str) -> str:
        """So that numbers and texts compare as PostgreSQL has them, whether a condition quotes them or not."""
        return "INTEGER" if any(isinstance(value, int) for value in self._values[column]) else "TEXT"


def _level(name: str) -> str:
    return "network_address" if name == "nodes" else name.lower()


def _only_reading(action: int, *_: object) -> int:
    allowed = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)
    return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY
