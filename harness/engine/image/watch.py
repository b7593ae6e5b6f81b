"""Starts the Almighty as Debian does, and stays to see how it ends.

``watch.py`` returns when /usr/sbin/oar-server does, with its exit code. A process of ours goes on, to which the
kernel gives the Almighty as a child: when it ends, "pid status" (of wait(2)) is added to /run/oar-compat/almighty.
"""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

_PID = Path("/var/run/oar-server.pid")
_ENDED = Path("/run/oar-compat/almighty")
_SET_CHILD_SUBREAPER = 36


def _attend(started: int) -> None:
    """Start it, tell how that went, and wait for all that is given to us; never returns."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        code = subprocess.call(["/usr/sbin/oar-server"])
        almighty = int(_PID.read_text())
    except (OSError, ValueError):
        code, almighty = 127, 0
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.write(started, bytes([code & 255]))
    os.close(started)
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            os._exit(0)
        if pid == almighty:
            with _ENDED.open("a") as file:
                file.write(f"{pid} {status}\n")


def main() -> int:
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        os.setpgid(0, 0)
        if os.fork():
            os._exit(0)
        _attend(writing)
    os.close(writing)
    os.wait()
    answer = os.read(reading, 1)
    return answer[0] if answer else 127


if __name__ == "__main__":
    sys.exit(main())
