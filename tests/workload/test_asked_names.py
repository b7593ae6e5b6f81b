"""Levels and properties that no resource has are refused while the file is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.fault import ConfigurationFault, ExitCode
from harness.workload.asked_names import unknown_names
from harness.workload.cluster_files import LIBRARY, load_cluster
from harness.workload.scenario import parse_scenario

HEAD = 'title = "t"\n'
WORDS = 'cluster = "2 nodes x 1 cpus x 2 cores"\n'
DISKS = """
[cluster]
hierarchy = ["host", "core", "disk"]
[[cluster.node]]
count = 2
cores = 2
[[cluster.resource]]
type = "disk"
count = 2
properties = { host = "node1", disk = "d" }
"""
JOB = "[[job]]\nname = 'one'\nuser = 'alice'\nsubmit = '''oarsub {} \"sleep 9\"'''\n"
MIXED = load_cluster(LIBRARY / "heterogeneous.toml")


def scenario(asks: str, cluster: str = WORDS, after: str = "") -> str:
    job = JOB.format(asks)
    return HEAD + (cluster + job if cluster is WORDS else job + cluster) + after


@pytest.mark.parametrize(
    ("asks", "cluster", "message"),
    [
        (
            "-l /nods=1",
            WORDS,
            "no resource has the level 'nods' of -l, so oarsub would refuse it — did you mean 'nodes'",
        ),
        ("-l /nodes=1/gpu=1", WORDS, "no resource has the level 'gpu' of -l"),
        (
            "-l /nodes=1 -l /cores=1",
            WORDS,
            "no resource has the level 'cores' of -l, so oarsub would refuse it — did",
        ),
        (
            "-l \"/nodes=1+{hots='node1'}/core=1\"",
            WORDS,
            "the property 'hots' of -l, so oarsub would refuse it — did you",
        ),
        (
            "-p \"hots = 'node1'\"",
            WORDS,
            "the property 'hots' of -p, so oarsub would refuse it — did you mean 'host'?",
        ),
        ("-p \"host = 'a' AND NOT Memory > 3\"", WORDS, "no resource has the property 'memory' of -p"),
        ("-p 'host = \"node1\"'", WORDS, "write 'node1' if it is a value"),
        (
            "-l /disk=1",
            DISKS,
            "is one of resources of the type disk, so oarsub would refuse it — write {type = 'disk'}/d",
        ),
    ],
)
def test_refuses_with_one_clear_line(asks: str, cluster: str, message: str) -> None:
    with pytest.raises(ConfigurationFault) as fault:
        parse_scenario(scenario(asks, cluster), "x.toml")
    assert fault.value.exit_code == ExitCode.CONFIGURATION
    assert message in str(fault.value)
    assert str(fault.value).startswith("x.toml:6: " if cluster is WORDS else "x.toml:5: ")


@pytest.mark.parametrize("said", ["'Rejected'", "['Error', 'Rejected']"])
def test_an_expected_refusal_is_let_through(said: str) -> None:
    parse_scenario(scenario("-l /nods=1", after=f"[expect]\none.state = {said}\n"))
    array = scenario("--array 2 -l /nods=1", after=f"[expect]\none.state = {said}\n")
    parse_scenario(array)
    with pytest.raises(ConfigurationFault):
        parse_scenario(scenario("-l /nods=1", after="[expect]\none.state = 'Error'\n"))


@pytest.mark.parametrize(
    "after",
    [
        'admission = ["1;"]\n',
        "kinds = ['live']\n[[action]]\nname = 'add'\nrun = 'oarproperty -a nods'\n",
    ],
)
def test_what_else_may_give_properties_is_not_judged(after: str) -> None:
    head, job = HEAD + WORDS, JOB.format("-l /nods=1")
    parse_scenario(head + after + job if "admission" in after else head + "kinds = ['live']\n" + job + after[16:])


@pytest.mark.parametrize(
    "asks",
    [
        "-l /nodes=1/cpu=1/core=2,walltime=1:00:00",
        "-l resource_id=1",
        "-l /network_address=1",
        "-l nodes=ALL,walltime=1",
        "-l walltime=1",
        "-l \"{type = 'solver'}/licence=2+/nodes=1\"",
        "-l '{mem > 64 and gpu_count = 0}/nodes=1,walltime=2'",
        "-p \"host = 'thin2' OR mem > 200 AND host <> 'fat1'\"",
        "-p \"not host like 'fat%' and not host like 'it''s'\"",
        "-p 'mem BETWEEN 100 AND 200'",
        "-p 'mem * 2 <= 64'",
        "-p 'lower(host) = upper(network_address)'",
        "-p 'gpu_model IS NULL'",
        "-p 'RESOURCES.mem > 1'",
        "-p 'mem > (select max(foo) from bar)'",
        "-p 'mem::text = 1'",
        "-p 'MEM > 1'",
        "-p \"besteffort = 'YES' and drain = 'NO' and available_upto > 0\"",
    ],
)
def test_what_the_cluster_has_passes(asks: str) -> None:
    text = scenario(asks, 'cluster = "heterogeneous.toml"\n').replace(JOB.format(asks), "") + JOB.format(asks)
    assert list(parse_scenario(text).jobs)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_read_or_left_alone(condition: str, request: str) -> None:
    for what, remedy in unknown_names(("oarsub", "-p", condition, f"-l={request}", "-l", request, "x"), MIXED):
        assert what
        assert remedy


@given(st.sampled_from(sorted({*MIXED.properties} - {"licence"})), st.integers(0, 9))
def test_no_property_of_the_cluster_is_unknown(name: str, count: int) -> None:
    argv = ("oarsub", "-p", f"{name} = '{count}' OR {name} > {count}", "-l", f"/{name}={count}/core=1", "x")
    assert list(unknown_names(argv, MIXED)) == []
