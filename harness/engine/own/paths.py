"""Where our own engine lives on this machine: what is kept, and what exists only while it runs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from harness.engine.cache import cache_root

RUNTIME = Path("/run/oar-compat")
"""What exists only while an engine runs: a folder for each engine of this machine, and what they share."""


@dataclass(frozen=True)
class EnginePaths:
    """The folders of one engine, of which there is one a cache folder.

    Sockets live under /run and not in the cache: a socket's path may hold 107 bytes, of which containerd's take 60,
    and what is under /run is gone after a restart, so nothing stale can outlive one.
    """

    home: Path

    @classmethod
    def default(cls) -> EnginePaths:
        """The engine of the cache in force."""
        return cls(cache_root().resolve() / "engine")

    @property
    def key(self) -> str:
        return hashlib.sha256(str(self.home).encode()).hexdigest()[:10]

    @property
    def runtime(self) -> Path:
        return RUNTIME / self.key

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def socket(self) -> Path:
        return self.runtime / "docker.sock"

    @property
    def lifeline(self) -> Path:
        """The supervisor's socket; its file's name is older, as harnesses of several versions may share an engine."""
        return self.runtime / "keeper.sock"

    @property
    def exec_root(self) -> Path:
        return self.runtime / "exec"

    @property
    def temporary(self) -> Path:
        """Temporary files of dockerd, containerd, shims and runc; sockets among them."""
        return self.runtime / "tmp"

    @property
    def host_net(self) -> Path:
        """A file on which the machine's own network namespace is bound, visible to the engine only."""
        return self.runtime / "host.net"

    @property
    def alive(self) -> Path:
        """Locked by supervisor, dockerd, containerd and shims alike: free means that none of them is left."""
        return self.home / "alive.lock"

    @property
    def dockerd_log(self) -> Path:
        return self.home / "dockerd.log"

    @property
    def supervisor_log(self) -> Path:
        return self.home / "keeper.log"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def cgroup(self) -> str:
        return f"/oar-compat-{self.key}"
