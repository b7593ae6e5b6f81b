"""What a killed run may have left on this machine, looked for from outside; each finding is one line of text."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import docker

from harness.engine.own.binaries import engine_binaries
from harness.engine.own.paths import EnginePaths

TOKEN = "OAR_COMPAT_SOAK"
"""Variable that every process of a run inherits: by it they are known, whatever became of their parents."""
_SHARED_TMP = (Path("/tmp"), Path("/var/tmp"))
_OF_ENGINES = re.compile(r"^(runc|containerd|docker|pty|ctd|shim|moby)", re.I)
_SYSTEM_NETWORKS = {"bridge", "host", "none"}


@dataclass(frozen=True)
class Before:
    """The machine before a run: what is there then is nobody's leftover."""

    interfaces: frozenset[str]
    rules: str
    files: frozenset[str]


class Machine:
    """Looks at one machine on behalf of one cache's engine, whatever else runs on it.

    :param temporary: the folder that runs are told as TMPDIR: whatever is in it after a run was left by it.
    """

    def __init__(self, place: EnginePaths, temporary: Path) -> None:
        self.place = place
        self.temporary = temporary

    def before(self) -> Before:
        """The state that :meth:`left` compares with."""
        return Before(frozenset(_interfaces()), self._rules(), frozenset(_files()))

    def left(self, before: Before, token: str, *, engine: str = "") -> list[str]:
        """What is there now of a run that had ``token``, and of its engine.

        :param engine: the address of an engine that lives on; its own processes, mounts and groups are none of the
            run's, but its containers, networks and volumes are.
        """
        found = [f"process {pid}: {command[:120]}" for pid, command in self._processes(token, alone=not engine)]
        found += [f"file {path}" for path in sorted(self.temporary.rglob("*"))]
        found += [f"file {name}" for name in sorted(set(_files()) - before.files)]
        found += [f"interface {name}" for name in sorted(set(_interfaces()) - before.interfaces)]
        if self._rules() != before.rules:
            found.append("firewall rules differ")
        if engine:
            return found + _in_engine(engine)
        if self.place.runtime.exists():
            found.append(f"folder {self.place.runtime}")
        found += [f"mount {line}" for line in self._mounts()]
        found += [f"control group {path}" for path in self._groups()]
        for kind in ("containers", "volumes"):
            folder = self.place.data / kind
            entries = [path for path in folder.glob("*") if path.is_dir()] if folder.is_dir() else []
            found += [f"{kind[:-1]} on disk {path.name[:12]}" for path in entries]
        return found

    def _processes(self, token: str, *, alone: bool) -> Iterator[tuple[int, str]]:
        mark = f"{TOKEN}={token}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            if int(folder.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                environment = (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                group = (folder / "cgroup").read_text()
                if mark in environment or (alone and (self.place.cgroup in group or str(self.place.home) in command)):
                    yield int(folder.name), command or (folder / "comm").read_text().strip()

    def _mounts(self) -> list[str]:
        lines = Path("/proc/self/mounts").read_text().splitlines()
        return [line.split()[1] for line in lines if str(self.place.home) in line or str(self.place.runtime) in line]

    def _groups(self) -> list[str]:
        roots = [Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").glob("*/")]
        groups = [root / self.place.cgroup.strip("/") for root in roots]
        return [str(group) for group in groups if group.exists()]

    def _rules(self) -> str:
        """The firewall's rules without their counters; empty if this kernel has no such firewall."""
        programs = engine_binaries(self.place.home, lambda _: None)
        texts = []
        for kind in ("nft", "legacy"):
            done = subprocess.run(
                [programs.root / f"usr/sbin/xtables-{kind}-multi", "iptables-save"],
                env=programs.environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            lines = [
                re.sub(r"\[\d+:\d+\]", "", line) for line in done.stdout.splitlines() if not line.startswith("#")
            ]
            # Empty tables appear as soon as they are looked at.
            texts += [line for line in lines if line.startswith("-A") or (line.startswith(":") and " - " in line)]
        return "\n".join(texts)


def settled(look: Callable[[], list[str]], seconds: float) -> tuple[list[str], float]:
    """What is still there after ``seconds`` at most, and how long it took to be nothing."""
    began = time.monotonic()
    while (left := look()) and time.monotonic() - began < seconds:
        time.sleep(0.3)
    return left, time.monotonic() - began


def _in_engine(url: str) -> list[str]:
    client = docker.DockerClient(base_url=url, timeout=60)
    try:
        api = client.api
        return [
            *(f"container {each['Names'][0]}" for each in api.containers(all=True)),
            *(f"network {each['Name']}" for each in api.networks() if each["Name"] not in _SYSTEM_NETWORKS),
            *(f"volume {each['Name']}" for each in api.volumes()["Volumes"] or []),
        ]
    finally:
        client.close()


def _interfaces() -> list[str]:
    return [path.name for path in Path("/sys/class/net").iterdir()]


def _files() -> list[str]:
    """In folders that all programs share, those whose names say whose they are."""
    return [str(path) for folder in _SHARED_TMP for path in folder.iterdir() if _OF_ENGINES.match(path.name)]
