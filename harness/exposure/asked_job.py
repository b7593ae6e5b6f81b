"""A job and its surroundings as data: what conditions of departures are held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.exposure.request_facts import RequestFacts
from harness.model.job import Job


@dataclass(frozen=True, slots=True)
class Column:
    """A combination as it is tried.

    :ivar schedulers: aliases of its schedulers by queue, if queues keep their own; else empty.
    """

    id: str
    schedulers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AskedJob:
    """A job with what its history, or its scenario, tells of it.

    :ivar waits_for: states of the jobs it depends on, while it waits; ``failed``: it ended with another exit code
        than 0; ``reservation``: it is an accepted one; ``other-queue``; ``unplaced``: it can have no place itself.
    :ivar states: those it is or was in. :ivar events: types of its events.
    :ivar around_waiting, around_running: states of resources of the cluster while it waited, and while it ran.
    :ivar container: states of its container while it waits; ``gone``; ``other-queue``.
    :ivar margin: seconds by which its container's walltime is longer; None: it has none.
    :ivar quota: what binds it.
    :ivar unlisted: whether it asks for a level that HIERARCHY_LABELS does not name; None: its value is not known.
    :ivar facts: what its request comes to on the resources; None: not known.
    """

    job: Job
    waits_for: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    around_waiting: frozenset[str] = frozenset()
    around_running: frozenset[str] = frozenset()
    container: frozenset[str] = frozenset()
    margin: int | None = None
    checkpoint: bool = False
    overran: bool = False
    over_cap: bool = False
    accepted: bool = False
    quota: frozenset[str] = frozenset()
    unlisted: bool | None = False
    facts: RequestFacts | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a site, or a scenario, is.

    :ivar columns: what is tried, and what runs today.
    :ivar conf: possible values of keys of oar.conf; a key that is not there is empty.
    :ivar unknown: keys that are set to values which did not come along.
    :ivar queues: priorities by queue. :ivar upto: ``state:available_upto`` of resources.
    :ivar part_down: whether a part of a node is down. :ivar quotas: whether there are quotas.
    """

    columns: tuple[Column, ...] = ()
    conf: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    debian: str = ""
    queues: Mapping[str, int] = field(default_factory=dict)
    upto: frozenset[str] = frozenset()
    part_down: bool = False
    quotas: bool = False

    def values(self, key: str) -> tuple[str, ...]:
        """The possible values of a key of oar.conf."""
        return self.conf.get(key, ("",))
