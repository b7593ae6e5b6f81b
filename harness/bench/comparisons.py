"""Comparisons a minute, and the harness's own share of the processor time: 20 jobs on 64 resources."""

from __future__ import annotations

import itertools
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from harness.bench.set_up import KAMELOT, KAO, NATIVE, column, question, runnable
from harness.bench.usage import load, usage
from harness.bench.workloads import cluster_of, workloads
from harness.fuzz.evaluate import Question
from harness.fuzz.workers import Workers
from harness.model.target import Artefacts
from harness.oar3.source import Oar3Source
from harness.plan.plan_server import PlanServer
from harness.run.environment import Provisioner
from harness.run.plan_servers import enough
from harness.workload.scenario import Scenario

JOBS, RESOURCES = 20, 64
TARGET, MOST = 150, 0.2
"""Comparisons a minute, and the harness's own share of the time in OAR's processes and PostgreSQL."""

_WARM, _COLD, _FIRST = 30.0, 15.0, 2
"""Seconds to compare for, and comparisons of each worker beforehand, after which all programs are loaded."""


class _Work:
    """Comparisons by all workers at once."""

    def __init__(self, plan_servers: list[PlanServer], folder: Path) -> None:
        self._plan_servers = plan_servers
        self._folder = folder
        self._workloads = workloads(JOBS, cluster_of(RESOURCES))
        self._next = threading.Lock()

    def first(self, asked: Question) -> None:
        """A few comparisons of each worker, which nobody measures."""
        with ThreadPoolExecutor(len(self._plan_servers)) as pool:
            list(
                pool.map(
                    lambda plan_server: self._compare(asked, plan_server, _FIRST, float("inf")), self._plan_servers
                )
            )

    def run(self, asked: Question, seconds: float) -> tuple[int, int, float]:
        """Compare that long: comparisons, crashed rounds among them, and the seconds it took."""
        began = time.monotonic()
        with ThreadPoolExecutor(len(self._plan_servers)) as pool:
            done = list(
                pool.map(
                    lambda plan_server: self._compare(asked, plan_server, None, began + seconds), self._plan_servers
                )
            )
        return sum(d[0] for d in done), sum(d[1] for d in done), time.monotonic() - began

    def _compare(self, asked: Question, plan_server: PlanServer, most: int | None, until: float) -> tuple[int, int]:
        made = crashed = 0
        for _ in itertools.count() if most is None else range(most):
            seen = asked.ask(plan_server, self._scene(), Artefacts(self._folder, plan_server.server.lane.spec.name))
            crashed += sum(bool(each.crashes) for each in seen.record.observations.values())
            made += 1
            if time.monotonic() > until:
                break
        return made, crashed

    def _scene(self) -> Scenario:
        with self._next:
            return next(self._workloads)


def measure_rounds(provisioner: Provisioner, source: Oar3Source | None) -> None:
    """Print comparisons a minute and the harness's own share, programs kept loaded, and started for each round."""
    workers = enough()
    click.echo(f"comparisons: {JOBS} jobs on {RESOURCES} resources, {workers} workers; target {TARGET} a minute")
    wanted = runnable((NATIVE, KAMELOT, KAO), source)
    lent = Workers(provisioner, column(source), workers, limit=60)
    with tempfile.TemporaryDirectory(prefix="oar-compat-bench-") as folder, lent as on:
        work = _Work(on.plan_servers, Path(folder))
        for warm, seconds in ((True, _WARM), (False, _COLD)):
            for plan_server in on.plan_servers:
                plan_server.warm = warm
            for candidate in wanted:
                asked = question(candidate, provisioner.debian)
                if warm:
                    work.first(asked)
                for line in _figures(work, asked, seconds, on.plan_servers, "warm" if warm else "cold"):
                    click.echo(f"  {line}")


def _figures(work: _Work, asked: Question, seconds: float, plan_servers: list[PlanServer], how: str) -> Iterator[str]:
    lanes = [plan_server.server.lane for plan_server in plan_servers]
    before = usage(lanes)
    made, crashed, took = work.run(asked, seconds)
    used = usage(lanes).since(before)
    rate, alone = made * 60 / took, made * 60 * (os.cpu_count() or 1) / used.total
    yield f"{how}, {asked.candidate.id}: {rate:.0f} a minute; of the target {rate / TARGET:.2f} ({load()})"
    yield f"  {made} in {took:.0f} s; had the processors nothing else to do, and never waited: {alone:.0f} a minute"
    yield (
        f"  processor time of each: OAR {used.oar / made:.2f} s, PostgreSQL {used.postgresql / made:.2f} s,"
        f" the harness {used.own / made:.3f} s; its share {used.share:.1%}, of the limit {used.share / MOST:.2f}"
    )
    if crashed:
        yield f"  {crashed} rounds crashed: these figures are of no use"
