"""Names that a request asks for and its cluster does not have: a level of ``-l``, a property of ``-p``.

``oarsub`` refuses such a job, and nothing is compared; so the file is refused, unless it says that the job is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from harness.model.cluster import SYSTEM_COLUMNS, Cluster
from harness.model.combination import did_you_mean
from harness.model.job import REJECTED
from harness.oarsub.command_line import read_command_line
from harness.oarsub.resource_request import Alternative, read_alternative
from harness.workload.scenario_job import ScenarioJob
from harness.workload.toml_table import Table

_NODES = "nodes"
"""What ``oarsub`` has for ``OARSUB_NODES_RESOURCES``."""

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r'"([^"]+)"|(?<![\w.:$])([A-Za-z_]\w*)(?!\w)(?!\s*[(.])', re.A)
_BEYOND = re.compile(r"[;\\$]|--|/\*|::|\b(?:select|cast|interval|extract)\b", re.I)
_SQL = """
    all and any asc between case collate current_date current_time current_timestamp desc distinct else end escape
    false from ilike in is isnull like localtime localtimestamp not notnull null or regexp rlike similar some
    symmetric then to true unknown when
"""
_WORDS = frozenset(_SQL.split())
"""Words of SQL conditions that are no column's name."""


def check_names(table: Table, jobs: Iterable[ScenarioJob], cluster: Cluster, expect: Mapping[str, Any]) -> None:
    """Refuse the first level or property that no resource has; a job whose refusal is expected is left alone."""
    places = {entry.get("name"): index for index, entry in enumerate(table.content["job"])}
    for job in jobs:
        if not is_refused(expect, job.names):
            for what, remedy in unknown_names(job.submission.argv, cluster):
                table.fault(
                    f"[[job]] {job.name!r}: {what}, so oarsub would refuse it",
                    f'{remedy} (or say that it is refused: {job.name}.state = "Rejected")',
                    "job",
                    places[job.name],
                    "submit",
                )


def is_refused(expect: Mapping[str, Any], names: Sequence[str]) -> bool:
    """Whether a job of those names may be refused, by what the scenario expects."""
    base = names[0].partition("[")[0]
    states = [expect.get(name, {}).get("state") for name in (base, *names)]
    return any(REJECTED in (state if isinstance(state, list) else [state]) for state in states)


def unknown_names(argv: Sequence[str], cluster: Cluster) -> Iterator[tuple[str, str]]:
    """What an ``oarsub`` line asks for and no resource has, each with a hint; nothing of a ``-l`` of unusual form."""
    line = read_command_line(argv)
    for condition in line.all("property"):
        yield from _of_condition(condition, "-p", cluster)
    for request in line.all("resource"):
        with suppress(ValueError):
            yield from _of_request(read_alternative(request), cluster)


def _of_request(alternative: Alternative, cluster: Cluster) -> Iterator[tuple[str, str]]:
    for group in alternative.groups:
        yield from _of_condition(group.condition, "-l", cluster)
        other = bool(re.search(r"\btype\b", group.condition))
        for level in group.levels:
            if level.property not in (_NODES, *SYSTEM_COLUMNS):
                yield from _of_level(level.property, cluster, other=other)


def _of_level(level: str, cluster: Cluster, *, other: bool) -> Iterator[tuple[str, str]]:
    """Whether such a group can have it.

    :param other: whether its condition says of which type its resources are; else they are of the type ``default``
        (OAR2, ``pg_default_admission_rules.sql``).
    """
    types = {row.type for row in cluster.resources if row.properties.get(level) is not None}
    if not types:
        levels = (*_valued(cluster), "resource_id", "network_address", _NODES)
        yield f"no resource has the level {level!r} of -l", did_you_mean(level, levels)
    elif not other and "default" not in types:
        kind = sorted(types)[0]
        yield (
            f"the level {level!r} of -l is one of resources of the type {kind}",
            f"write {{type = '{kind}'}}/{level}=…",
        )


def _of_condition(condition: str, option: str, cluster: Cluster) -> Iterator[tuple[str, str]]:
    bare = _LITERAL.sub(" '' ", condition)
    if _BEYOND.search(bare) or "'" in bare.replace("''", ""):
        return
    known = {*_valued(cluster), *SYSTEM_COLUMNS}
    for quoted, plain in _NAME.findall(bare):
        name = quoted or plain.lower()
        if name in known or (plain and name in _WORDS):
            continue
        hint = did_you_mean(name, sorted(known))
        if quoted:
            hint = f"write '{quoted}' if it is a value: SQL takes what is in double quotes for a name"
        yield f"no resource has the property {name!r} of {option}", hint


def _valued(cluster: Cluster) -> list[str]:
    """Properties that have a value on any resource."""
    found = (name for row in cluster.resources for name, value in row.properties.items() if value is not None)
    return list(dict.fromkeys(found))
