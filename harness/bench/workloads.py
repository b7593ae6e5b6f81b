"""Workloads to measure with: ordinary requests, always the same ones for the same numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

from harness.model.cluster import Cluster, parse_cluster
from harness.model.job import Level
from harness.oarsub.resource_request import Alternative, ResourceGroup
from harness.oarsub.submission_parts import Ask
from harness.workload.scenario import Scenario
from harness.workload.scenario_job import ScenarioJob

JOBS_PER_USER = 20
"""Below the 30 of each user that the native schedulers with fair sharing look at in a round."""

_CORES = 32
_HOURS = (1, 1, 1, 2, 4, 12)


def cluster_of(resources: int) -> Cluster:
    """Nodes of two cpus of sixteen cores."""
    return parse_cluster(f"{max(1, resources // _CORES)} nodes x 2 cpus x 16 cores")


def workload(seed: int, jobs: int, cluster: Cluster, conf: Mapping[str, str] | None = None) -> Scenario:
    """Jobs that all wait, a second after one another: nodes, cpus, cores, cores side by side, alternatives.

    Large ones ask for up to a quarter of the nodes; each user has at most :data:`JOBS_PER_USER`.
    """
    generator = random.Random(f"{seed} {jobs} {len(cluster.resources)}")
    users = max(3, -(-jobs // JOBS_PER_USER))
    asks = (_ask(generator, len(cluster.nodes)) for _ in range(jobs))
    return Scenario(
        f"bench: {jobs} jobs on {len(cluster.resources)} resources",
        cluster,
        tuple(
            ScenarioJob(f"job{number + 1}", f"user{number % users + 1}", ask.submission(), number)
            for number, ask in enumerate(asks)
        ),
        conf=conf or {},
    )


def workloads(jobs: int, cluster: Cluster) -> Iterator[Scenario]:
    """Such workloads without end, no two alike."""
    seed = 0
    while True:
        yield workload(seed, jobs, cluster)
        seed += 1


def _ask(generator: random.Random, nodes: int) -> Ask:
    count = 2 if generator.random() < 0.1 else 1
    return Ask(tuple(_alternative(generator, nodes) for _ in range(count)))


def _alternative(generator: random.Random, nodes: int) -> Alternative:
    some = generator.randint(1, max(1, nodes // 4))
    levels = generator.choice(
        (
            (Level("host", some),),
            (Level("host", some), Level("cpu", 1)),
            (Level("host", 1), Level("core", generator.choice((1, 2, 4, 8)))),
            (Level("cpu", 1),),
            (Level("core", generator.choice((1, 2, 4, 16))),),
            (Level("resource_id", generator.choice((1, 8))),),
        )
    )
    return Alternative((ResourceGroup(levels),), generator.choice(_HOURS) * 3600)
