"""Whether the containers of a lane are as they should be: what the engine, their kernel and their disks tell."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import docker
import docker.errors
import requests.exceptions

from harness.engine.client import connect
from harness.engine.container import LaneContainer
from harness.engine.engine_fault import engine_fault
from harness.model.fault import MachineFault

_ENGINE_SECONDS = 30
_COMMAND_SECONDS = 20.0
_FULL_KB = 1024
"""Kilobytes below which a file system counts as full."""
_MARK = "--"
_LOOK = f"""
cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null | grep '^oom_kill '
cat /sys/fs/cgroup/pids.events /sys/fs/cgroup/pids/pids.events 2>/dev/null
echo {_MARK}
df -Pk / /tmp /run /dev/shm /pgdata 2>/dev/null
echo {_MARK}
ps -eo stat=,args=
"""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look into a container shows.

    :ivar killed: processes that the kernel ended for want of memory, since the container was made.
    :ivar refused: processes that it did not let begin, as the container has too many.
    :ivar full: where there is no room left on a disk.
    :ivar frozen: the command lines of the processes that are stopped.
    """

    killed: int = 0
    refused: int = 0
    full: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()


def read_look(text: str) -> Look:
    """Read what the look printed."""
    counters, disks, processes = [part.splitlines() for part in f"{text}\n".split(f"{_MARK}\n", 2)]
    words = [line.split() for line in counters]
    count = {name: int(number) for name, number in (pair for pair in words if len(pair) == 2) if number.isdigit()}
    rows = [line.split() for line in disks[1:]]
    full = [row[-1] for row in rows if len(row) >= 6 and row[3].isdigit() and int(row[3]) < _FULL_KB]
    frozen = [line.split(None, 1) for line in processes if line.startswith("T")]
    return Look(
        count.get("oom_kill", 0),
        count.get("max", 0),
        tuple(dict.fromkeys(full)),
        tuple(each[-1].strip()[:80] for each in frozen),
    )


def look_into(container: LaneContainer, *, never_stops: str = "") -> str:
    """What is wrong in a container that runs; empty where nothing is.

    :param never_stops: of which programs it counts that they are stopped; empty: of all. A node's jobs may be.
    """
    try:
        seen = read_look(container.run("sh", "-c", _LOOK, check=False, limit=_COMMAND_SECONDS).stdout)
    except MachineFault as fault:
        return f"{container.label} does not answer: {fault.what}"
    except ValueError:
        return f"{container.label} does not say how it is"
    found = []
    if seen.killed:
        found.append(f"out of memory: the kernel ended {seen.killed} of its processes")
    if seen.refused:
        found.append(f"it has as many processes as it may: {seen.refused} could not begin")
    if seen.full:
        found.append(f"no room left on {', '.join(seen.full)}")
    if frozen := [each for each in seen.frozen if never_stops in each]:
        found.append(f"stopped by a signal: {', '.join(frozen[:3])}")
    return f"{container.label}: {'; '.join(found)}" if found else ""


def ended_among(containers: Iterable[LaneContainer], since: float) -> str:
    """Which of those containers does not run, and why as far as the engine knows; empty where all do.

    :param since: when they were started, epoch seconds.
    """
    clients: dict[str, docker.DockerClient] = {}
    try:
        for container in containers:
            if container.engine not in clients:
                clients[container.engine] = connect(container.engine, seconds=_ENGINE_SECONDS)
            if wrong := _state(clients[container.engine], container, since):
                return f"{container.label} {wrong}"
        return ""
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        return str(engine_fault(error, "container engine"))
    finally:
        for client in clients.values():
            client.close()


def _state(client: docker.DockerClient, container: LaneContainer, since: float) -> str:
    name = container.get_container_id()
    if not name:
        return "was never started"
    try:
        state: dict[str, Any] = client.api.inspect_container(name)["State"]
    except docker.errors.NotFound:
        return f"is gone{_why_gone(client, name, since)}"
    if state.get("Paused"):
        return "is paused"
    if state.get("Running"):
        return ""
    memory = ", out of memory" if state.get("OOMKilled") else ""
    return f"ended with exit code {state.get('ExitCode')}{memory}"


def _why_gone(client: docker.DockerClient, name: str, since: float) -> str:
    """What the engine remembers of its end; nothing where so much has happened since that it does not."""
    told: dict[str, str] = {}
    filters = json.dumps({"container": [name], "event": ["oom", "kill", "die"]})
    asked = {"since": f"{since:.0f}", "until": f"{time.time():.9f}", "filters": filters}
    # Not by docker's own call, which sets no limit of time.
    answer = client.api.get(f"{client.api.base_url}/events", params=asked, timeout=_ENGINE_SECONDS)
    for line in answer.text.splitlines():
        event = json.loads(line)
        attributes = event.get("Actor", {}).get("Attributes", {})
        told[str(event.get("Action"))] = str(attributes.get("exitCode") or attributes.get("signal") or "")
    parts = ["out of memory"] if "oom" in told else []
    parts += [f"killed by signal {told['kill']}"] if "kill" in told else []
    parts += [f"its main program ended with exit code {told['die']}"] if "die" in told else []
    return f": {', '.join(parts)}" if parts else ""
