"""Quotas: limits on what jobs of a kind may hold at a time."""

from __future__ import annotations

from dataclasses import dataclass

EVERY, PER = "*", "/"
"""In place of a queue, project, type or user: every one together; each one by itself (not for types)."""


@dataclass(frozen=True, slots=True)
class Quota:
    """One line of OAR2's ``/etc/oar/scheduler_quotas.conf``: ``$Gantt_quotas->{queue}->{project}->{type}->{user}``.

    A limit below 0 is none.

    :ivar resources: the most resources of type ``default`` in use at a time.
    :ivar jobs: the most jobs that run at a time.
    :ivar hours: the most resource hours in use at a time: over the jobs that run, resources times hours still to run.
    """

    queue: str = EVERY
    project: str = EVERY
    type: str = EVERY
    user: str = EVERY
    resources: int = -1
    jobs: int = -1
    hours: float = -1

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is found by; of two with one key the later counts."""
        return self.queue, self.project, self.type, self.user

    def __str__(self) -> str:
        limits = ", ".join(f"{limit:g}" for limit in (self.resources, self.jobs, self.hours))
        return f"{{{'}->{'.join(self.key)}}} = [{limits}]"
