"""What a process under test may not do: write outside its folder, start programs, use network or all memory."""

from __future__ import annotations

import os
import resource
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEMORY = 2 << 30
"""Bytes of address space; a run of the harness without containers takes some 300 MiB."""

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_BY_PATH = ("os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.chown", "os.truncate", "os.symlink", "os.link")
_PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty")
_HARMLESS = ("/dev/null", "/dev/tty")
_ASKED = ("dpkg",)
"""Programs that are only asked something: deb.py, host_architecture."""


class Outside(BaseException):
    """Something was tried that leads out. No Exception: nothing under test catches it."""


def confine(folder: Path, memory: int = MEMORY) -> list[str]:
    """Confine this process for good; the list that is returned is given what was tried all the same."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    top = os.path.realpath(folder)
    compiled = tuple(os.path.realpath(path) for path in (sysconfig.get_paths()["stdlib"], sys.prefix))
    tried: list[str] = []

    def inside(path: Any) -> bool:
        if isinstance(path, int):
            return True
        name = os.path.realpath(os.fsdecode(path))
        return name.startswith((top + "/", top)) or name in _HARMLESS or _compiled(name)

    def _compiled(name: str) -> bool:
        return "__pycache__" in name or name.startswith(compiled)

    def refuse(what: str) -> None:
        tried.append(what)
        raise Outside(what)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = isinstance(mode, str) and set(mode) & set("wax+")
            if (writes or (isinstance(flags, int) and flags & _WRITES)) and not inside(path):
                refuse(f"open {path!r} for writing")
        elif event in _BY_PATH:
            # Of a link, the second is what is made.
            path = arguments[1] if event in ("os.symlink", "os.link") else arguments[0]
            if not inside(path):
                refuse(f"{event} {path!r}")
        elif event == "os.rename":
            if not (inside(arguments[0]) and inside(arguments[1])):
                refuse(f"os.rename {arguments[0]!r} {arguments[1]!r}")
        elif event in _PROGRAMS:
            if not any(str(arguments[0]).endswith(name) for name in _ASKED):
                refuse(f"{event} {arguments[:2]!r}")
        elif event == "socket.connect":
            address = arguments[1]
            if not (isinstance(address, str) and address.startswith("/nowhere")) and address[:2] != ("127.0.0.1", 9):
                refuse(f"connect to {address!r}")

    hook: Callable[[str, tuple[Any, ...]], None] = watch
    sys.addaudithook(hook)
    return tried
