"""Sweeps an engine that is not ours when a harness process is gone, also where that process was killed.

Run as ``python -m harness.engine.reaper URL`` with one end of a socket pair as its standard input; the other end
stays open in the harness for as long as it lives. In a session of its own: a terminal's Ctrl-C does not reach it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from docker.errors import DockerException

import harness
from harness.engine.client import connect
from harness.engine.deadline import Deadline
from harness.engine.owner import ProcessOwner
from harness.engine.sweep import sweep

_PATIENCE_SECONDS = 10.0


def post(url: str) -> socket.socket:
    """Start a reaper for this process; closing what is returned, or ending, sets it to work."""
    ours, its = socket.socketpair()
    source = str(Path(harness.__file__).resolve().parent.parent)
    with its:
        subprocess.Popen(
            [sys.executable, "-m", "harness.engine.reaper", url, str(ProcessOwner.this_process())],
            env={**os.environ, "PYTHONPATH": source},
            cwd="/",
            stdin=its.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return ours


def main(arguments: list[str]) -> int:
    """Wait for the end of standard input, then for that of the owner, and sweep; ``keep`` cancels it."""
    url, owner = arguments[0], ProcessOwner.parse(arguments[1])
    for line in sys.stdin.buffer:
        if line == b"keep\n":
            return 0
    # Files are closed early in a process's end, so it may seem to live for a moment; one that lives on closed it.
    Deadline("the end of the owner", _PATIENCE_SECONDS).came(lambda: owner is None or owner.is_dead(), 0.2)
    try:
        sweep(connect(url, seconds=30))
    except (DockerException, OSError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
