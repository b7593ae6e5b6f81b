"""What conditions of jobs come to on a site's resources: SQLite stands in for PostgreSQL, and can only read."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
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
        self._tables: dict[tuple[str, ...], tuple[str, list[int]]] = {}
        self._base.execute("PRAGMA case_sensitive_like = ON")
        self.fitting = lru_cache(20_000)(self._fitting)
        self.part = lru_cache(20_000)(self._part)
        self.split = lru_cache(20_000)(self._split)
        self.null = lru_cache(20_000)(self._null)
        self._determined = lru_cache(1000)(self._is_determined)

    def _part(self, condition: str) -> bool | None:
        """Whether it leaves out a resource."""
        found = self.fitting(condition)
        return None if found is None else not all(found)

    def _split(self, condition: str, level: str) -> bool | None:
        """Whether it fits some resources of a block of the level, and not others."""
        level = _level(level)
        if level not in self._values:
            return None
        columns = self._columns(condition)
        if columns is not None and all(column == level or self._determined(level, column) for column in columns):
            return False
        found = self.fitting(condition)
        if found is None:
            return None
        seen: dict[object, bool] = {}
        for value, fits in zip(self._values[level], found, strict=True):
            if value is not None and seen.setdefault(value, fits) != fits:
                return True
        return False

    def _null(self, condition: str, level: str) -> bool | None:
        """Whether it fits a resource that has no value of the level."""
        level = _level(level)
        if level not in self._values:
            return None
        values = self._values[level]
        if not any(value in (None, "") for value in values):
            return False
        found = self.fitting(condition)
        if found is None:
            return None
        return any(fits and value in (None, "") for value, fits in zip(values, found, strict=True))

    def up(self, condition: str) -> bool | None:
        """Whether it fits a resource that is Alive."""
        found = self.fitting(condition)
        if found is None:
            return None
        return any(fits and each.state == "Alive" for each, fits in zip(self._resources, found, strict=True))

    def _is_determined(self, level: str, column: str) -> bool:
        """Whether all resources of a block have one value of the column."""
        seen: dict[object, object] = {}
        pairs = zip(self._values[level], self._values[column], strict=True)
        return all(block is None or seen.setdefault(block, value) == value for block, value in pairs)

    def _columns(self, condition: str) -> tuple[str, ...] | None:
        """The columns that it names."""
        words = dict.fromkeys((quoted or plain).lower() for quoted, plain in _WORD.findall(condition))
        return tuple(word for word in words if word in self._values)

    def _fitting(self, condition: str) -> Sequence[bool] | None:
        """Which resources it fits, in their order."""
        if not condition.strip():
            return [True] * len(self._resources)
        if len(condition) > _LONGEST:
            return None
        table, rows = self._table(self._columns(condition) or ())
        steps = 0

        def step() -> int:
            nonlocal steps
            steps += 1000
            return int(steps > _STEPS)

        self._base.set_progress_handler(step, 1000)
        self._base.set_authorizer(_only_reading)
        try:
            # A condition in double parentheses cannot close them and go on: the authorizer refuses what follows.
            found = self._base.execute(f"SELECT profile, ({condition}) FROM {table}").fetchall()
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError):
            return None
        finally:
            self._base.set_authorizer(None)
            self._base.set_progress_handler(None, 0)
        answers: dict[int, bool] = {}
        for row in found:
            if len(row) != 2 or row[0] in answers:
                return None
            answers[row[0]] = bool(row[1])
        return [answers.get(row, False) for row in rows]

    def _table(self, columns: tuple[str, ...]) -> tuple[str, list[int]]:
        """A table of the distinct values of those columns, and the row of each resource in it."""
        key = tuple(sorted(columns))
        if key not in self._tables:
            profiles: dict[tuple[object, ...], int] = {}
            lists = [self._values[column] for column in key]
            keys = zip(*lists, strict=True) if lists else (() for _ in self._resources)
            rows = [profiles.setdefault(values, len(profiles)) for values in keys]
            name = f"profiles{len(self._tables)}"
            names = "".join(f', "{column}" {self._kind(column)}' for column in key)
            self._base.execute(f"CREATE TABLE {name} (profile{names})")
            signs = ", ".join("?" * (len(key) + 1))
            self._base.executemany(
                f"INSERT INTO {name} VALUES ({signs})", ((number, *values) for values, number in profiles.items())
            )
            self._tables[key] = name, rows
        return self._tables[key]

    def _kind(self, column: str) -> str:
        """So that numbers and texts compare as PostgreSQL has them, whether a condition quotes them or not."""
        return "INTEGER" if any(isinstance(value, int) for value in self._values[column]) else "TEXT"


def _level(name: str) -> str:
    return "network_address" if name == "nodes" else name.lower()


def _only_reading(action: int, *_: object) -> int:
    allowed = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)
    return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY
