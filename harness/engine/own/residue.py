"""What an engine of ours can leave behind when it, or its supervisor, is killed: found and removed."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
from pathlib import Path

from harness.engine.client import connect
from harness.engine.own import cgroups
from harness.engine.own.paths import EnginePaths
from harness.engine.owner import start_time
from harness.engine.sweep import remove_each

_NAMESPACES_FILE = "cell.json"


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def answers(path: Path, seconds: float = 2.0) -> bool:
    """Whether a container engine answers on a unix socket."""
    connection = _UnixConnection(path, seconds)
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def empty_engine(url: str) -> None:
    """Remove every container, network and volume of an engine that is ours alone; images stay."""
    client = connect(url, seconds=30)
    try:
        api = client.api
        remove_each(
            [c["Id"] for c in api.containers(all=True)], lambda name: api.remove_container(name, force=True, v=True)
        )
        client.networks.prune()
        remove_each(
            [v["Name"] for v in api.volumes()["Volumes"] or []], lambda name: api.remove_volume(name, force=True)
        )
    finally:
        client.close()


def note_namespaces(paths: EnginePaths, pid: int) -> None:
    """Write down the first process of the namespaces, for a later start that finds it lingering."""
    (paths.home / _NAMESPACES_FILE).write_text(json.dumps({"pid": pid, "start": start_time(pid), "boot": _boot()}))


def kill_namespaces(paths: EnginePaths) -> None:
    """Kill the noted namespaces, if that very process still lives; everything in it dies with it."""
    try:
        noted = json.loads((paths.home / _NAMESPACES_FILE).read_text())
    except (OSError, ValueError):
        return
    if noted["boot"] == _boot() and noted["start"] is not None and start_time(noted["pid"]) == noted["start"]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(noted["pid"], signal.SIGKILL)


def clear(paths: EnginePaths) -> None:
    """Remove sockets, pid files and control groups of an engine none of whose processes is left."""
    (paths.home / _NAMESPACES_FILE).unlink(missing_ok=True)
    shutil.rmtree(paths.runtime, ignore_errors=True)
    with contextlib.suppress(OSError):
        paths.runtime.parent.rmdir()
    cgroups.remove(paths.cgroup)


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
