"""A small live case: a whole server, real users, real time."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.live.live_case import LiveCase
from harness.live.live_server import LiveServer
from harness.run.environment import Provisioner
from harness.workload.scenario import parse_scenario
from tests.servers import NATIVE, case_target

pytestmark = pytest.mark.engine

SCENARIO = parse_scenario(
    """
    title = "three jobs"
    cluster = "1 nodes x 1 cpus x 2 cores"
    kinds = ["live"]
    [conf]
    SCHEDULER_JOB_SECURITY_TIME = "1"
    [[job]]
    name = "first"
    user = "alice"
    submit = "oarsub -t noop -l core=1,walltime=1:00:00 x"
    runtime = "0:00:01"
    [[job]]
    name = "beside"
    user = "erin"
    submit = "oarsub -t noop -l core=1,walltime=1:00:00 x"
    runtime = "0:00:01"
    [[job]]
    name = "refused"
    user = "alice"
    submit = "oarsub -t noop -l core=99 x"
    """
)


def test_jobs_run_to_their_end_and_the_server_is_restored(provisioner: Provisioner, tmp_path: Path) -> None:
    with provisioner.lane("live-test") as lane:
        live_server = LiveServer(lane, NATIVE)
        case = LiveCase(live_server, SCENARIO)
        seen = case.observe(case_target(tmp_path, "three-jobs", NATIVE))
        left = live_server.restore()
        conf = case.server.conf()
        assert {queue.scheduler for queue in case.server.queues()} == {NATIVE.scheduler.name}  # type: ignore[union-attr]
        assert case.server.alive()
    assert seen.crashes == left == ()
    assert seen.schedule
    assert seen.situation
    fates = seen.schedule.fates
    assert {name: fate.state for name, fate in fates.items()} == {
        "first": "Terminated",
        "beside": "Terminated",
        "refused": "Rejected",
    }
    assert "not enough resources" in fates["refused"].message
    placements = [fate.placement for fate in fates.values() if fate.placement]
    assert len(placements) == 2
    for placement in placements:
        assert seen.situation.now <= placement.start < placement.stop < placement.start + 3600, "oardel ended it"
        assert len(placement.resources) == 1
    assert not placements[0].resources & placements[1].resources
    assert [job.user for job in seen.situation.jobs] == ["alice", "erin"]
    assert len(seen.proof) == 2
    assert conf["SCHEDULER_JOB_SECURITY_TIME"] == "1", "the site's own keys stay"
    assert "META_SCHED_CMD" not in conf
    kept = tmp_path / "cases" / "three-jobs" / "logs" / NATIVE.id / "oar.log"
    assert seen.artefacts == f"cases/three-jobs/logs/{NATIVE.id}"
    assert "Starting Meta Scheduler" in kept.read_text()
