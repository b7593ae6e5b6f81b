"""A server that was used for one live case is as new for the next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.live.live_case import LiveCase
from harness.live.live_limits import LiveLimits
from harness.live.live_server import LiveServer
from harness.model.registry import Registry
from harness.oar2.server import Oar2Server
from harness.procedure.take_footprint import take_footprint
from harness.run.environment import Provisioner
from harness.workload.scenario import parse_scenario
from tests.servers import case_target

pytestmark = pytest.mark.engine

OTHER = Registry().find("oar_meta_sched+oar_sched_gantt_with_timesharing_and_placeholder")
NEXT = parse_scenario(
    """
    title = "the next case"
    cluster = "1 nodes x 1 cpus x 2 cores"
    kinds = ["live"]
    [conf]
    SCHEDULER_JOB_SECURITY_TIME = "2"
    [[job]]
    name = "only"
    user = "alice"
    submit = "oarsub -t noop -l core=1,walltime=1:00:00 x"
    """
)
MESSY = parse_scenario(
    """
    title = "a messy case"
    cluster = "2 nodes x 1 cpus x 2 cores"
    kinds = ["live"]
    admission = ["1;"]
    [conf]
    SCHEDULER_JOB_SECURITY_TIME = "1"
    [[queue]]
    name = "urgent"
    priority = 9
    [files]
    "params.txt" = "1\\n2\\n"
    [[quota]]
    user = "/"
    jobs = 9
    [[job]]
    name = "goes-on"
    user = "alice"
    submit = "oarsub -t noop -l core=1,walltime=1:00:00 x"
    [[job]]
    name = "too-late"
    user = "newcomer"
    submit = "oarsub -t noop -r '+0:30:00' -l core=4,walltime=1:00:00 x"
    [[action]]
    name = "writes"
    when = "goes-on.Running"
    user = "newcomer"
    run = "echo something > left-behind; setsid sleep 1000 >/dev/null 2>&1 &"
    [[action]]
    name = "property"
    run = "oarproperty -c -a messy"
    """
)
LAST_ROUND = {"gantt_jobs_predictions 0", "gantt_jobs_predictions_visu 0"}
"""Rows that are there once a round was made: the commands by which a queue is flipped cause one."""
HISTORY = ("jobs", "event_logs", "job_state_logs", "assigned_resources", "resource_logs")


def rows(server: Oar2Server) -> dict[str, int]:
    with server.database.connect() as connection:
        return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() or 0 for name in HISTORY}


def timeless(areas: Mapping[str, Mapping[str, Mapping[str, str]]]) -> dict[str, dict[str, dict[str, str]]]:
    """Without the moments at which the resources were added."""
    return {
        area: {key: {name: of for name, of in item.items() if name != "date_start"} for key, item in items.items()}
        for area, items in areas.items()
    }


def unlike(one: Mapping[str, object], other: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    return {
        key: (one.get(key), other.get(key)) for key in one.keys() | other.keys() if one.get(key) != other.get(key)
    }


def running(server: Oar2Server) -> list[str]:
    return sorted(server.container.run("ps", "-eo", "user=,comm=").stdout.splitlines())


def homes(server: Oar2Server) -> list[str]:
    return sorted(server.container.run("find", "/home", "-mindepth", "2").stdout.splitlines())


def test_the_next_case_finds_no_trace_of_the_one_before(provisioner: Provisioner, tmp_path: Path) -> None:
    with provisioner.lane("live-used") as one, provisioner.lane("live-new") as two:
        used, new = LiveServer(one, OTHER, limits=LiveLimits(whole=40, quiet=1)), LiveServer(two, OTHER)
        seen = LiveCase(used, MESSY).observe(case_target(tmp_path, "messy", OTHER))
        assert [answer.undone for answer in seen.answers] == ["", ""]
        assert rows(used.server)["jobs"] == 2
        assert any("left-behind" in path for path in homes(used.server))
        assert any("sleep" in each for each in running(used.server))
        for live_server in (used, new):
            live_server.prepare(NEXT)
            live_server.server.rest(120)
        assert rows(used.server) == rows(new.server)
        areas = [timeless(take_footprint(live_server.server).areas) for live_server in (used, new)]
        assert areas[0].keys() == areas[1].keys()
        found = {key for name in areas[0] for key in unlike(areas[0][name], areas[1][name])}
        assert found <= LAST_ROUND
        confs = [live_server.server.conf() for live_server in (used, new)]
        assert {key for key in unlike(*confs) if "PASSWD" not in key} == set()
        assert [path for path in homes(used.server) if not path.startswith("/home/newcomer/.")] == homes(new.server)
        assert running(used.server) == running(new.server)
        assert "messy" not in used.server.log()
