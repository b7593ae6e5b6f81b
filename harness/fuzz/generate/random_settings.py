"""Configurations, queues and quotas."""

from __future__ import annotations

from collections.abc import Sequence, Set

from harness.fuzz.generate.feature import Feature
from harness.fuzz.generate.random_choices import Choices
from harness.model.quota import EVERY, PER, Quota
from harness.workload.scenario import Queue

_KEYS: dict[str, tuple[str, ...]] = {
    "SCHEDULER_JOB_SECURITY_TIME": ("30", "0", "1", "120", "300"),
    "SCHEDULER_RESOURCE_ORDER": (
        "resource_id DESC",
        "network_address DESC, resource_id ASC",
        "core ASC",
        "state_num ASC, available_upto DESC, suspended_jobs ASC, network_address ASC, resource_id ASC",
    ),
    "SCHEDULER_GANTT_HOLE_MINIMUM_TIME": ("0", "1800"),
    "SCHEDULER_BESTEFFORT_KILL_DURATION_BEFORE_RESERVATION": ("0", "600"),
    "SCHEDULER_PRIORITY_HIERARCHY_ORDER": ("network_address/cpu/resource_id", "resource_id"),
    "SCHEDULER_AVAILABLE_SUSPENDED_RESOURCE_TYPE": ("default licence", "licence"),
    "SCHEDULER_RESOURCE_ORDER_ADV_RESERVATIONS": ("resource_id DESC",),
    "RESERVATION_WAITING_RESOURCES_TIMEOUT": ("60", "900"),
    "SCHEDULER_FAIRSHARING_COEF_USER": ("0", "5"),
    "SCHEDULER_FAIRSHARING_USER_TARGETS": ("{ alice => 75, bob => 5 }",),
    "SCHEDULER_FAIRSHARING_PROJECT_TARGETS": ("{ physics => 75, default => 25 }",),
}
"""Keys that change scheduling, and values that are not the default (OAR2, ``oar.conf.in``).

Those that OAR2 alone reads are among them, as a site has them too; SCHEDULER_FAIRSHARING_MAX_JOB_PER_USER is not:
below its default it hides every other difference behind jobs that one side leaves for the next round.
"""

_QUEUES = (Queue("night", 1), Queue("fast", 5), Queue("other", 2))
"""Beside OAR's own ``default`` (priority 2), ``besteffort`` (0) and ``admin`` (10)."""

_LIMITS = (("resources",), ("resources",), ("jobs",), ("hours",), ("resources", "jobs"), ())


def make_conf(choices: Choices, active: Set[Feature]) -> dict[str, str]:
    """One key of oar.conf to three, or none if the feature is off."""
    if Feature.CONF not in active:
        return {}
    return {key: choices.pick(_KEYS[key]) for key in choices.some(tuple(_KEYS), choices.between(1, 3))}


def make_queues(choices: Choices, active: Set[Feature], site: tuple[Queue, ...] = ()) -> tuple[Queue, ...]:
    """The site's queues, or if it has none, one or two beside OAR's own; none if the feature is off."""
    if Feature.QUEUES not in active:
        return ()
    return site or tuple(choices.some(_QUEUES, choices.between(1, 2)))


def make_quotas(choices: Choices, active: Set[Feature], queues: Sequence[Queue]) -> tuple[Quota, ...]:
    """One quota to three, or none if the feature is off."""
    if Feature.QUOTAS not in active:
        return ()
    named = ("default", *(queue.name for queue in queues))
    found: dict[tuple[str, ...], Quota] = {}
    for _ in range(choices.between(1, 3)):
        limits = choices.pick(_LIMITS)
        quota = Quota(
            queue=choices.pick((EVERY, EVERY, PER, *named)),
            project=choices.pick((EVERY, EVERY, EVERY, PER, "physics")),
            type=choices.pick((EVERY, EVERY, EVERY, EVERY, "besteffort", "cosystem")),
            user=choices.pick((PER, EVERY, "alice", "bob")),
            resources=choices.pick((4, 1, 2, 8, 16, 32)) if "resources" in limits else -1,
            jobs=choices.pick((2, 1, 3, 0)) if "jobs" in limits else -1,
            hours=choices.pick((8.0, 2.0, 24.0, 100.0)) if "hours" in limits else -1,
        )
        found.setdefault(quota.key, quota)
    return tuple(found.values())
