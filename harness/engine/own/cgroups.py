"""Control groups around our own engine: room for it where this machine is itself a container, and their removal."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def make_room(root: Path = CGROUPS) -> None:
    """Let groups be made below the root of a container's version 2 hierarchy.

    There the kernel refuses controllers to sub-groups while processes are in the root itself: they move to ``init``,
    as in docker's own docker-in-docker. A real machine's root has no such rule (and no ``cgroup.type``), nor has
    version 1.
    """
    if not (root / "cgroup.controllers").exists() or not (root / "cgroup.type").exists():
        return
    with contextlib.suppress(OSError):
        aside = root / "init"
        aside.mkdir(exist_ok=True)
        for pid in (root / "cgroup.procs").read_text().split():
            # A process may have ended by now, or be the kernel's.
            with contextlib.suppress(OSError):
                (aside / "cgroup.procs").write_text(pid)
        wanted = (root / "cgroup.controllers").read_text().split()
        (root / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in wanted))


def remove(group: str, root: Path = CGROUPS) -> None:
    """Remove a group and all below it, in every hierarchy; those with living processes stay."""
    for hierarchy in [root, *root.glob("*/")]:
        top = hierarchy / group.lstrip("/")
        if top.is_dir():
            for folder, _, _ in os.walk(top, topdown=False):
                with contextlib.suppress(OSError):
                    Path(folder).rmdir()
