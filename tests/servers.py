"""What tests on real servers share: a cluster, combinations, and waiting for what a server does in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import select

from harness.model.cluster import parse_cluster
from harness.model.combination import Combination
from harness.model.registry import Registry
from harness.model.target import Artefacts, Target
from harness.oar2 import database as db
from harness.oar2.server import Oar2Server

CLUSTER = parse_cluster("2 nodes x 1 cpus x 2 cores")
NATIVE = Registry().find("oar_meta_sched+oar_sched_gantt_with_timesharing_and_fairsharing_and_quotas")

T = TypeVar("T")


def wait_for(probe: Callable[[], T], seconds: float = 60.0) -> T:
    """The first true answer; fails if none comes, long after it should have."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        if time.monotonic() > deadline:
            pytest.fail(f"still {answer!r} after {seconds} s")
        time.sleep(0.1)
    return answer


def targets(folder: Path, *combinations: Combination) -> list[Target]:
    """A target for each combination, which is its own column; logs go to ``logs/<id>`` below the folder."""
    return [Target(each.id, each, Artefacts(folder, f"logs/{each.id}")) for each in combinations]


def case_target(folder: Path, case: str, combination: Combination) -> Target:
    """A target whose logs go where a run below that folder would have them."""
    return Target(combination.id, combination, Artefacts(folder).below("cases", case, "logs", combination.id))


def state_of(server: Oar2Server, job: int) -> str:
    """``jobs.state``."""
    with server.database.connect() as connection:
        return str(connection.scalar(select(db.jobs.c.state).where(db.jobs.c.job_id == job)))
