"""Resources in bulk are what OAR's own commands leave, column by column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

from harness.model.cluster import Cluster, Resource, parse_cluster
from harness.oar2.database_clones import clone, drop
from harness.oar2.resource_rows import add_resources, read_resources
from harness.oar2.server import Oar2Server
from harness.plan.plan_server import PlanServer
from harness.workload.cluster_files import load_cluster

pytestmark = pytest.mark.engine

ODD = Cluster(
    (
        *parse_cluster("1 nodes x 1 cpus x 2 cores").resources,
        Resource(
            3,
            "node2",
            properties={"host": "node2", "cpu": 2, "core": 3, "cpuset": "0", "mem": 64, "model": "it's"},
        ),
        Resource(4, "node3", "Absent", available_upto=0, properties={"host": "node3", "cpu": 3, "core": 4, "mem": 0}),
        Resource(5, "node4", "Suspected", properties={"host": "node4", "cpu": 4, "core": 5, "drain": "YES"}),
        Resource(6, "node5", "Dead", properties={"host": "node5", "cpu": 5, "core": 6, "besteffort": "NO"}),
        Resource(7, "", type="licence", properties={"model": ""}),
    ),
    ("host", "cpu", "core"),
)


def by_oar(server: Oar2Server, cluster: Cluster) -> None:
    """The same by OAR's own commands, one call a resource."""
    server.container.run("oarproperty", "-a", "mem")
    server.container.run("oarproperty", "-c", "-a", "model")
    for resource in cluster.resources:
        words = ["oarnodesetting", "-a", "-h", resource.node, "-s", resource.state]
        properties: dict[str, Any] = {**resource.properties, "available_upto": resource.available_upto}
        if resource.type != "default":
            properties["type"] = resource.type
        for name, value in properties.items():
            words += ["-p", f"{name}={value}".replace("'", "''")]
        server.container.run(*words)


def rows(connection: Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(query)).mappings()]


@pytest.fixture(scope="module")
def both(plan_server: PlanServer) -> Iterator[tuple[Connection, Connection]]:
    """Two databases: filled by OAR's commands, and in bulk; the clock stands still meanwhile."""
    server = plan_server.server
    drop(server, "oar")
    clone(server, "oar_pristine", "oar")
    clone(server, "oar_pristine", "bulk")
    by_oar(server, ODD)
    bulk = server.database_named("bulk")
    with server.database.connect() as theirs, bulk.begin() as ours:
        add_resources(ours, ODD)
        yield theirs, ours
    server.database.dispose()
    bulk.dispose()
    drop(server, "bulk")


def test_every_column_of_every_resource(both: tuple[Connection, Connection]) -> None:
    theirs, ours = (rows(one, "SELECT * FROM resources ORDER BY resource_id") for one in both)
    assert len(ours) == len(ODD.resources)
    assert ours == theirs


def test_the_logs_of_resources(both: tuple[Connection, Connection]) -> None:
    query = (
        "SELECT resource_id, attribute, value, date_start, date_stop, finaud_decision FROM resource_logs"
        " ORDER BY resource_id, attribute, value"
    )
    theirs, ours = (rows(one, query) for one in both)
    assert ours == theirs


def test_new_properties_have_the_columns_that_oarproperty_makes(both: tuple[Connection, Connection]) -> None:
    theirs, ours = (
        {entry["name"]: (str(entry["type"]), entry["nullable"], entry["default"]) for entry in columns}
        for columns in (inspect(one).get_columns("resources") for one in both)
    )
    assert {"mem", "model"} <= set(ours)
    assert ours == theirs


def test_what_is_added_next_gets_the_next_id(both: tuple[Connection, Connection]) -> None:
    theirs, ours = (one.scalar(text("SELECT nextval('resources_resource_id_seq')")) for one in both)
    assert ours == theirs == len(ODD.resources) + 1


def test_resources_are_read_as_they_were_written(both: tuple[Connection, Connection]) -> None:
    theirs, ours = (read_resources(one) for one in both)
    assert ours == theirs
    for found, wanted in zip(ours, ODD.resources, strict=True):
        assert (found.id, found.node, found.state, found.type) == (wanted.id, wanted.node, wanted.state, wanted.type)
        assert found.available_upto == wanted.available_upto
        assert found.properties.items() >= wanted.properties.items()


def test_a_site_s_cluster_with_licences_and_absent_nodes_can_be_put_in(plan_server: PlanServer) -> None:
    folder = Path(__file__).resolve().parents[2] / "fixtures" / "clusters"
    cluster = load_cluster(folder / "heterogeneous.toml")
    clone(plan_server.server, "oar_pristine", "site")
    database = plan_server.server.database_named("site")
    with database.begin() as connection:
        add_resources(connection, cluster)
        assert len(read_resources(connection)) == len(cluster.resources)
    database.dispose()
    drop(plan_server.server, "site")
