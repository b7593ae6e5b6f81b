"""Judging stays quick: 10,000 jobs on 10,000 resources within 10 s and 1 GiB, however scattered."""

from __future__ import annotations

import random
import time

import pytest

from harness.compare import judge_case
from harness.model.cluster import parse_cluster
from harness.model.job import Group, Job, Level, Moldable
from harness.model.procsets import of_ids, of_spans
from harness.model.quota import Quota
from harness.model.record import CaseRecord
from harness.model.result import Status
from harness.model.schedule import Fate, Placement, Schedule, Situation
from tests.compare.making import HOUR, NOW, record, situation

CORES = 50
ROWS = parse_cluster("200 nodes x 2 cpus x 25 cores").resources
EVERY = of_spans([(1, len(ROWS))])


def scattered(count: int, nodes: int) -> CaseRecord:
    """Jobs on every second core of some nodes; the candidate has the others, a second later."""
    dice = random.Random(count)
    free = [NOW] * 200
    jobs, one, other = [], {}, {}
    levels = (Level("host", nodes), Level("resource_id", CORES // 2))
    for number in range(1, count + 1):
        chosen = dice.sample(range(200), nodes)
        start = max(free[node] for node in chosen)
        for node in chosen:
            free[node] = start + HOUR + 60
        asked = Moldable(HOUR, (Group(levels, "type = 'default'", EVERY),))
        jobs.append(Job(f"j{number}", number, user=f"u{number % 9}", submitted=NOW - 60, moldables=(asked,)))
        for shift, fates in enumerate((one, other)):
            given = of_ids(node * CORES + core for node in chosen for core in range(1 + shift, CORES + 1, 2))
            fates[f"j{number}"] = Fate("Waiting", Placement(start + shift, start + shift + HOUR, 0, given))
    quotas = (Quota(user="/", resources=len(ROWS)), Quota(jobs=count), Quota(hours=1e9))
    here = situation(*jobs, resources=ROWS)
    here = Situation(here.now, here.resources, here.hierarchy, here.jobs, here.conf, quotas)
    return record(here, Schedule(one), Schedule(other))


def seconds(case: CaseRecord) -> float:
    begun = time.process_time()
    assert judge_case(case, "kao").status is Status.AGREES
    return time.process_time() - begun


@pytest.mark.parametrize("nodes", [1, 10])
def test_ten_times_the_jobs_take_little_more_than_ten_times_as_long(nodes: int) -> None:
    few, many = scattered(150, nodes), scattered(1500, nodes)
    seconds(few)
    quick = min(seconds(few) for _ in range(3))
    slow = seconds(many)
    assert slow < 20 * quick + 0.5
    # 10,000 jobs in 10 s, and twice that for a machine that is busy.
    assert slow < 3
