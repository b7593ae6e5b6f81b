"""What tests on real servers share: a cluster, combinations, and waiting for what a server does in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import select

from harness.model.cluster import parse_cluster
from harness.model.registry import Registry
from harness.oar2 import database as db
from harness.oar2.server import Oar2Server

CLUSTER = parse_cluster("2 nodes x 1 cpus x 2 cores")
NATIVE = Registry().find("oar_meta_sched+oar_sched_gantt_with_timesharing_and_fairsharing_and_quotas")

T = TypeVar("T")


def wait_for(probe: Callable[[], T], seconds: float = 60.0) -> T:
    """The first true answer; fails where none comes, long after it should have."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        if time.monotonic() > deadline:
            pytest.fail(f"still {answer!r} after {seconds} s")
        time.sleep(0.1)
    return answer


def state_of(server: Oar2Server, job: int) -> str:
    """``jobs.state``."""
    with server.database.connect() as connection:
        return str(connection.scalar(select(db.jobs.c.state).where(db.jobs.c.job_id == job)))
