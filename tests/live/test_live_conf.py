"""What of a scenario's ``[conf]`` is in force on a whole server."""

from __future__ import annotations

import pytest

from harness.live.live_server import LiveServer
from harness.model.registry import Registry
from harness.oar3.prepare import Prepared
from harness.oar3.source import Oar3Source
from harness.run.columns import Column
from harness.run.environment import Provisioner
from harness.workload.scenario import parse_scenario

LABELS = "resource_id,network_address,host,cpu,core,licence"
SCENARIO = parse_scenario(
    f"""
    title = "labels of one's own, and no log"
    cluster = "1 nodes x 1 cpus x 2 cores"
    kinds = ["live"]
    [conf]
    HIERARCHY_LABELS = "{LABELS}"
    LOG_LEVEL = "0"
    LOG_CATEGORIES = "nothing"
    SCHEDULER_TIMEOUT = "44"
    [[job]]
    name = "only"
    user = "alice"
    submit = "oarsub -t noop -l core=1,walltime=1:00:00 x"
    """
)


@pytest.mark.engine
def test_all_but_what_is_logged(provisioner: Provisioner, oar3: Oar3Source, prepared: Prepared) -> None:
    kao = Registry().find("kao")
    with provisioner.lane("live-conf", Column("kao", kao, oar3)) as lane:
        live_server = LiveServer(lane, kao, prepared.statements)
        fresh = live_server.server.conf()
        live_server.prepare(SCENARIO)
        conf = live_server.server.conf()
        assert (conf["HIERARCHY_LABELS"], conf["SCHEDULER_TIMEOUT"]) == (LABELS, "44")
        for key in ("LOG_LEVEL", "LOG_CATEGORIES", "LOG_FILE"):
            assert conf[key] == fresh[key] == live_server.conf[key]
