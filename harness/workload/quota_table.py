"""``[[quota]]``: quotas as a scenario or a site says them, once for OAR2 and OAR3."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from harness.model import bounds
from harness.model.combination import did_you_mean
from harness.model.quota import EVERY, PER, Quota
from harness.workload.toml_table import Table

QUEUES = ("admin", "default", "besteffort")
"""The queues of a fresh OAR2 (``oar-database``, its default data)."""

_WORDS = ("queue", "project", "type", "user")
_LIMITS = ("resources", "jobs", "hours")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""No comma, since OAR3 parts its keys by it, and no quote, since OAR2's file is Perl."""


def read_quotas(table: Table, queues: Collection[str] | None = None) -> tuple[Quota, ...]:
    """``[[quota]]``, in the order of the file; of a limit that is left out, or -1, there is none.

    :param queues: those there are; None: unknown.
    """
    found: dict[tuple[str, str, str, str], Table] = {}
    quotas = []
    for entry in table.tables("quota", (*_WORDS, *_LIMITS)):
        quota = _quota(entry)
        if quota.key in found:
            entry.fault("there are two quotas on the same", f"the other is at {found[quota.key].where()}; remove one")
        if queues is not None and quota.queue not in (*queues, EVERY, PER):
            entry.fault(f"there is no queue {quota.queue!r}", did_you_mean(quota.queue, queues), "queue")
        found[quota.key] = entry
        quotas.append(quota)
    return tuple(quotas)


def describe_quota(quota: Quota) -> dict[str, Any]:
    """The keys of an entry that is read as this quota."""
    words = {name: value for name, value in zip(_WORDS, quota.key, strict=True) if value != EVERY}
    limits = {name: getattr(quota, name) for name in _LIMITS}
    given = {name: limit for name, limit in limits.items() if limit >= 0}
    return {**words, **(given or {"resources": -1})}


def _quota(entry: Table) -> Quota:
    words = {name: entry.text(name, EVERY, most=bounds.NAME) for name in _WORDS}
    for name, value in words.items():
        if value == PER and name == "type":
            entry.fault("type is '/': OAR counts no type by itself", "name the type, or write '*' for all", name)
        if value not in (EVERY, PER) and not _NAME.fullmatch(value):
            entry.fault(
                f"{name} is {value!r}",
                f"write the name of one {name}, '*' for all together{_per(name)}",
                name,
            )
    if not any(name in entry for name in _LIMITS):
        entry.fault("it limits nothing", "give resources, jobs or hours; -1 means no limit")
    return Quota(
        **words,
        resources=entry.integer("resources", -1, least=-1),
        jobs=entry.integer("jobs", -1, least=-1),
        hours=_hours(entry),
    )


def _hours(entry: Table) -> float:
    hours = entry.number("hours", -1, least=-1)
    if -1 < hours < 0:
        entry.fault(f"hours is {hours}", "it must be at least 0; -1 means no limit", "hours")
    return hours


def _per(name: str) -> str:
    return "" if name == "type" else " or '/' for each by itself"
