"""Quotas in a live case: they reach the scheduler, and jobs are held back by them as others end."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.live.live_case import LiveCase
from harness.live.live_server import LiveServer
from harness.oar3.quota_files import OAR2_FILE, OAR3_FILE
from harness.run.environment import Provisioner
from harness.workload.scenario import parse_scenario
from tests.servers import NATIVE, case_target

pytestmark = pytest.mark.engine

SCENARIO = parse_scenario(
    """
    title = "one job of a user at a time"
    cluster = "1 nodes x 1 cpus x 4 cores"
    kinds = ["live"]
    [conf]
    SCHEDULER_JOB_SECURITY_TIME = "1"
    SCHEDULER_MIN_TIME_BETWEEN_2_CALLS = "0"
    [[quota]]
    user = "/"
    jobs = 1
    [[job]]
    name = "first"
    user = "alice"
    submit = "oarsub -t noop -l core=1,walltime=1:00:00 x"
    [[job]]
    name = "second"
    user = "alice"
    submit = "oarsub -t noop -l core=1,walltime=1:00:00 x"
    runtime = "0:00:01"
    [[job]]
    name = "beside"
    user = "erin"
    submit = "oarsub -t noop -l core=1,walltime=1:00:00 x"
    runtime = "0:00:01"
    [[action]]
    name = "end"
    when = "beside.Terminated"
    rounds = 1
    run = "oardel {first}"
    """
)


def test_a_second_job_waits_for_the_end_of_the_first(provisioner: Provisioner, tmp_path: Path) -> None:
    with provisioner.lane("live-quotas") as lane:
        case = LiveCase(LiveServer(lane, NATIVE), SCENARIO)
        seen = case.observe(case_target(tmp_path, "one-at-a-time", NATIVE))
        native, oar3 = (case.server.container.run("cat", path).stdout for path in (OAR2_FILE, OAR3_FILE))
    assert native == "$Gantt_quotas->{'*'}->{'*'}->{'*'}->{'/'} = [-1, 1, -1];\n"
    assert '"*,*,*,/"' in oar3
    assert seen.crashes == ()
    assert seen.schedule
    assert seen.situation
    assert seen.situation.quotas == SCENARIO.quotas
    places = {name: fate.placement for name, fate in seen.schedule.fates.items()}
    first, second, beside = (places[name] for name in ("first", "second", "beside"))
    assert first
    assert second
    assert beside
    assert beside.start < first.stop, "a user of its own"
    assert second.start >= first.stop, "not before, though cores were free for a round after the end of the other"
