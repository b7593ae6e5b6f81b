"""OAR's configuration file: reading its keys and giving them values, leaving every other line as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping

PATH = "/etc/oar/oar.conf"

SCHEDULING_KEYS = (
    "SCHEDULER_JOB_SECURITY_TIME",
    "SCHEDULER_GANTT_HOLE_MINIMUM_TIME",
    "SCHEDULER_RESOURCE_ORDER",
    "SCHEDULER_AVAILABLE_SUSPENDED_RESOURCE_TYPE",
    "SCHEDULER_FAIRSHARING_MAX_JOB_PER_USER",
    "SCHEDULER_TIMEOUT",
    "RESERVATION_WAITING_RESOURCES_TIMEOUT",
    "HIERARCHY_LABELS",
    "META_SCHED_CMD",
    "METASCHEDULER_MODE",
    "JOB_PRIORITY",
    "QUOTAS",
)
"""The keys worth keeping with a recorded situation."""

_LINE = re.compile(r"^\s*(?P<key>[A-Z][A-Z0-9_]*)\s*=\s*(?P<value>.*?)\s*$")


def read_keys(text: str) -> dict[str, str]:
    """The keys that are set, with their values unquoted; the last line of a key counts (OAR2, ``OAR::Conf``)."""
    keys = {}
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            keys[match["key"]] = _unquote(match["value"])
    return keys


def _unquote(value: str) -> str:
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else value[1:]
    return value.partition("#")[0].strip()


def set_keys(text: str, keys: Mapping[str, str | None]) -> str:
    """The text with those keys set, each where it stood first; ``None`` takes a key out.

    Other lines, comments and their order stay. A value with a ``"`` is written in single quotes.
    """
    wanted = dict(keys)
    lines = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if not match or match["key"] not in keys:
            lines.append(line)
        elif match["key"] in wanted:
            value = wanted.pop(match["key"])
            if value is not None:
                lines.append(_line(match["key"], value))
    lines += [_line(key, value) for key, value in wanted.items() if value is not None]
    return "\n".join(lines) + "\n"


def _line(key: str, value: str) -> str:
    quote = "'" if '"' in value else '"'
    return f"{key}={quote}{value}{quote}"
