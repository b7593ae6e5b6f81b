"""What is measured is always the same, and whose time it is is kept apart."""

from __future__ import annotations

import pytest

from harness.bench.comparisons import JOBS, RESOURCES
from harness.bench.usage import Usage, _ticks
from harness.bench.workloads import JOBS_PER_USER, cluster_of, workload


@pytest.mark.parametrize("resources", [64, 1024, 8192])
def test_clusters_have_the_size_asked_for(resources: int) -> None:
    assert len(cluster_of(resources).resources) == resources


@pytest.mark.parametrize("jobs", [JOBS, 1000])
def test_a_scene_has_the_jobs_asked_for_and_no_user_has_too_many(jobs: int) -> None:
    found = workload(0, jobs, cluster_of(RESOURCES))
    assert len(found.jobs) == jobs
    assert all(job.started is None and job.submission.array == 1 for job in found.jobs)
    each = [sum(job.user == user for job in found.jobs) for user in found.users]
    assert max(each) <= JOBS_PER_USER


def test_a_scene_is_the_same_each_time_and_differs_from_the_next() -> None:
    cluster = cluster_of(RESOURCES)
    assert workload(3, JOBS, cluster) == workload(3, JOBS, cluster) != workload(4, JOBS, cluster)


def test_the_time_of_a_process_is_read_whatever_its_name() -> None:
    assert (
        _ticks("12 (a ) b) S 1 1 1 0 -1 4 5 6 7 8 30 12 0 0 20 0\n13 (x) S 1 1 1 0 -1 4 5 6 7 8 1 2 9 9 20 0\n") == 45
    )


def test_the_share_is_ours_over_theirs() -> None:
    used = Usage(oar=5, postgresql=4, own=2).since(Usage(oar=1, postgresql=2, own=1))
    assert (used.total, used.share) == (7, 1 / 6)
