"""Who a container belongs to: the labels it carries, and whether that process still lives."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

RUN_LABEL = "oar-compat.run"
OWNER_LABEL = "oar-compat.owner"


@dataclass(frozen=True)
class ProcessOwner:
    """A process of this or another machine; start time in clock ticks since boot, so that a reused pid differs."""

    pid: int
    start: int
    boot: str
    space: str = ""

    def __str__(self) -> str:
        return ":".join([str(self.pid), str(self.start), self.boot, self.space]).rstrip(":")

    @classmethod
    def parse(cls, text: str) -> ProcessOwner | None:
        """Read a label's value; None if it is not one of ours."""
        pid, start, boot, space = [*text.split(":"), "", "", "", ""][:4]
        return cls(int(pid), int(start), boot, space) if pid.isdigit() and start.isdigit() and boot else None

    @classmethod
    def this_process(cls) -> ProcessOwner:
        """The process that calls."""
        pid = os.getpid()
        return cls(pid, start_time(pid) or 0, _boot(), _space())

    def is_dead(self, *, engine_is_local: bool = True) -> bool:
        """Whether it certainly runs no more. A process of another machine or container cannot be judged: not dead.

        Another boot id means that this machine was restarted since, but only where the engine is this machine's own.
        """
        if self.boot != _boot():
            return engine_is_local
        if self.space and self.space != _space():
            return False
        return start_time(self.pid) != self.start


def labels(run: str, *, keep: bool = False) -> dict[str, str]:
    """The labels which everything made for a run carries; with ``keep`` only ``oar-compat clean`` removes it."""
    return {RUN_LABEL: run, OWNER_LABEL: "kept" if keep else str(ProcessOwner.this_process())}


def start_time(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None if there is none (a zombie counts as none)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""
