"""What a request comes to on a site's resources."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from harness.exposure.resource_facts import ResourceFacts
from harness.model.job import Job

DOCUMENTED_LABELS = "resource_id,network_address,cpu,core"
"""HIERARCHY_LABELS as OAR3's documentation says it is to be set (admin/oar3-schedulers.rst)."""


class RequestFacts:
    """Whether a condition of a request leaves out resources, splits a block, fits a resource without a value.

    Each is worked out when it is asked for; None: the condition cannot be evaluated.
    """

    def __init__(self, job: Job, facts: ResourceFacts) -> None:
        self._groups = [group for moldable in job.moldables for group in moldable.groups]
        self._facts = facts

    @property
    def part(self) -> bool | None:
        """Whether one leaves out a resource."""
        return _one(self._facts.part(group.properties) for group in self._groups)

    @property
    def split(self) -> bool | None:
        """Whether one fits a part of a block of the last level."""
        return _one(
            self._facts.split(group.properties, group.levels[-1].property) for group in self._groups if group.levels
        )

    @property
    def null(self) -> bool | None:
        """Whether one fits a resource that has no value of a level."""
        return _one(
            self._facts.null(group.properties, level.property) for group in self._groups for level in group.levels
        )


def _one(answers: Iterable[bool | None]) -> bool | None:
    found = set(answers)
    return True if True in found else None if None in found else False


def is_unlisted(job: Job, labels: Collection[str]) -> bool:
    """Whether it asks for a level that is not among those of HIERARCHY_LABELS."""
    known = {label.strip() for label in labels} | {"nodes"}
    return any(
        level.property not in known for each in job.moldables for group in each.groups for level in group.levels
    )
