"""How long judging alone takes, and how much memory: 10,000 jobs on 10,000 resources."""

from __future__ import annotations

import multiprocessing
import random
import resource
import time

import click

from harness.bench.usage import load
from harness.compare.judge import judge_case
from harness.model.cluster import parse_cluster
from harness.model.job import Group, Job, Level, Moldable
from harness.model.procsets import of_ids, of_spans
from harness.model.quota import Quota
from harness.model.record import CaseRecord, Kind, Observation
from harness.model.result import Status
from harness.model.schedule import Fate, Placement, Schedule, Situation

JOBS, NODES, CORES = 10_000, 200, 50
SECONDS, MEMORY = 10.0, 1 << 30
"""At most."""

_NOW, _HOUR = 1767600000, 3600


def scattered(across: int) -> CaseRecord:
    """Jobs on every second core of some nodes each; the candidate has the other cores, a second later.

    :param across: nodes of each job.
    """
    dice = random.Random(across)
    resources = parse_cluster(f"{NODES} nodes x 2 cpus x {CORES // 2} cores").resources
    every = of_spans([(1, len(resources))])
    asked = Moldable(
        _HOUR, (Group((Level("host", across), Level("resource_id", CORES // 2)), "type = 'default'", every),)
    )
    free = [_NOW] * NODES
    jobs: list[Job] = []
    plans: tuple[dict[str, Fate], dict[str, Fate]] = ({}, {})
    for number in range(1, JOBS + 1):
        chosen = dice.sample(range(NODES), across)
        start = max(free[node] for node in chosen)
        for node in chosen:
            free[node] = start + _HOUR + 60
        name = f"j{number}"
        jobs.append(Job(name, number, user=f"u{number % 9}", submitted=_NOW - 60, moldables=(asked,)))
        for shift, fates in enumerate(plans):
            given = of_ids(node * CORES + core for node in chosen for core in range(1 + shift, CORES + 1, 2))
            fates[name] = Fate("Waiting", Placement(start + shift, start + shift + _HOUR, 0, given))
    quotas = (Quota(user="/", resources=len(resources)), Quota(jobs=JOBS), Quota(hours=1e9))
    conf = {"SCHEDULER_JOB_SECURITY_TIME": "60"}
    here = Situation(_NOW, resources, ("host", "cpu", "core"), tuple(jobs), conf, quotas)
    seen = {name: Observation(name, Schedule(plan)) for name, plan in zip(("native", "kao"), plans, strict=True)}
    return CaseRecord("bench", Kind.PLAN, "judging", here, "native", 2, seen)


def _judge(across: int) -> tuple[float, float, int, int]:
    """Seconds by the clock and of the processor, and bytes used at most: before judging, and after."""
    case = scattered(across)
    before, began, clock = _peak(), time.process_time(), time.monotonic()
    status = judge_case(case, "kao").status
    if status is not Status.AGREES:
        raise AssertionError(f"the two plans agree, and were judged {status}")
    return time.monotonic() - clock, time.process_time() - began, before, _peak()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def measure_judging() -> None:
    """Print both, for jobs on one node and for jobs on ten; each is judged in a process of its own."""
    click.echo(f"judging alone: {JOBS} jobs on {NODES * CORES} resources, every second core of each node in use")
    for across in (1, 10):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            clock, cpu, before, after = pool.apply(_judge, (across,))
        click.echo(f"  {across} nodes each ({load()})")
        click.echo(
            f"    {clock:.1f} s, {cpu:.1f} s of the processor; of the target of {SECONDS:.0f} s {clock / SECONDS:.2f}"
        )
        click.echo(
            f"    {after >> 20} MiB, {before >> 20} of them the case itself;"
            f" of the target of {MEMORY >> 20} MiB {after / MEMORY:.2f}"
        )
