"""Real nodes of a live case: made fit for jobs, killed, and started again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.engine.container import LaneContainer
from harness.oar2 import conf
from harness.oar2.scenario_setup import lane_conf
from harness.oar2.server import Oar2Server
from harness.workload.scenario import Scenario

WITHOUT_CGROUPS: Mapping[str, str | None] = {"CPUSET_PATH": None}
"""Keys of oar.conf for server and nodes whose cgroups cannot be written: ``oarsh`` then trusts OAR_JOB_ID alone.

With CPUSET_PATH it asks for the job's cgroup ("comment this line to disable cpuset feature", says OAR2's oar.conf).
"""

_FOR_OARSH: Mapping[str, str | None] = {"JOB_RESOURCE_MANAGER_PROPERTY_DB_FIELD": "cpuset"}
"""What nodes need beside: ``oarsh`` of OAR 2.5.9 asks ``oarstat -f`` whose a job is, by a line that it has with this
key alone. Of the server's programs none reads a node's file."""


def prepare_nodes(server: Oar2Server, scenario: Scenario) -> None:
    """Bring the nodes' oar.conf in line with the server's; the users are made by the server."""
    server.set_conf({key: value for key, value in WITHOUT_CGROUPS.items() if key not in scenario.conf})
    _configure(server.lane.nodes, scenario)


def stop_node(server: Oar2Server, node: str) -> None:
    """Kill a node, as a failure of its power would; what it had written is lost."""
    server.lane.stop_node(node)


def start_node(server: Oar2Server, node: str, scenario: Scenario) -> None:
    """Start a node that was stopped: it comes back as it was first made."""
    container = server.lane.start_node(node)
    server.users(scenario.users)
    _configure([container], scenario)


def _configure(nodes: Iterable[LaneContainer], scenario: Scenario) -> None:
    for node in nodes:
        text = conf.set_keys(node.read(conf.PATH), {**WITHOUT_CGROUPS, **_FOR_OARSH, **lane_conf(scenario)})
        node.write(conf.PATH, text)
