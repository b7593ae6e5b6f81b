"""Faults of the machine, done to a lane from outside: by the engine, as another user of it could, not by the harness.

Each says which kinds of case it can hit, and the words by which it must be told if it was told at all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import docker
import docker.errors

from harness.engine.client import connect
from harness.engine.container import LaneContainer
from harness.engine.lane import Lane

ALL = ("plan", "live", "procedure", "fuzz")
WHOLE = ("live", "procedure")
PLANS = ("plan", "fuzz")
_POSTGRES = "pkill -{signal} -o -x postgres"
_EVERY = "pkill -{signal} -x postgres"
_BACKEND = "pkill -{signal} -n -f 'postgres: (oar|oar_ro) '"
_FILL = "dd if=/dev/zero of={place}/filler bs=1M 2>/dev/null; true"
_HOG = "x = []\nwhile True: x.append(bytearray(1 << 24))"


@dataclass(frozen=True)
class Fault:
    """One of them.

    :ivar do: does it to a lane that runs.
    :ivar kinds: of case.
    :ivar nodes: whether the lane must have nodes.
    """

    name: str
    do: Callable[[Lane], None]
    kinds: tuple[str, ...] = ALL
    nodes: bool = False


def _inside(container: LaneContainer, command: str, *, detach: bool = False) -> None:
    """Run a command in a container as root, past its agent."""
    with contextlib.suppress(docker.errors.APIError):
        _wrapped(container).exec_run(["sh", "-c", command], user="root", detach=detach)


def _wrapped(container: LaneContainer) -> Any:
    client = connect(container.engine, seconds=30)
    return client.containers.get(container.get_container_id())


def _kill(container: LaneContainer) -> None:
    with contextlib.suppress(docker.errors.APIError):
        _wrapped(container).kill()


def _starve(container: LaneContainer) -> None:
    """Let it have little more memory than it uses, and use it up: the kernel ends something."""
    wrapped = _wrapped(container)
    used = int(wrapped.stats(stream=False)["memory_stats"]["usage"])
    limit = used + (64 << 20)
    with contextlib.suppress(docker.errors.APIError):
        wrapped.update(mem_limit=limit, memswap_limit=limit)
    _inside(container, f"python3 -c '{_HOG}'", detach=True)


FAULTS = (
    Fault("PostgreSQL's container killed", lambda lane: _kill(lane.postgres)),
    Fault("PostgreSQL killed", lambda lane: _inside(lane.postgres, _POSTGRES.format(signal="KILL"))),
    Fault("a process of PostgreSQL killed", lambda lane: _inside(lane.postgres, _BACKEND.format(signal="KILL"))),
    Fault("PostgreSQL frozen", lambda lane: _inside(lane.postgres, _EVERY.format(signal="STOP"))),
    Fault("the server's container killed", lambda lane: _kill(lane.server)),
    Fault("the server paused", lambda lane: _wrapped(lane.server).pause()),
    Fault("PostgreSQL's disk full", lambda lane: _inside(lane.postgres, _FILL.format(place="/pgdata"))),
    Fault("the server out of memory", lambda lane: _starve(lane.server)),
    Fault(
        "the Almighty killed",
        lambda lane: _inside(lane.server, "pkill -KILL -f '^/usr/bin/perl.*Almighty|^Almighty'"),
        WHOLE,
    ),
    Fault("the Almighty terminated", lambda lane: _inside(lane.server, "kill $(cat /var/run/oar-server.pid)"), WHOLE),
    Fault(
        "the Almighty frozen", lambda lane: _inside(lane.server, "kill -STOP $(cat /var/run/oar-server.pid)"), WHOLE
    ),
    Fault("the appendice killed", lambda lane: _inside(lane.server, "pkill -KILL -f 'Almighty: appendice'"), WHOLE),
    Fault("the metascheduler killed", lambda lane: _inside(lane.server, "pkill -KILL -f oar_meta_sched"), ALL),
    Fault("the scheduler killed", lambda lane: _inside(lane.server, "pkill -KILL -f schedulers/oar_sched"), ALL),
    Fault("the runner of rounds killed", lambda lane: _inside(lane.server, "pkill -KILL -f inside/rounds.py"), PLANS),
    Fault("a node's container killed", lambda lane: _kill(lane.nodes[0]), ("live",), nodes=True),
    Fault(
        "a node's sshd killed", lambda lane: _inside(lane.nodes[0], "pkill -KILL -o -x sshd"), ("live",), nodes=True
    ),
)


def named(name: str) -> Fault:
    """The fault of that name."""
    return next(fault for fault in FAULTS if fault.name == name)
