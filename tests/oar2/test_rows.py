"""Workloads laid as rows are those that the installed ``oarsub`` leaves: all rows of all tables are compared."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from harness.oarsub import job_row
from harness.oarsub.row_options import NotInRows
from harness.plan.plan_server import PlanServer
from harness.workload.scenario import Scenario, parse_scenario
from tests.oar2.tables import differences, tables

pytestmark = pytest.mark.engine

CLUSTER = """
title = "lines"
[cluster]
hierarchy = ["host", "cpu", "core"]
[[cluster.node]]
name = "node"
count = 3
cpus = 2
cores = 2
properties = { mem = 64, gpu = "NO" }
[[cluster.node]]
name = "big"
cpus = 2
cores = 4
properties = { mem = 256, gpu = "YES" }
[[cluster.node]]
name = "dead"
cpus = 1
cores = 2
state = "Dead"
[[cluster.node]]
name = "absent"
cpus = 1
cores = 2
state = "Absent"
[[cluster.resource]]
type = "licence"
count = 3
"""

KINDS = {
    "moldable": """
        oarsub -l core=4,walltime=1:00:00 -l /nodes=1,walltime=0:30:00 x
        oarsub -l core=1 -l cpu=2,walltime=5 -l host=1/core=2,walltime=0:0:90 x
        oarsub -l core=1,walltime=0 -l core=2,walltime=0:1 x
    """,
    "hierarchy": """
        oarsub x
        oarsub -l nodes=2/cpu=1/core=2,walltime=0:45 x
        oarsub -l /host=ALL/core=1 x
        oarsub -l /host=1/core=ALL,walltime=100:00:00 x
        oarsub -l host=BEST/core=1 x
        oarsub -l cpu=BESTHALF x
        oarsub -l host=1/cpu=2+host=2/core=1,walltime=3:25:45 x
        oarsub -l resource_id=3 x
        oarsub -l walltime=1:30 x
        oarsub -l '  /host=1 / core = 2 , walltime = 2 ' x
        oarsub -l cpu=3/core=2 x
        oarsub -l core=99 x
        oarsub -l host=3/core=4 x
        oarsub -l core=0 x
        oarsub -l host=4+host=2 x
    """,
    "property": """
        oarsub -p "mem > 100" -l core=2 x
        oarsub -p "host = 'node1' OR gpu = 'YES'" -l host=2 x
        oarsub -p mem=64 -p "mem >= 64" -l "{mem = 64}/host=1+{mem > 64 AND gpu='YES'}/cpu=1,walltime=1" x
        oarsub -l "{type = 'licence'}/resource_id=2+host=1" x
        oarsub -l "{(type='licence')}/resource_id=1" x
        oarsub -l "{host = 'atype=' OR true}" x
        oarsub -l "{(type = 'licence') OR (host = 'big1')}/resource_id=ALL" x
        oarsub -l "{gpu LIKE 'Y%'},walltime=2" x
        oarsub -p "gpu = 'YES'" -l host=2 x
        oarsub -p "host IN ('node1', 'node%', '(')" x
    """,
    "types": """
        oarsub -t besteffort -t idempotent x
        oarsub -t noop
        oarsub -t noop=standby -t state=permissive y
        oarsub -t timesharing=user,* -t allowed=other x
        oarsub -t timesharing=*,name -n a-name x
        oarsub -t timesharing=*,* -t besteffort -p "mem < 100" x
        oarsub -t placeholder=maintenance -t token:matlab=2 x
        oarsub -t cosystem -t postpone='+0:10:00' -t deadline='+1:00:00' -t expire='+2:00:00' x
        oarsub -t deploy=standby -l nodes=1 x
    """,
    "dependency": """
        oarsub -n first x
        oarsub -a job1 x
        oarsub -a job1 -a job2 -l nodes=1 x
        oarsub -a job3 --array 2 x
        oarsub -a job3 -a job2 --array 2 x
        oarsub -a job3 --array 2 -l core=1 -l core=2 x
        oarsub -a job4[2] -a job6[1] x
        oarsub -l core=99 x
        oarsub -a job8 x
    """,
    "array": """
        oarsub --array 5 -l core=1,walltime=0:10:00 'x y'
        oarsub --array 2 -l core=1+host=1/core=2 -t besteffort -t idempotent -n sweep x
        oarsub --array 3 -l core=1 -l core=2 -t noop
        oarsub --array 2 --hold -O '%jobname%.out' -n n x
        oarsub --array 2 -l core=77 x
        oarsub --array 1 x
    """,
    "reservation": """
        oarsub -r '+0:20:00' -l core=1,walltime=1:00:00 x
        oarsub -r '+0:20:00,+1:00:00' -l nodes=1
        oarsub -r '+1 h,+3 h' -l core=1,walltime=0:10:00 -l core=2 x
        oarsub -r '+5 h' --array 2 -t noop
        oarsub -r '+2 h, +4 h' -t timesharing=user,name
    """,
    "container": """
        oarsub -t container -l nodes=2,walltime=3:00:00 x
        oarsub -t inner=job1 -l core=2 x
        oarsub -t container=big -t noop -r '+0:30:00' -l nodes=1
        oarsub -t inner=job3 -r '+0:40:00' -l core=1,walltime=0:10:00 x
        oarsub -t container -t inner=job1 -t noop
    """,
    "queue": """
        oarsub -q default x
        oarsub -q besteffort x
        oarsub -q besteffort -t besteffort x
        oarsub -q special -p 'mem > 0' x
        oarsub -q default -t besteffort x
        oarsub -q special -r '+1:00:00' x
    """,
    "project": """
        oarsub --project default x
        oarsub --project=flood -q special -t noop -n a x
        oarsub --project '' x
    """,
    "name": """
        oarsub -n short x
        oarsub --name 'with blanks & signs; (all)' x
        oarsub -n '' x
        oarsub -n %jobid% -O out.%jobid% -E '%jobname%.%jobid%.err' x
    """,
    "the rest": """
        oarsub --hold x
        oarsub --checkpoint 60 --signal 10 x
        oarsub --notify mail:me@example.org -d /tmp 'sleep 60; echo "done"'
        oarsub --notify "exec:/bin/true a b" -v -d relative "it's \\\\ 100% here"
        oarsub -vl core=2 -n bundled x
        oarsub x --array=2 -l core=1
        oarsub -- x
    """,
}


def scenario(lines: str, conf: str = "") -> Scenario:
    """A scenario of those lines, one every seven seconds, of three users in turn."""
    users = ("alice", "bob", "carol")
    jobs = [
        f"[[job]]\nname = 'job{index}'\nuser = '{users[index % 3]}'\nat = {7 * index}\n"
        f"submit = '''{line.strip()}'''\n"
        for index, line in enumerate(lines.strip().splitlines(), 1)
    ]
    queue = "[[queue]]\nname = 'special'\npriority = 5\n"
    head, cluster, rest = CLUSTER.partition("[cluster]")
    return parse_scenario("\n".join((head, conf, cluster, rest, queue, *jobs)))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_those_of_oarsub(plan_server: PlanServer, kind: str) -> None:
    wanted = scenario(KINDS[kind])
    by_oarsub = plan_server.snapshot(wanted)
    there = tables(plan_server.server.database)
    by_rows = plan_server.snapshot(wanted, by="rows")
    assert differences(there, tables(plan_server.server.database)) == []
    assert by_rows == by_oarsub
    assert len(by_rows.names) >= 3


CHANGES = {
    "a job": "UPDATE jobs SET properties = replace(properties, 'drain', 'DRAIN') WHERE job_id = 2",
    "a text that is not there": "UPDATE jobs SET notify = '' WHERE job_id = 1",
    "a moment": "UPDATE job_state_logs SET date_start = date_start + 1 WHERE job_id = 3",
    "an order": "UPDATE job_resource_descriptions SET res_job_order = 1 WHERE res_job_group_id = 1",
    "a row too few": "DELETE FROM job_types WHERE job_type_id = 1",
    "a row too many": "INSERT INTO job_dependencies (job_id, job_id_required) VALUES (3, 1)",
    "a group": "UPDATE job_resource_groups SET res_group_property = NULL WHERE res_group_id = 1",
    "a walltime": "UPDATE moldable_job_descriptions SET moldable_walltime = 1 WHERE moldable_id = 1",
    "a challenge": "UPDATE challenges SET challenge = 'x' WHERE job_id = 1",
    "a key": "UPDATE challenges SET ssh_public_key = 'x' WHERE job_id = 1",
    "a resource": "UPDATE resources SET scheduler_priority = 1 WHERE resource_id = 1",
    "a sequence": "SELECT nextval('jobs_job_id_seq')",
    "another table": "INSERT INTO event_logs (type) VALUES ('x')",
}


def test_a_difference_is_seen(plan_server: PlanServer) -> None:
    wanted = scenario("oarsub -t noop -n a x\noarsub -l core=2 x\noarsub x")
    plan_server.snapshot(wanted, by="rows")
    before = tables(plan_server.server.database)
    assert differences(before, before) == []
    for what, statement in CHANGES.items():
        with plan_server.server.database.begin() as connection:
            connection.execute(text(statement))
        after = tables(plan_server.server.database)
        assert differences(before, after), what
        before = after


def test_a_mistake_in_the_rows_is_seen(plan_server: PlanServer, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = scenario("oarsub -l core=2 x")
    plan_server.snapshot(wanted)
    there = tables(plan_server.server.database)
    monkeypatch.setattr(job_row, "ADDED_LAST", "drain = 'NO'")
    plan_server.snapshot(wanted, by="rows")
    (found,) = differences(there, tables(plan_server.server.database))
    assert "drain='NO'" in found


COUNT = st.one_of(st.integers(0, 6).map(str), st.sampled_from(["ALL", "BEST", "BESTHALF"]))
LEVELS = st.lists(
    st.sampled_from(["nodes", "host", "cpu", "core", "resource_id"]), min_size=1, max_size=3, unique=True
).flatmap(lambda names: st.tuples(*(COUNT.map(f"{name}={{}}".format) for name in names)).map("/".join))
CONDITION = st.sampled_from(
    ["", "{mem > 100}", "{gpu = 'NO' AND host <> 'node2'}", "{type = 'licence'}", "{core % 2 = 0}"]
)
GROUP = st.tuples(CONDITION, st.sampled_from(["", "/"]), LEVELS).map("".join)
WALLTIME = st.sampled_from(["", ",walltime=1", ",walltime=0:30", ",walltime=2:03:04", ", walltime = 50:00:00 "])
RESOURCES = st.tuples(st.lists(GROUP, min_size=1, max_size=3).map("+".join), WALLTIME).map("".join)
EXTRA = st.sampled_from(
    [
        "-t besteffort",
        "-t noop",
        "-t timesharing=*,*",
        "-n some",
        "-p 'mem < 200'",
        "-q special",
        "--project p",
        "--array 3",
    ]
)


@st.composite
def lines(draw: st.DrawFn) -> str:
    """An ``oarsub`` line of random requests and options."""
    requests = draw(st.lists(RESOURCES, max_size=3))
    extra = draw(st.lists(EXTRA, max_size=3, unique=True))
    return " ".join(["oarsub", *(f'-l "{request}"' for request in requests), *extra, "x"])


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(lines(), min_size=15, max_size=15))
def test_rows_of_any_line_are_those_of_oarsub(plan_server: PlanServer, generated: list[str]) -> None:
    wanted = scenario("\n".join(generated))
    by_oarsub = plan_server.snapshot(wanted)
    there = tables(plan_server.server.database)
    try:
        by_rows = plan_server.snapshot(wanted, by="rows")
    except NotInRows as unknown:
        event(unknown.reason)
        return
    assert differences(there, tables(plan_server.server.database)) == []
    assert by_rows == by_oarsub
