"""Which keys of a production oar.conf pass, and with which values: what is no number or known word stays out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from harness.model.cluster import SYSTEM_COLUMNS
from harness.model.combination import KAMELOT, KAO, NATIVE_SCHEDULERS, OAR_META_SCHED
from harness.model.oar_keys import KNOWN_KEYS
from harness.model.owned_keys import Owner, owner_of
from harness.site_import.conditions import Conditions
from harness.site_import.import_report import ImportReport
from harness.site_import.pseudonyms import Pseudonyms

_PLAIN = re.compile(
    r"-?\d{1,15}(?:\.\d{1,9})?|yes|no|YES|NO|Yes|No|true|false|on|off|ON|OFF|all|none|internal|external|"
)
_TIME = re.compile(r"\d{1,4}(?::\d{1,2}){1,2}")
_TARGETS = ("SCHEDULER_FAIRSHARING_PROJECT_TARGETS", "SCHEDULER_FAIRSHARING_USER_TARGETS")
_TARGET = re.compile(r"""(?:'([^']*)'|"([^"]*)"|([\w.-]+))\s*=>\s*(\d+(?:\.\d+)?)""", re.A)
_USERS = ("WALLTIME_ALLOWED_USERS_TO_FORCE", "WALLTIME_ALLOWED_USERS_TO_DELAY_JOBS", "USERS_ALLOWED_HOLD_RESUME")
_WALLTIMES = ("WALLTIME_MAX_INCREASE", "WALLTIME_MIN_FOR_CHANGE", "WALLTIME_CHANGE_APPLY_TIME", "WALLTIME_INCREMENT")
_BY_QUEUE = re.compile(r"""(?:'([^']*)'|"([^"]*)"|([\w-]+))\s*=>\s*(-?\d+(?:\.\d+)?)""", re.A)
_KEEP_ALIVE = "ENERGY_SAVING_NODES_KEEPALIVE"
_WORD_LISTS = (
    "SCHEDULER_RESOURCE_ORDER",
    "SCHEDULER_RESOURCE_ORDER_ADV_RESERVATIONS",
    "SCHEDULER_PRIORITY_HIERARCHY_ORDER",
    "SCHEDULER_AVAILABLE_SUSPENDED_RESOURCE_TYPE",
    "SCHEDULER_RESOURCES_ALWAYS_ASSIGNED_TYPE",
    "OARSUB_DEFAULT_RESOURCES",
    "OARSUB_NODES_RESOURCES",
    "NODE_FILE_DB_FIELD",
    "NODE_FILE_DB_FIELD_DISTINCT_VALUES",
    "JOB_RESOURCE_MANAGER_PROPERTY_DB_FIELD",
    "HIERARCHY_LABELS",
    "JOB_PRIORITY",
    "LOG_CATEGORIES",
    "META_SCHED_CMD",
)
_WORDS = frozenset(
    (
        *("asc", "desc", "asc_nulls_first", "nulls", "first", "last", "resource_id", "network_address", "random"),
        *("fifo", "fairshare", "multifactor", "default", "type", "nodes", "walltime", "scheduler", "all"),
        *(each.command for each in (OAR_META_SCHED, KAO)),
        *(scheduler.name for scheduler in (*NATIVE_SCHEDULERS, KAMELOT)),
    )
)
_TOKEN = re.compile(r"[A-Za-z_][\w.-]*", re.A)
_SIGNS = re.compile(r"[\w\s,/=+.:|-]*", re.A)


@dataclass(frozen=True, slots=True)
class ConfNames:
    """What the values of a site's keys may name.

    :ivar columns: of ``resources``. :ivar types: of its resources. :ivar queues: its queues.
    """

    columns: Collection[str]
    types: Collection[str]
    queues: Collection[str]


def pass_conf(
    conf: Mapping[str, str],
    where: str,
    names: ConfNames,
    pseudonyms: Pseudonyms,
    conditions: Conditions,
    report: ImportReport,
) -> dict[str, str]:
    """The keys that pass; what becomes of each other is written down in ``report``, without its value."""
    kept: dict[str, str] = {}
    for key, value in conf.items():
        place = f"{where}, {key if key in KNOWN_KEYS or owner_of(key) else 'another key'}"
        owned = owner_of(key)
        if owned is not None and owned.owner is Owner.LANE:
            report.left("oar.conf", key if key in KNOWN_KEYS else owned.pattern, owned.reason, place)
            continue
        if owned is not None and owned.owner is Owner.MACHINE:
            if owned.instead is not None and value.strip().strip("\"'"):
                kept[key] = owned.instead
                report.approximated("oar.conf", key, f"{owned.reason}; {owned.instead} stands in for it", place)
            else:
                report.left("oar.conf", key if key in KNOWN_KEYS else owned.pattern, owned.reason, place)
            continue
        if key not in KNOWN_KEYS:
            report.left("oar.conf", "a key that neither OAR2 nor OAR3 reads", "its value may be anything", where)
            continue
        passed = _value(key, value, names, pseudonyms, conditions)
        if passed is None:
            report.left("oar.conf", key, "its value may name a path, a host or a person: add it by hand", place)
        else:
            kept[key] = passed
            if passed != value:
                report.approximated("oar.conf", key, "its names have pseudonyms", place)
    report.taken("oar.conf", f"{len(kept)} keys", "with their values", where)
    return kept


def _value(key: str, value: str, names: ConfNames, pseudonyms: Pseudonyms, conditions: Conditions) -> str | None:
    if _PLAIN.fullmatch(value) or _TIME.fullmatch(value) or value in ('""', "''"):
        return value
    if key in _TARGETS:
        return _targets(value, pseudonyms.user if "USER" in key else pseudonyms.project)
    if key in _USERS:
        words = re.findall(r"[\w.*-]+", value)
        return (
            None
            if re.sub(r"[\w.*,\s-]", "", value)
            else " ".join(word if word in ("*", "yes", "no") else pseudonyms.user(word) for word in words)
        )
    if key in _WALLTIMES:
        found = _BY_QUEUE.findall(value)
        rest = re.sub(r"[{}\s,]", "", _BY_QUEUE.sub("", value))
        known = all((a or b or c) in (*names.queues, "_") for a, b, c, _ in found)
        return value if found and not rest and known else None
    if key == _KEEP_ALIVE:
        return _keep_alive(value, conditions)
    if key in _WORD_LISTS and _SIGNS.fullmatch(value):
        allowed = {*_WORDS, *SYSTEM_COLUMNS, *names.columns, *names.types, *names.queues}
        # A path's last part names the program.
        words = _TOKEN.findall(value.rpartition("/")[2] if key == "META_SCHED_CMD" else value)
        if all(word in allowed or word.lower() in allowed for word in words):
            return value.rpartition("/")[2] if key == "META_SCHED_CMD" else value
    return None


def _targets(value: str, rename: object) -> str | None:
    if re.sub(r"[{}\s,]", "", _TARGET.sub("", value)) or not callable(rename):
        return None
    parts = [f"{rename(a or b or c)} => {share}" for a, b, c, share in _TARGET.findall(value)]
    return "{ " + ", ".join(parts) + " }" if parts else None


def _keep_alive(value: str, conditions: Conditions) -> str | None:
    """``condition:nodes``, parted by commas or ``&``."""
    parts = []
    for part in re.split(r"(?<=\d)\s*[,&]\s*", value):
        condition, _, count = part.rpartition(":")
        renamed = conditions.renamed(condition)
        if not count.strip().isdigit() or not condition or renamed.text is None:
            return None
        parts.append(f"{renamed.text}:{count.strip()}")
    return ",".join(parts)
