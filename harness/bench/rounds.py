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

from harness.bench.scenes import cluster_of, scenes
from harness.bench.stage import KAMELOT, KAO, NATIVE, arm, question, runnable
from harness.bench.usage import load, usage
from harness.fuzz.crew import Crew
from harness.fuzz.evaluate import Question
from harness.oar3.source import Oar3Source
from harness.plan.case import PlanBench
from harness.run.benches import enough
from harness.run.workshop import Workshop
from harness.workload.scenario import Scenario

JOBS, RESOURCES = 20, 64
TARGET, MOST = 150, 0.2
"""Comparisons a minute, and the harness's own share of the time in OAR's processes and PostgreSQL."""

_WARM, _COLD, _FIRST = 30.0, 15.0, 2
"""Seconds to compare for, and comparisons of each worker beforehand, after which all programs are loaded."""


class _Work:
    """Comparisons by all workers at once."""

    def __init__(self, benches: list[PlanBench], folder: Path) -> None:
        self._benches = benches
        self._folder = folder
        self._scenes = scenes(JOBS, cluster_of(RESOURCES))
        self._next = threading.Lock()

    def first(self, asked: Question) -> None:
        """A few comparisons of each worker, which nobody measures."""
        with ThreadPoolExecutor(len(self._benches)) as pool:
            list(pool.map(lambda bench: self._compare(asked, bench, _FIRST, float("inf")), self._benches))

    def run(self, asked: Question, seconds: float) -> tuple[int, int, float]:
        """Compare that long: comparisons, crashed rounds among them, and the seconds it took."""
        began = time.monotonic()
        with ThreadPoolExecutor(len(self._benches)) as pool:
            done = list(pool.map(lambda bench: self._compare(asked, bench, None, began + seconds), self._benches))
        return sum(d[0] for d in done), sum(d[1] for d in done), time.monotonic() - began

    def _compare(self, asked: Question, bench: PlanBench, most: int | None, until: float) -> tuple[int, int]:
        made = crashed = 0
        for _ in itertools.count() if most is None else range(most):
            seen = asked.ask(bench, self._scene(), self._folder / bench.server.lane.spec.name)
            crashed += sum(bool(each.crashes) for each in seen.record.observations.values())
            made += 1
            if time.monotonic() > until:
                break
        return made, crashed

    def _scene(self) -> Scenario:
        with self._next:
            return next(self._scenes)


def measure_rounds(workshop: Workshop, source: Oar3Source | None) -> None:
    """Print comparisons a minute and the harness's own share, programs kept loaded, and started for each round."""
    workers = enough()
    click.echo(f"comparisons: {JOBS} jobs on {RESOURCES} resources, {workers} workers; target {TARGET} a minute")
    wanted = runnable((NATIVE, KAMELOT, KAO), source)
    crew = Crew(workshop, arm(source), workers, limit=60)
    with tempfile.TemporaryDirectory(prefix="oar-compat-bench-") as folder, crew as on:
        work = _Work(on.benches, Path(folder))
        for warm, seconds in ((True, _WARM), (False, _COLD)):
            for bench in on.benches:
                bench.warm = warm
            for candidate in wanted:
                asked = question(candidate, workshop.debian)
                if warm:
                    work.first(asked)
                for line in _figures(work, asked, seconds, on.benches, "warm" if warm else "cold"):
                    click.echo(f"  {line}")


def _figures(work: _Work, asked: Question, seconds: float, benches: list[PlanBench], how: str) -> Iterator[str]:
    lanes = [bench.server.lane for bench in benches]
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
