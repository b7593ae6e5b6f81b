"""Our own engine, seen from a harness process: started if need be, and held by a connection."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import harness
from harness.engine.deadline import Deadline, Late
from harness.engine.file_locks import locked
from harness.engine.own.binaries import engine_binaries
from harness.engine.own.paths import EnginePaths
from harness.model.fault import MachineFault

_START_SECONDS = 150.0
_CONNECT_SECONDS = 10.0


def hold(paths: EnginePaths, progress: Callable[[str], None]) -> socket.socket:
    """Connect to the engine's supervisor, starting both if need be; the engine runs while the connection is open.

    Raises MachineFault with the end of dockerd's log if it does not start.
    """
    engine_binaries(paths.home, progress)
    deadline = Deadline("the engine", _START_SECONDS)
    while not deadline.over:
        with locked(paths.home / "start.lock", "starting the engine", progress):
            line = _connect(paths) or _start(paths, progress)
        answer = _answer(line, deadline.left)
        if "fault" in answer:
            line.close()
            _refuse(answer)
        if answer:
            return line
        # The supervisor was just ending: the next one waits for it.
        line.close()
        deadline.pause(0.1)
    raise MachineFault(f"no answer in {_START_SECONDS:.0f} s", where="own engine", detail=_tail(paths.supervisor_log))


def running(paths: EnginePaths) -> bool:
    """Whether the engine of this place runs now."""
    line = _connect(paths)
    if line:
        line.close()
    return line is not None


def stop(paths: EnginePaths, *, seconds: float = 40.0) -> bool:
    """End the engine, whoever uses it; returns whether there was one."""
    line = _connect(paths)
    if line is None:
        return False
    with line:
        line.settimeout(seconds)
        try:
            _answer(line, seconds)
            line.sendall(b"stop\n")
            while line.recv(4096):
                pass
        except OSError:
            pass
    return True


def _connect(paths: EnginePaths) -> socket.socket | None:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(_CONNECT_SECONDS)
    try:
        line.connect(str(paths.lifeline))
    except OSError:
        line.close()
        return None
    return line


def _start(paths: EnginePaths, progress: Callable[[str], None]) -> socket.socket:
    progress("starting a container engine of our own")
    command = [sys.executable, "-m", "harness.engine.own.supervisor", str(paths.home)]
    source = str(Path(harness.__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": source}
    with paths.supervisor_log.open("w") as log:
        supervisor = subprocess.Popen(
            command,
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def answered() -> socket.socket | None:
        line = _connect(paths)
        if line is None and supervisor.poll() is not None:
            _refuse(_last_fault(paths))
        return line

    deadline = Deadline("its supervisor's answer", _START_SECONDS, where="own engine")
    try:
        line = deadline.until(answered, 0.02)
    except Late as late:
        raise MachineFault(late.what, where=late.where, detail=_tail(paths.supervisor_log)) from None
    assert line
    return line


def _answer(line: socket.socket, seconds: float) -> dict[str, str]:
    """The supervisor's one line; empty if it ended without any."""
    line.settimeout(max(seconds, 1.0))
    data = b""
    try:
        while not data.endswith(b"\n"):
            more = line.recv(4096)
            if not more:
                return {}
            data += more
    except OSError:
        return {}
    answer: dict[str, str] = json.loads(data)
    return answer


def _last_fault(paths: EnginePaths) -> dict[str, str]:
    text = _tail(paths.supervisor_log)
    try:
        answer: dict[str, str] = json.loads(text.splitlines()[-1])
    except (IndexError, ValueError):
        return {"fault": "its supervisor ended at once", "detail": text}
    return answer


def _refuse(answer: dict[str, str]) -> None:
    raise MachineFault(
        answer["fault"],
        where=answer.get("where") or "own engine",
        remedy=answer.get("remedy") or "see the lines below, or name a running engine by DOCKER_HOST",
        detail=answer.get("detail", ""),
    )


def _tail(path: Path) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-15:])
    except OSError:
        return ""
