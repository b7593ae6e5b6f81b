"""What a container may use of the machine's memory and processes, by its role; and what an engine cannot limit.

A lane gone wild, by a fork bomb or by a program that eats memory, is stopped; its neighbours and the machine live on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_MIB = 1 << 20
_GIB = 1 << 30

_MEMORY = {"postgres": (_GIB, 3, 4 * _GIB), "server": (_GIB, 3, 6 * _GIB), "node": (256 * _MIB, 16, _GIB)}
"""Of each role: at least, which part of the machine's memory, at most. PostgreSQL's data lie in its memory too."""
_PROCESSES = {"postgres": 600, "server": 2048, "node": 1024}
"""PostgreSQL has a process a connection, of which 300 are allowed; what a job forks runs on a node."""

SHOWN = r"""
cd /sys/fs/cgroup
for file in memory.max memory/memory.limit_in_bytes; do [ ! -r $file ] || echo "memory $(cat $file)"; done
for file in pids.max pids/pids.max; do [ ! -r $file ] || echo "processes $(cat $file)"; done
"""
"""A shell script that prints the limits under which it runs (control groups of version 2 or 1)."""


def limits(role: str, info: Mapping[str, Any]) -> dict[str, int]:
    """Options of a container of that role, in bytes and processes; one that the engine cannot hold is left out.

    :param info: what the engine says of itself (``docker info``).
    """
    least, part, most = _MEMORY.get(role, _MEMORY["server"])
    memory = min(max(int(info.get("MemTotal") or 0) // part, least), most)
    found = {}
    if info.get("MemoryLimit"):
        found["mem_limit"] = memory
        if info.get("SwapLimit"):
            found["memswap_limit"] = memory
    if info.get("PidsLimit"):
        found["pids_limit"] = _PROCESSES.get(role, _PROCESSES["server"])
    return found


def lacking(info: Mapping[str, Any]) -> tuple[str, ...]:
    """What an engine says that it cannot limit."""
    known = {"MemoryLimit": "memory", "PidsLimit": "processes"}
    return tuple(name for key, name in known.items() if not info.get(key))


def told(info: Mapping[str, Any], shown: str, asked: Mapping[str, int]) -> str:
    """What of containers is limited, as reports say it.

    :param shown: what :data:`SHOWN` printed in a container with the limits ``asked``: the kernel's own word.
    """
    seen = {name: int(value) for name, value in re.findall(r"^(memory|processes) (\d+)$", shown, re.MULTILINE)}
    held = {
        "memory": 0 < seen.get("memory", 0) <= asked.get("mem_limit", 0),
        "processes": 0 < seen.get("processes", 0) <= asked.get("pids_limit", 0),
    }
    missing = [name for name, fine in held.items() if not fine or name in lacking(info)]
    if not missing:
        return "memory and processes of containers"
    return f"{' and '.join(missing)} of containers cannot be limited on this machine"
