"""Resources, queues and admission rules from rows: the tables that are read before all others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from harness.model import bounds
from harness.model.cluster import RESOURCE_STATES, SYSTEM_COLUMNS, Resource, Value
from harness.model.fault import ConfigurationFault
from harness.site_import.import_report import ImportReport
from harness.site_import.passing_columns import SMALL
from harness.site_import.production import Production, ProductionQueue, ProductionRule
from harness.site_import.source_rows import RowSource

_PROPERTY = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")
_SCHEDULER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,79}")
_INTEGER = re.compile(r"-?\d{1,18}")
_NUMBERS = frozenset(("integer", "bigint", "smallint", "int", "int4", "int8", "int2"))
_FLAGS = frozenset(("suspended_jobs", "besteffort", "deploy", "desktop_computing", "drain", "finaud_decision"))
_TIMES = frozenset(("scheduler_priority", "expiry_date", "last_job_date", "last_available_upto"))
_BY_ITSELF = frozenset(("next_state", "next_finaud_decision", "state_num"))
_DEFAULTS: Mapping[str, Value] = {
    "suspended_jobs": "NO",
    "besteffort": "YES",
    "deploy": "NO",
    "desktop_computing": "NO",
    "drain": "NO",
    "finaud_decision": "NO",
    "scheduler_priority": 0,
    "expiry_date": 0,
    "last_job_date": 0,
    "last_available_upto": 0,
}
"""What the columns of OAR's own hold where nothing is said; such values are not written down."""


class _Row(Exception):
    """A row that is not taken, and why."""


def read_small(source: RowSource, production: Production, report: ImportReport) -> None:
    """Add what the source's small tables say to ``production``."""
    types = source.columns().get("resources", {})
    resources: list[Resource] = []
    queues: list[ProductionQueue] = []
    rules: list[ProductionRule] = []
    refused: Counter[str] = Counter()
    ignored: dict[str, str] = {}
    for block in source.blocks(SMALL):
        for number, row in block.rows():
            place = f"{source.name}, table {block.table}, line {number}"
            try:
                if block.table == "resources":
                    resources.append(_resource(row, types, ignored, place))
                    if len(resources) > bounds.RESOURCES:
                        raise ConfigurationFault(
                            f"more than {bounds.RESOURCES:,} resources", where=place, remedy="is it the right dump?"
                        )
                elif block.table == "queues":
                    queues.append(_queue(row))
                elif block.table == "admission_rules":
                    rules.append(_rule(row))
                elif row.get("version") and re.fullmatch(r"[\w.]{1,20}", row["version"] or ""):
                    production.version = row["version"] or ""
            except _Row as error:
                refused[block.table] += 1
                if refused[block.table] <= 5:
                    theme = {"admission_rules": "admission rules"}.get(block.table, block.table)
                    report.left(theme, "a row", str(error), place)
    for table, count in refused.items():
        if count > 5:
            report.left(table, f"{count - 5} more rows of {table}", "as above", source.name)
    for why, place in ignored.items():
        report.left("resources", "a column of resources", why, place)
    if resources and production.resources:
        report.left("resources", f"{len(resources)} resources", "another source has them already", source.name)
    elif resources:
        production.resources = _without_repeats(resources, report, source.name)
        production.numeric = frozenset(_numeric(production.resources, types))
        report.taken("resources", f"{len(production.resources)} resources", "with their own numbers", source.name)
    if queues and not production.queues:
        production.queues = tuple(queues)
    if rules and not production.rules:
        production.rules = tuple(sorted(rules, key=lambda rule: (rule.priority, rule.number)))


def _resource(
    row: Mapping[str, str | None], types: Mapping[str, str], ignored: dict[str, str], place: str
) -> Resource:
    number = row.get("resource_id") or ""
    if not _INTEGER.fullmatch(number) or not 1 <= int(number) <= bounds.ID:
        raise _Row("its resource_id is no number of a resource")
    state, kind = row.get("state") or "Alive", row.get("type") or "default"
    if state not in RESOURCE_STATES:
        raise _Row("its state is none of OAR's")
    if not _WORD.fullmatch(kind):
        raise _Row("its type is no word")
    upto = row.get("available_upto") or "2147483647"
    if not _INTEGER.fullmatch(upto) or abs(int(upto)) > bounds.GREATEST:
        raise _Row("its available_upto is no number")
    properties: dict[str, Value] = {}
    for name, value in row.items():
        if name in ("resource_id", "state", "type", "available_upto", "network_address") or name in _BY_ITSELF:
            continue
        if not _PROPERTY.fullmatch(name):
            ignored.setdefault("its name is none that oarproperty makes", place)
            continue
        properties[name] = _value(name, value, types)
    return Resource(int(number), row.get("network_address") or "", state, kind, int(upto), properties)


def _value(name: str, value: str | None, types: Mapping[str, str]) -> Value:
    if name in _FLAGS and value not in ("YES", "NO"):
        raise _Row(f"its {name} is neither YES nor NO")
    if name in _TIMES or types.get(name) in _NUMBERS:
        if value is None or value == "":
            return None
        if not _INTEGER.fullmatch(value) or abs(int(value)) > bounds.GREATEST:
            raise _Row(f"its {name if name in SYSTEM_COLUMNS else 'property'} is no number")
        return int(value)
    if value is not None and len(value) > bounds.VALUE:
        raise _Row("a property is longer than OAR's columns are")
    return value


def _numeric(resources: tuple[Resource, ...], types: Mapping[str, str]) -> list[str]:
    names = dict.fromkeys(name for resource in resources for name in resource.properties)
    return [name for name in names if name in _TIMES or types.get(name) in _NUMBERS]


def _without_repeats(resources: list[Resource], report: ImportReport, name: str) -> tuple[Resource, ...]:
    found: dict[int, Resource] = {}
    for resource in resources:
        if resource.id in found:
            report.left("resources", f"resource {resource.id} again", "its number is there already", name)
        found.setdefault(resource.id, resource)
    usual = {
        column: value
        for column, value in _DEFAULTS.items()
        if all(resource.properties.get(column, value) == value for resource in found.values())
    }
    return tuple(
        Resource(
            each.id,
            each.node,
            each.state,
            each.type,
            each.available_upto,
            {column: value for column, value in each.properties.items() if column not in usual},
        )
        for _, each in sorted(found.items())
    )


def _queue(row: Mapping[str, str | None]) -> ProductionQueue:
    name, priority = row.get("queue_name") or "", row.get("priority") or "0"
    scheduler, state = row.get("scheduler_policy") or "", row.get("state") or "Active"
    if not _WORD.fullmatch(name):
        raise _Row("its name is none of a queue")
    if not _INTEGER.fullmatch(priority) or state not in ("Active", "notActive"):
        raise _Row("its priority is no number, or its state none of OAR's")
    if scheduler and not _SCHEDULER.fullmatch(scheduler):
        raise _Row("its scheduler is no name of a program")
    return ProductionQueue(name, int(priority), scheduler, state)


def _rule(row: Mapping[str, str | None]) -> ProductionRule:
    number, priority = row.get("id") or "", row.get("priority") or "0"
    if not _INTEGER.fullmatch(number) or not _INTEGER.fullmatch(priority):
        raise _Row("its number or priority is none")
    if row.get("enabled") not in ("YES", "NO", None):
        raise _Row("enabled is neither YES nor NO")
    text = row.get("rule") or ""
    if len(text) > bounds.FILE >> 4 or "\0" in text:
        raise _Row("its text is longer than anybody writes")
    return ProductionRule(int(number), int(priority), row.get("enabled") != "NO", text)
