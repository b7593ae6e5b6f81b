"""How many resources a request takes on an empty cluster: what ``oarsub`` works out before it takes a job.

After ``OAR::IO::estimate_job_nb_resources`` and the tree of ``OAR::Schedulers::ResourceTree``: of each level the
first children are taken that have themselves enough, in the order in which PostgreSQL gives the rows. The number
stands in ``jobs.message`` (``R=…``); if it is 0, the job is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import Any

import psycopg2

from harness.model.job import ALL, BEST, BESTHALF
from harness.oar2.users_sql import UsersSql
from harness.oarsub.resource_request import Alternative, ResourceGroup
from harness.oarsub.row_options import NotInRows

_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
_LOOKS_ELSEWHERE = re.compile(r"['\";\\$]|--|/\*|\bselect\b", re.I)


class Estimator:
    """The resources that are not Dead, and which of them fulfil which conditions, asked in one query.

    :param asked: all that will be counted: alternatives, each with its job's own condition.

    Raises NotInRows for a condition of which only ``oarsub`` can say what becomes of it; if PostgreSQL refused
    one, the transaction must be rolled back. Raises SlowCondition if it takes too long.
    """

    def __init__(self, cursor: Any, asked: Collection[tuple[Alternative, str]]) -> None:
        groups = [(group, properties) for alternative, properties in asked for group in alternative.groups]
        conditions = list(dict.fromkeys(condition_of(*each) for each in groups))
        for condition in conditions:
            _check(condition)
        names = dict.fromkeys(level.property for group, _ in groups for level in group.levels)
        names |= {"resource_id": None}
        columns = [f"resources.{name}" for name in names] + [f"(({condition})) IS TRUE" for condition in conditions]
        try:
            with UsersSql(cursor.execute).asking(*conditions):
                cursor.execute(f"SELECT {', '.join(columns)} FROM resources WHERE state <> 'Dead'")
                self._rows: list[tuple[Any, ...]] = cursor.fetchall()
        except psycopg2.Error as error:
            raise NotInRows(f"PostgreSQL refuses a property or a condition: {error}") from error
        self._columns = {name: index for index, name in enumerate(names)}
        self._flags = {condition: index for index, condition in enumerate(conditions, len(names))}
        self._known: dict[tuple[Alternative, str], int] = {}

    def count(self, alternative: Alternative, properties: str) -> int:
        """Resources that an alternative takes on an empty cluster; 0: there are not enough.

        :param properties: the job's own condition, beside those of the groups.
        """
        key = alternative, properties
        if key not in self._known:
            self._known[key] = self._count(alternative, properties)
        return self._known[key]

    def _count(self, alternative: Alternative, properties: str) -> int:
        total = 0
        taken: set[Any] = set()
        for group in alternative.groups:
            levels = [level.property for level in group.levels]
            needed = [level.count for level in group.levels]
            if levels[-1] != "resource_id":
                levels.append("resource_id")
                needed.append(ALL)
            flag = self._flags[condition_of(group, properties)]
            values = itemgetter(flag, *(self._columns[level] for level in levels))
            rows = [row[1:] for row in map(values, self._rows) if row[0] and None not in row]
            found = _take(rows, levels, needed, taken)
            if not found:
                return 0
            total += len(set(found))
            taken.update(found)
        return total


def condition_of(group: ResourceGroup, properties: str) -> str:
    """The condition on a group's resources: its own and the job's."""
    return f"({group.condition}) AND ({properties})"


def _take(
    rows: Sequence[tuple[Any, ...]], levels: Sequence[str], needed: Sequence[int], taken: set[Any], depth: int = 0
) -> list[Any] | None:
    """The resources taken below one node of the tree; None: it has not enough.

    A node that wants half of nothing (BESTHALF) stands for a resource itself, and is known by its value: so OAR does.

    :param rows: those of the node: the values of ``levels``.
    :param taken: resources that an earlier group of the request holds.
    """
    if depth == len(levels):
        return [rows[0][-1]]
    children: dict[Any, list[tuple[Any, ...]]] = {}
    for row in rows:
        children.setdefault(row[depth], []).append(row)
    wanted = needed[depth]
    kept: list[Any] = []
    good = 0
    for value, below in children.items():
        if 0 < wanted == good:
            break
        gone = levels[depth] == "resource_id" and value in taken
        found = None if gone else _take(below, levels, needed, taken, depth + 1)
        if found is not None:
            kept += found
            good += 1
    if wanted == BESTHALF and not good and depth:
        return [rows[0][depth - 1]]
    enough = {ALL: good == len(children), BEST: good > 0, BESTHALF: good > 0, 0: False}
    return kept if enough.get(wanted, good >= wanted) and good else None


def _check(condition: str) -> None:
    """A condition must stand for itself: it is asked as a column here, and between others there."""
    bare = _LITERAL.sub("", condition)
    depth = 0
    for sign in bare:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
    if depth or _LOOKS_ELSEWHERE.search(bare):
        raise NotInRows(f"the condition {condition!r}")
