"""Docker Compose: the one at hand, or Debian's, fetched into the cache; nothing is installed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.engine.apt import on_debian
from harness.engine.cache import cache_root
from harness.engine.own.binaries import compose_binary
from harness.model.fault import MachineFault

_OLDEST = (1, 27)
"""The first that reads a file without ``version:``."""
_AT_HAND = (("docker", "compose"), ("docker-compose",))


@dataclass(frozen=True, slots=True)
class Compose:
    """A working Compose.

    :ivar command: the words to begin with: ``docker compose``, ``docker-compose``, or a path.
    """

    command: tuple[str, ...]
    version: str

    def project(self, name: str, file: Path) -> tuple[str, ...]:
        """The command's beginning for a project."""
        return (*self.command, "--project-name", name, "--file", str(file))


def find_compose(progress: Callable[[str], None] = lambda _: None) -> Compose:
    """``docker compose``, else ``docker-compose``, else Debian's package fetched by apt. Raises MachineFault."""
    for command in _AT_HAND:
        version = _version(command)
        if version:
            return Compose(command, version)
    if not on_debian():
        raise MachineFault(
            "neither `docker compose` nor `docker-compose` works",
            where="Compose",
            remedy="install the package docker-compose-plugin, docker-compose-v2 or docker-compose",
        )
    command = (str(compose_binary(cache_root().absolute() / "compose", progress)),)
    version = _version(command)
    if not version:
        raise MachineFault("Debian's docker-compose does not run on this machine", where=command[0])
    return Compose(command, version)


def run_compose(argv: tuple[str, ...], environment: Mapping[str, str], *, limit: float = 120.0) -> str:
    """Run Compose and give what it printed; ``limit`` in seconds. Raises MachineFault with its last lines."""
    try:
        done = subprocess.run(
            argv,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MachineFault(f"it did not end in {limit:g} s", where="Compose") from error
    except OSError as error:
        raise MachineFault(f"cannot run it: {error.strerror}", where=argv[0]) from error
    if done.returncode:
        detail = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise MachineFault(f"it ended with code {done.returncode}", where="Compose", detail=detail)
    return done.stdout


def _version(command: tuple[str, ...]) -> str:
    """Its version; empty if it does not work or is too old."""
    try:
        done = subprocess.run(
            [*command, "version", "--short"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.match(r"v?((\d+)\.(\d+)\S*)", done.stdout.strip())
    new_enough = done.returncode == 0 and found and (int(found[2]), int(found[3])) >= _OLDEST
    return found[1] if found and new_enough else ""
