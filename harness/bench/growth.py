"""How a round's time grows with the jobs that wait and with the resources there are."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from harness.bench.set_up import KAMELOT, KAO, REFERENCE, column, runnable
from harness.bench.usage import load
from harness.bench.workloads import JOBS_PER_USER, cluster_of, workload
from harness.model.combination import Combination
from harness.model.target import Artefacts, Target
from harness.oar2.database_clock import written
from harness.oar3.source import Oar3Source
from harness.plan.plan_server import EPOCH, PlanServer
from harness.run.environment import Provisioner

JOBS = (10, 100, 1000)
RESOURCES = (64, 1024, 8192)
_MEMORY = 8 << 30


class _Grid:
    """Rounds of each scheduler, the larger ones only if no smaller one was too much for it."""

    def __init__(self, plan_server: PlanServer, conf: Mapping[str, str], folder: Path) -> None:
        self._plan_server = plan_server
        self._conf = conf
        self._folder = folder
        self._too_much: list[tuple[str, int, int]] = []
        self.notes: list[str] = []

    def warm_up(self, wanted: Sequence[Combination]) -> None:
        """A round of each, after which its programs are loaded."""
        snapshot = self._plan_server.snapshot(workload(0, JOBS[0], cluster_of(RESOURCES[0]), self._conf), by="rows")
        self._plan_server.observe(snapshot, map(self._target, wanted))

    def row(self, wanted: Sequence[Combination], jobs: int, resources: int) -> list[str]:
        """The seconds of each one's round, in words."""
        left = [each for each in wanted if not self._hopeless(each, jobs, resources)]
        if not left:
            return ["–"] * len(wanted)
        snapshot = self._plan_server.snapshot(workload(1, jobs, cluster_of(resources), self._conf), by="rows")
        words: list[str] = []
        limit = self._plan_server.limit
        for each in wanted:
            if each not in left:
                words.append("–")
                continue
            seen = self._plan_server.observe(snapshot, [self._target(each)])[each.id]
            how = "; ".join(crash.how for crash in seen.crashes)
            words.append(f"{seen.seconds:.2f}" if not how else f"> {limit:g}" if seen.seconds >= limit else "failed")
            if how:
                self._too_much.append((each.id, jobs, resources))
                self.notes.append(f"{each.id}, {jobs} jobs on {resources}: {how}")
            elif seen.schedule:
                placed = sum(fate.placement is not None for fate in seen.schedule.fates.values())
                if placed < jobs:
                    words[-1] += "*"
                    self.notes.append(f"{each.id}, {jobs} jobs on {resources}: * only {placed} were given a place")
        return words

    def _target(self, combination: Combination) -> Target:
        return Target(combination.id, combination, Artefacts(self._folder, f"logs/{combination.id}"))

    def _hopeless(self, combination: Combination, jobs: int, resources: int) -> bool:
        return any(c == combination.id and jobs >= j and resources >= r for c, j, r in self._too_much)


def measure_growth(provisioner: Provisioner, source: Oar3Source | None, limit: int) -> None:
    """Print a line for each size of cluster and number of jobs, with the seconds of each scheduler's round.

    :param limit: seconds after which a round is ended.
    """
    # The native schedulers place no further job once part of this time is over: it is to be ours that ends a round.
    timeout = 10 * limit
    conf = {"SCHEDULER_TIMEOUT": str(timeout)}
    wanted = runnable((REFERENCE, KAMELOT, KAO), source)
    click.echo("growth: seconds of one round, programs kept loaded")
    click.echo(
        f"  {JOBS_PER_USER} jobs a user, none beyond the native schedulers' limit of 30; SCHEDULER_TIMEOUT={timeout}"
    )
    for number, each in enumerate(wanted, 1):
        click.echo(f"  ({number}) {each.id}")
    click.echo(_line("resources", "jobs", [f"({number})" for number in range(1, len(wanted) + 1)]))
    lane = provisioner.lane("bench-growth", column(source), almighty=False, clock=written(EPOCH))
    with tempfile.TemporaryDirectory(prefix="oar-compat-bench-") as folder, lane as started:
        statements = provisioner.prepared(source).statements
        plan_server = PlanServer(started, statements, workers=1, limit=limit, memory=_MEMORY)
        grid = _Grid(plan_server, conf, Path(folder))
        grid.warm_up(wanted)
        for resources in RESOURCES:
            for jobs in JOBS:
                click.echo(_line(resources, jobs, grid.row(wanted, jobs, resources)) + f"   ({load()})")
    for note in grid.notes:
        click.echo(f"  {note}")


def _line(resources: object, jobs: object, words: Sequence[str]) -> str:
    return f"  {resources:>9} {jobs:>5} " + "".join(f"{word:>9}" for word in words)
