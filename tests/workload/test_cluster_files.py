from __future__ import annotations

from pathlib import Path

import pytest

from harness.model.cluster import Cluster, parse_cluster
from harness.model.fault import ConfigurationFault
from harness.workload.cluster_files import LIBRARY, describe_cluster, load_cluster, parse_cluster_file


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_cluster_can_be_read(path: Path) -> None:
    assert load_cluster(path).resources


def test_the_demonstration_is_what_its_words_say() -> None:
    assert load_cluster(LIBRARY / "demo.toml") == parse_cluster("4 nodes x 2 cpus x 4 cores")


def test_nodes_written_out_are_numbered_through_the_cluster() -> None:
    written = parse_cluster_file("[[node]]\ncount = 4\ncpus = 2\ncores = 4\n", "c.toml")
    assert written == parse_cluster("4 nodes x 2 cpus x 4 cores")
    assert describe_cluster(written) == "4 nodes x 2 cpus x 4 cores"


def test_nodes_of_several_kinds() -> None:
    cluster = load_cluster(LIBRARY / "heterogeneous.toml")
    assert cluster.nodes == ("thin1", "thin2", "thin3", "fat1", "fat2", "accel1", "repair1")
    assert [row.id for row in cluster.resources] == list(range(1, len(cluster.resources) + 1))
    fat = [row for row in cluster.resources if row.node == "fat1"]
    assert [row.properties["cpu"] for row in fat] == [7] * 8 + [8] * 8
    assert fat[0].properties["mem"] == 256
    assert [row.properties["core"] for row in fat] == list(range(25, 41))
    assert {row.state for row in cluster.resources if row.node == "repair1"} == {"Absent"}
    licences = [row for row in cluster.resources if row.type == "solver"]
    assert [row.properties for row in licences] == [{"licence": f"l{number}"} for number in range(1, 5)]
    assert {row.node for row in licences} == {""}


def test_single_resources_with_ids_and_states() -> None:
    cluster = parse_cluster_file(
        'hierarchy = ["host"]\n'
        "[[resource]]\nid = 7\nnode = 'a'\nproperties = { host = 'a' }\n"
        "[[resource]]\nnode = 'a'\nstate = 'Suspected'\nproperties = { host = 'a' }\n",
        "c.toml",
    )
    assert [(row.id, row.state) for row in cluster.resources] == [(7, "Alive"), (8, "Suspected")]


def test_a_level_may_belong_to_resources_of_another_type() -> None:
    text = "[[node]]\n[[resource]]\ntype = 'disk'\nproperties = { disk = 'd1' }\n"
    cluster = parse_cluster_file("hierarchy = ['host', 'disk']\n" + text, "c.toml")
    assert cluster.hierarchy_labels == "resource_id,network_address,host,disk"
    own = parse_cluster_file("hierarchy = ['network_address', 'resource_id']\n" + text, "c.toml")
    assert own.hierarchy_labels == "resource_id,network_address"


@pytest.mark.parametrize(
    "text",
    [
        "shape = '1 node'",
        "[[node]]\n",
        "[[resource]]\nnode = 'node1'\n",
        "[[resource]]\nnode = 'node1'\ntype = 'disk'\n",
        "[[resource]]\nnode = 'node1'\nproperties = { mem = 4 }\n",
    ],
)
def test_what_is_on_a_node_has_its_host(text: str) -> None:
    (resource,) = parse_cluster_file(text if "shape" in text else "hierarchy = ['host']\n" + text, "c.toml").resources
    assert (resource.node, resource.properties["host"]) == ("node1", "node1")


def test_what_is_on_no_node_has_none() -> None:
    (licence,) = parse_cluster_file(
        "hierarchy = ['licence']\n[[resource]]\ntype = 'licence'\nproperties = { licence = 1 }\n", "c.toml"
    ).resources
    assert "host" not in licence.properties


def test_a_host_that_is_said_stays() -> None:
    text = "hierarchy = ['host']\n[[resource]]\nnode = 'a'\nproperties = { host = 'b' }\n"
    (resource,) = parse_cluster_file(text, "c.toml").resources
    assert (resource.node, resource.properties["host"]) == ("a", "b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "c.toml:1: the cluster has no resources — "),
        ("shpe = '1 node'", "c.toml:1: unknown key 'shpe' — did you mean 'shape'?"),
        ("title = 'x'\nshape = 'four nodes'", "c.toml:2: cannot read the cluster 'four nodes' — write for example"),
        ("shape = '1 node'\n[[node]]\n", "c.toml:1: it has both a shape and nodes — keep one of them"),
        ("[[node]]\ncount = 0\n", "c.toml:2: [[node]] 1: count is 0 — it must be at least 1"),
        ("[[node]]\ncores = 'four'\n", "c.toml:2: [[node]] 1: cores is 'four' — write for example cores = 1"),
        ("[[node]]\n[[node]]\nname = 'a_b'\n", "c.toml:3: [[node]] 'a_b': 'a_b' cannot name a machine — use"),
        ("[[node]]\nstate = 'alive'\n", "c.toml:2: [[node]] 1: unknown state 'alive' — did you mean 'Alive'?"),
        ("[[node]]\nproperties = { host = 'x' }\n", "property 'host' is set by the cluster itself"),
        ("[[node]]\nproperties = { state_num = 1 }\n", "property 'state_num' is set by the cluster itself"),
        ("[[node]]\nproperties = { Mem = 4 }\n", "'Mem' cannot name a property — use small letters"),
        ("[[node]]\nproperties = { mem = 4.5 }\n", "property mem is 4.5 — write a number or a string"),
        (
            "[[node]]\nproperties = { mem = 4 }\n[[node]]\nproperties = { mem = '4' }\n",
            "is a number here and a string",
        ),
        ("hierarchy = ['swtch']\n[[node]]\nproperties = { switch = 1 }\n", "c.toml:1: no resource has the property"),
        ("hierarchy = []\n[[node]]\n", "c.toml:1: the hierarchy is empty"),
        ("[[resource]]\n", "a resource of the type default has no node"),
        ("[[node]]\n[[resource]]\nid = 1\ntype = 'licence'\n", "two resources have the same id"),
    ],
)
def test_refuses_with_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        parse_cluster_file(text, "c.toml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("c.toml:")


def test_a_cluster_of_no_plain_shape_is_written_row_by_row() -> None:
    plain = parse_cluster("2 nodes x 1 cpu x 2 cores")
    holed = Cluster(plain.resources[1:], plain.hierarchy)
    described = describe_cluster(holed)
    assert isinstance(described, dict)
    assert [row["id"] for row in described["resource"]] == [2, 3, 4]
