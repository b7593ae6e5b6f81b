"""OAR's configuration file: reading its keys and giving them values, leaving every other line as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.model.fault import ConfigurationFault

PATH = "/etc/oar/oar.conf"

SCHEDULING_KEYS = (
    "ENERGY_SAVING_INTERNAL",
    "ENERGY_SAVING_MODE",
    "HIERARCHY_LABELS",
    "JOB_PRIORITY",
    "METASCHEDULER_MODE",
    "META_SCHED_CMD",
    "QUOTAS",
    "RESERVATION_WAITING_RESOURCES_TIMEOUT",
    "SCHEDULER_AVAILABLE_SUSPENDED_RESOURCE_TYPE",
    "SCHEDULER_BESTEFFORT_KILL_DURATION_BEFORE_RESERVATION",
    "SCHEDULER_FAIRSHARING_MAX_JOB_PER_USER",
    "SCHEDULER_GANTT_HOLE_MINIMUM_TIME",
    "SCHEDULER_JOB_SECURITY_TIME",
    "SCHEDULER_NODE_MANAGER_SLEEP_CMD",
    "SCHEDULER_NODE_MANAGER_WAKE_UP_CMD",
    "SCHEDULER_RESOURCES_ALWAYS_ASSIGNED_TYPE",
    "SCHEDULER_RESOURCE_ORDER",
    "SCHEDULER_TIMEOUT",
)
"""The keys worth keeping with a recorded situation."""

_LINE = re.compile(r"^\s*(?P<key>[A-Z][A-Z0-9_]*)\s*=\s*(?P<value>[^#]*)", re.A)
_QUOTED = re.compile(r"""^(["'])(?P<inner>.+)\1\s*$""", re.A)


def read_keys(text: str) -> dict[str, str]:
    """The keys that are set, with the values that OAR2 reads (``OAR::Conf``): the last line of a key counts.

    A ``#`` ends a value even inside quotes, a quote that is not closed stays, and ``KEY=""`` is two quotes, not
    nothing. Blanks that follow a value without quotes, which OAR2 keeps, are left out.
    """
    keys = {}
    for line in text.split("\n"):
        # Most lines are comments, which no pattern need be tried on.
        match = None if line[:1] == "#" else _LINE.match(line)
        if match:
            quoted = _QUOTED.match(match["value"])
            keys[match["key"]] = quoted["inner"] if quoted else match["value"].rstrip()
    return keys


def set_keys(text: str, keys: Mapping[str, str | None]) -> str:
    """The text with those keys set, each where it stood first; ``None`` takes a key out.

    Other lines, comments and their order stay. Raises ConfigurationFault for a value that OAR would not read back.
    """
    wanted = dict(keys)
    lines = []
    for line in text.removesuffix("\n").split("\n") if text else []:
        match = None if line[:1] == "#" else _LINE.match(line)
        if not match or match["key"] not in keys:
            lines.append(line)
        elif match["key"] in wanted:
            value = wanted.pop(match["key"])
            if value is not None:
                lines.append(_line(match["key"], value))
    lines += [_line(key, value) for key, value in wanted.items() if value is not None]
    return "".join(line + "\n" for line in lines)


def _line(key: str, value: str) -> str:
    if "#" in value or "\n" in value:
        raise ConfigurationFault(
            f"{key} cannot be {value!r}",
            where=PATH,
            remedy="OAR takes what follows a # for a comment, in quotes too, and a value ends with its line",
        )
    quote = "" if not value else "'" if '"' in value else '"'
    return f"{key}={quote}{value}{quote}"
