"""Live cases in which more is done than submitting: commands, the REST API, nodes that run jobs and fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.live.live_case import LiveCase, lane_options
from harness.live.live_limits import LiveLimits
from harness.live.live_server import LiveServer
from harness.run.environment import Provisioner
from harness.workload.scenario import parse_scenario
from tests.servers import NATIVE, case_target

pytestmark = pytest.mark.engine

COMMANDS = parse_scenario(
    """
    title = "commands"
    cluster = "1 nodes x 1 cpus x 2 cores"
    kinds = ["live"]
    [conf]
    SCHEDULER_JOB_SECURITY_TIME = "1"
    [[job]]
    name = "first"
    user = "alice"
    submit = "oarsub -t noop -l /nodes=1,walltime=1:00:00"
    [[job]]
    name = "second"
    user = "bob"
    submit = "oarsub -t noop -l /core=1,walltime=1:00:00"
    runtime = "0:00:01"
    when = "end.done"
    [[job]]
    name = "never"
    user = "bob"
    submit = "oarsub -t noop -l /core=1,walltime=1:00:00"
    when = "first.Hold"
    [[action]]
    name = "ask"
    when = "first.Running"
    get = "/jobs/{first}.json"
    user = "alice"
    compare = true
    ignore = ["events", "message"]
    [[action]]
    name = "foreign"
    run = "oardel {first}; echo $USER $(pwd)"
    user = "bob"
    [[action]]
    name = "end"
    run = "oardel {first}"
    [[action]]
    name = "vain"
    when = "never.Running"
    run = "oardel {never}"
    """
)
NODE = parse_scenario(
    """
    title = "a node"
    cluster = "1 nodes x 1 cpus x 2 cores"
    kinds = ["live"]
    nodes = "real"
    [conf]
    SCHEDULER_JOB_SECURITY_TIME = "1"
    [[job]]
    name = "fails"
    user = "alice"
    submit = "oarsub -l /nodes=1,walltime=0:10:00 'cat $OAR_NODE_FILE > here; cat $OAR_NODE_FILE; exit 3'"
    [[job]]
    name = "afterwards"
    user = "alice"
    submit = "oarsub -l /nodes=1,walltime=0:10:00 'ls here; oarsh node1 hostname'"
    when = "start.done"
    [[action]]
    name = "stop"
    when = "fails.Terminated"
    node = "node1"
    do = "stop"
    [[action]]
    name = "start"
    node = "node1"
    do = "start"
    """
)


def test_commands_and_requests_are_carried_out_in_their_turn(provisioner: Provisioner, tmp_path: Path) -> None:
    with provisioner.lane("live-commands", **lane_options(COMMANDS)) as lane:
        seen = LiveCase(LiveServer(lane, NATIVE, limits=LiveLimits(quiet=3)), COMMANDS).observe(
            case_target(tmp_path, "commands", NATIVE)
        )
    assert seen.schedule
    fates = seen.schedule.fates
    assert {name: fate.state for name, fate in fates.items()} == {
        "first": "Terminated",
        "second": "Terminated",
        "never": "Rejected",
    }
    assert fates["never"].message == "not submitted: it waited for first.Hold in vain"
    ask, foreign, end, vain = seen.answers
    assert ask.exit_code == 200
    assert json.loads(ask.output)["state"] == "Running"
    assert ask.told
    told = json.loads(ask.told)
    assert (told["id"], told["start_time"], told["owner"], told["message"]) == ("first", "MOMENT", "alice", "…")
    assert "You are not the right user" in foreign.output
    assert "bob /home/bob" in foreign.output
    assert (end.exit_code, end.told, end.undone) == (0, None, "")
    assert vain.undone == "it waited for never.Running in vain"
    assert seen.situation
    assert {change.state for change in seen.situation.changes} == {"Alive"}


def test_jobs_run_on_a_node_that_fails_and_comes_back_empty(provisioner: Provisioner, tmp_path: Path) -> None:
    with provisioner.lane("live-node", **lane_options(NODE)) as lane:
        seen = LiveCase(LiveServer(lane, NATIVE), NODE).observe(case_target(tmp_path, "node", NATIVE))
    assert seen.schedule
    fails, afterwards = (seen.schedule.fates[name] for name in ("fails", "afterwards"))
    assert (fails.state, fails.exit_code) == ("Terminated", 3)
    assert fails.output == "", "its file went with the node"
    assert (afterwards.state, afterwards.exit_code) == ("Terminated", 0)
    assert afterwards.output == "node1\n", "oarsh gets through, and what was written before is gone"
    assert [answer.undone for answer in seen.answers] == ["", ""]
    assert seen.crashes == ()
