"""What a request comes to on a site's resources."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from harness.exposure.resource_facts import ResourceFacts
from harness.model.job import Job

Facts = tuple[bool | None, bool | None, bool | None]

DOCUMENTED_LABELS = "resource_id,network_address,cpu,core"
"""HIERARCHY_LABELS as OAR3's documentation says it is to be set (admin/oar3-schedulers.rst)."""


def request_facts(job: Job, facts: ResourceFacts) -> Facts:
    """Whether a condition of it leaves out resources, splits a block, and fits a resource without a value."""
    part, split, null = [], [], []
    for moldable in job.moldables:
        for group in moldable.groups:
            part.append(facts.part(group.properties))
            if group.levels:
                split.append(facts.split(group.properties, group.levels[-1].property))
            null += [facts.null(group.properties, level.property) for level in group.levels]
    return _one(part), _one(split), _one(null)


def _one(answers: Iterable[bool | None]) -> bool | None:
    found = set(answers)
    return True if True in found else None if None in found else False


def is_unlisted(job: Job, labels: Collection[str]) -> bool:
    """Whether it asks for a level that is not among those of HIERARCHY_LABELS."""
    known = {label.strip() for label in labels} | {"nodes"}
    return any(
        level.property not in known for each in job.moldables for group in each.groups for level in group.levels
    )
