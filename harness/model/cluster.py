"""A cluster: nodes and the resources on them, as OAR's table ``resources`` holds them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.model import bounds
from harness.model.fault import ConfigurationFault

Value = str | int | None

RESOURCE_STATES = ("Alive", "Absent", "Suspected", "Dead")
"""Values of ``resources.state`` (OAR2, ``pg_structure.sql``)."""

SYSTEM_COLUMNS = frozenset(
    (
        "resource_id",
        "type",
        "network_address",
        "state",
        "next_state",
        "finaud_decision",
        "next_finaud_decision",
        "state_num",
        "suspended_jobs",
        "scheduler_priority",
        "cpuset",
        "besteffort",
        "deploy",
        "expiry_date",
        "desktop_computing",
        "last_job_date",
        "available_upto",
        "last_available_upto",
        "drain",
    )
)
"""Columns that every OAR database has (OAR2, ``pg_structure.sql``); all others are properties of the site."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One row of OAR's table ``resources``.

    :ivar id: ``resource_id``, from 1.
    :ivar node: ``network_address``; several resources share one; empty for a resource that is on no node.
    :ivar state: one of RESOURCE_STATES.
    :ivar type: ``type``; only those of type ``default`` take ordinary jobs.
    :ivar available_upto: epoch seconds until which an Absent node can be woken (0: never), as OAR stores it.
    :ivar properties: the site's other columns (``cpu``, ``core``, ``mem``, …) and their values.
    """

    id: int
    node: str
    state: str = "Alive"
    type: str = "default"
    available_upto: int = 2147483647
    properties: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Resources, and the levels of their hierarchy from the widest to the narrowest, such as host, cpu, core."""

    resources: tuple[Resource, ...]
    hierarchy: tuple[str, ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes' network addresses, in the order of their first resource; a licence is on no node."""
        return tuple(dict.fromkeys(r.node for r in self.resources if r.node))

    @property
    def properties(self) -> tuple[str, ...]:
        """The names of all properties, in the order of their first use."""
        return tuple(dict.fromkeys(name for r in self.resources for name in r.properties))

    @property
    def hierarchy_labels(self) -> str:
        """Value of OAR3's ``HIERARCHY_LABELS`` for this cluster: what a job may ask for by ``-l``."""
        return ",".join(dict.fromkeys(("resource_id", "network_address", *self.hierarchy)))


def too_many(count: int, where: str) -> ConfigurationFault:
    """What is said of a cluster of more resources than are taken."""
    return ConfigurationFault(
        f"a cluster of {count:,} resources", where=where, remedy=f"describe at most {bounds.RESOURCES:,}"
    )


_SHAPE = re.compile(
    r"\s*(?P<nodes>\d{1,12})\s*nodes?(?:\s*[x×]\s*(?P<cpus>\d{1,12})\s*cpus?)?(?:\s*[x×]\s*(?P<cores>\d{1,12})\s*cores?)?\s*",
    re.I | re.A,
)


def parse_cluster(text: str, *, where: str = "cluster") -> Cluster:
    """A cluster from words such as ``4 nodes x 2 cpus x 4 cores``; cpus and cores are 1 if left out.

    Properties ``host``, ``cpu`` and ``core`` are numbered through the whole cluster, as
    ``oar_resources_add`` of OAR2 does; nodes are called ``node1`` and so on.
    Raises ConfigurationFault on anything else.
    """
    match = _SHAPE.fullmatch(text) if len(text) <= bounds.NAME else None
    if not match or not int(match["nodes"]):
        raise ConfigurationFault(
            f"cannot read the cluster {text!r}",
            where=where,
            remedy='write for example "4 nodes x 2 cpus x 4 cores"',
        )
    cpus, cores = int(match["cpus"] or 1), int(match["cores"] or 1)
    if not cpus or not cores:
        raise ConfigurationFault(f"a cluster without resources: {text!r}", where=where, remedy="count from 1")
    if int(match["nodes"]) * cpus * cores > bounds.RESOURCES:
        raise too_many(int(match["nodes"]) * cpus * cores, where)
    resources = tuple(
        Resource(
            id=(node * cpus + cpu) * cores + core + 1,
            node=f"node{node + 1}",
            properties={
                "host": f"node{node + 1}",
                "cpu": node * cpus + cpu + 1,
                "core": (node * cpus + cpu) * cores + core + 1,
                "cpuset": str(cpu * cores + core),
            },
        )
        for node in range(int(match["nodes"]))
        for cpu in range(cpus)
        for core in range(cores)
    )
    return Cluster(resources, ("host", "cpu", "core"))
