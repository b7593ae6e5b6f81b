"""From a real server and back: jobs of real oarsub, pg_dump, import, and into a lane again."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from harness.engine.lane import Lane
from harness.model.fault import MachineFault
from harness.oar2 import conf
from harness.oar2.database_clones import clone, drop
from harness.oar2.scenario_setup import set_tables
from harness.oar2.server import Oar2Server
from harness.oar2.submit import submit
from harness.run.environment import Provisioner
from harness.site.site import load_site
from harness.site_import.importing import import_site
from harness.site_import.lane_tables import load_tables
from harness.site_import.pseudonyms import Pseudonyms
from harness.workload.admission_rules import are_usual
from harness.workload.cluster_files import parse_cluster_file
from harness.workload.scenario import Scenario

pytestmark = pytest.mark.engine

KEY = b"k" * 32
CLUSTER = """
hierarchy = ["switch", "host", "cpu", "core"]
[[node]]
name = "big"
count = 2
cpus = 2
cores = 2
properties = { switch = "sw1", mem = 128, gpu_model = "A100" }
[[node]]
name = "small"
count = 3
cores = 4
properties = { switch = "sw2", mem = 32 }
[[resource]]
id = 101
type = "licence"
count = 3
properties = { licence = "matlab" }
"""
JOBS = (
    (
        "alice",
        ["-l", "/switch=1/host=2/core=1,walltime=0:10:0", "-p", "mem>=32 AND host LIKE 'big%'", "--project", "p1"],
    ),
    ("alice", ["-l", "host=1,walltime=1", "-n", "<b>$x&"]),
    ("bob", ["-t", "besteffort", "-l", "core=3,walltime=0:0:20"]),
    ("bob", ["-l", "core=1,walltime=0:0:5", "--array", "3"]),
    ("carol", ["-l", "{type='licence'}/resource_id=2+/host=1,walltime=2"]),
    ("carol", ["-l", "host=5,walltime=10", "-p", "gpu_model = 'A100' OR switch IN ('sw2', 'sw1')"]),
    ("alice", ["-t", "container", "-l", "host=2,walltime=3", "-l", "core=1,walltime=9"]),
    ("bob", ["-a", "1", "-l", "core=1"]),
    ("alice", ["--hold", "-l", "core=1", "--notify", "mail:alice@mail.example"]),
)


@pytest.fixture(scope="module", params=["trixie", "bookworm"])
def busy(request: pytest.FixtureRequest) -> Iterator[Lane]:
    """A server with jobs that ended, run, wait, are held and reserved; ``oar_empty`` is its database before."""
    with Provisioner(request.param, lambda _: None) as provisioner, provisioner.lane("import") as lane:
        server = Oar2Server(lane)
        clone(server, "oar", "oar_empty")
        server.populate(parse_cluster_file(CLUSTER, "cluster"))
        server.users(["alice", "bob", "carol"])
        server.oarnotify("--add-queue", "night,5,oar_sched_gantt_with_timesharing")
        server.oarnotify("-d", "night")
        for user, options in JOBS:
            submit(server, user, ["oarsub", "-t", "noop", *options, "/bin/sleep 'x y'"])
        reservation = ["oarsub", "-r", "2037-01-01 10:00:00", "-t", "noop", "-l", "host=1", "sleep 1"]
        submit(server, "bob", reservation, reservation=True)
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and not _ended(server):
            time.sleep(1)
        server.container.run("oaraccounting", check=False)
        server.stop()
        server.database.dispose()
        yield lane


def _ended(server: Oar2Server) -> bool:
    with server.database.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM jobs WHERE state = 'Terminated'")))


def _dump(lane: Lane, name: str, database: str, *options: str) -> bytes:
    command = (
        f"pg_dump -h /var/run/postgresql -U postgres {' '.join(options)} {database} > /tmp/{name}; base64 /tmp/{name}"
    )
    return base64.b64decode(lane.postgres.run("sh", "-c", command).stdout)


def _tables(folder: Path) -> dict[str, list[str]]:
    found = {}
    for file in (folder / "database").iterdir():
        head, *rows = file.read_text().splitlines()
        found[file.name] = [head, *sorted(rows)]
    return found


@pytest.mark.parametrize("options", [(), ("-Fc",), ("--column-inserts",)], ids=["plain", "custom", "inserts"])
def test_there_and_back(busy: Lane, tmp_path: Path, options: tuple[str, ...]) -> None:
    server = Oar2Server(busy)
    dump = tmp_path / "oar.dump"
    dump.write_bytes(_dump(busy, "there", "oar", *options))
    (tmp_path / "oar.conf").write_text(server.container.read(conf.PATH))
    first = tmp_path / "first"
    done = import_site([str(dump), str(tmp_path / "oar.conf")], first, Pseudonyms(KEY))
    assert done.jobs == 12
    site = load_site(first)
    assert site.cluster.hierarchy == ("switch", "host", "cpu", "core")
    assert [queue.state for queue in site.queues if queue.name == "night"] == ["notActive"]
    assert busy.passwords.oar not in (first / "oar.conf").read_text()
    for name in ("alice", "<b>", "A100", "sw1", "big1", "matlab", "mail.example"):
        for file in first.rglob("*"):
            assert file.is_dir() or name not in file.read_text(), f"{name} in {file}"

    # The rows as they came back: what is a pseudonym already is kept.
    drop(server, "oar_back")
    clone(server, "oar_empty", "oar_back")
    back = server.database_named("oar_back")
    with back.begin() as connection:
        set_tables(connection, Scenario("back", site.cluster, (), queues=site.queues, rules=site.rules))
    counts = load_tables(server, first, "oar_back")
    back.dispose()
    assert counts["jobs"] == 12
    (tmp_path / "back.dump").write_bytes(_dump(busy, "back", "oar_back", *options))
    second = tmp_path / "second"
    import_site([str(tmp_path / "back.dump"), str(tmp_path / "oar.conf")], second, Pseudonyms(KEY, keep=True))
    again = load_site(second)
    mine, theirs = _tables(first), _tables(second)
    for table in (mine, theirs):  # a command is never kept
        head, *jobs = table.pop("jobs.tsv")
        hidden = [place for place, name in enumerate(head.split("\t")) if name in ("command", "launching_directory")]
        rows = [[f for place, f in enumerate(job.split("\t")) if place not in hidden] for job in jobs]
        table["jobs.tsv"] = sorted("\t".join(row) for row in rows)
    assert mine == theirs
    assert again.cluster == site.cluster
    assert again.queues == site.queues
    assert again.rules == site.rules


def test_a_connection_gives_what_a_dump_gives(busy: Lane, tmp_path: Path) -> None:
    dump = tmp_path / "oar.dump"
    dump.write_bytes(_dump(busy, "there", "oar"))
    import_site([str(dump)], tmp_path / "first", Pseudonyms(KEY))
    address = f"postgresql://oar_ro:{busy.passwords.oar_ro}@127.0.0.1:{busy.database_port}/oar"
    import_site([address], tmp_path / "second", Pseudonyms(KEY))
    assert _tables(tmp_path / "first") == _tables(tmp_path / "second")
    for name in ("resources.tsv", "site.toml"):
        assert (tmp_path / "first" / name).read_text() == (tmp_path / "second" / name).read_text()
    assert busy.passwords.oar_ro not in (tmp_path / "second" / "import.json").read_text()
    with pytest.raises(MachineFault, match="PostgreSQL says"):
        import_site([address.replace("oar_ro:", "oar_ro:x")], tmp_path / "third", Pseudonyms(KEY))


_PLANTED = (
    *(
        f"UPDATE jobs SET {column} = 'canary-{column}-' || job_id"
        for column in (
            *("job_name", "job_env", "message", "scheduler_info", "project", "job_group", "command", "notify"),
            *("launching_directory", "stdout_file", "stderr_file", "initial_request", "info_type", "job_user"),
        )
    ),
    "UPDATE jobs SET properties = 'gpu_model = ''canary-' || job_id || ''''",
    "UPDATE challenges SET challenge = 'canary1', ssh_private_key = 'canary2', ssh_public_key = 'canary3'",
    "UPDATE resources SET host = 'canary-host' || resource_id, gpu_model = 'canary', network_address = 'canary-n'",
    "UPDATE resource_logs SET value = 'canary-' || resource_log_id",
    "UPDATE event_logs SET description = 'canary-' || event_id",
    "INSERT INTO event_log_hostnames SELECT event_id, 'canary-' || event_id FROM event_logs",
    "UPDATE accounting SET accounting_user = 'canary-' || accounting_user, accounting_project = 'canary-p'",
    "UPDATE job_types SET type = 'canary-' || job_type_id",
    "INSERT INTO files (location) VALUES ('canary')",
    "INSERT INTO admission_rules (priority, rule) VALUES (99, '#canary' || chr(10) || 'die if $user eq ''canary'';')",
    "CREATE TABLE passwords (password text)",
    "INSERT INTO passwords VALUES ('canary')",
)


def test_nothing_planted_in_a_database_leaves(busy: Lane, tmp_path: Path) -> None:
    server = Oar2Server(busy)
    drop(server, "oar_planted")
    clone(server, "oar", "oar_planted")
    planted = server.database_named("oar_planted")
    with planted.begin() as connection:
        for statement in _PLANTED:
            connection.exec_driver_sql(statement)
    planted.dispose()
    address = f"postgresql://oar:{busy.passwords.oar}@127.0.0.1:{busy.database_port}/oar_planted"
    (tmp_path / "planted.dump").write_bytes(_dump(busy, "planted", "oar_planted", "-Fc"))
    for number, source in enumerate((address, str(tmp_path / "planted.dump"))):
        out = tmp_path / f"site-{number}"
        assert import_site([source], out, Pseudonyms(KEY)).jobs == 12
        for file in out.rglob("*"):
            assert "canary" not in file.name
            assert file.is_dir() or "canary" not in file.read_text(), file
            assert file.is_dir() or busy.passwords.oar not in file.read_text(), file
        load_site(out)


@pytest.mark.parametrize(("nodes", "jobs"), [("-J", "-fJ"), ("-Y", "-fY"), ("", "-f")], ids=["json", "yaml", "plain"])
def test_what_is_printed_gives_the_same_requests(busy: Lane, tmp_path: Path, nodes: str, jobs: str) -> None:
    server = Oar2Server(busy)
    dump = tmp_path / "oar.dump"
    dump.write_bytes(_dump(busy, "there", "oar"))
    import_site([str(dump)], tmp_path / "first", Pseudonyms(KEY))
    (tmp_path / "nodes").write_text(server.container.run("oarnodes", *nodes.split()).stdout)
    (tmp_path / "jobs").write_text(server.container.run("oarstat", *jobs.split()).stdout)
    import_site([str(tmp_path / "nodes"), str(tmp_path / "jobs")], tmp_path / "second", Pseudonyms(KEY))
    first, second = (load_site(tmp_path / name).cluster for name in ("first", "second"))
    assert {each.id: each.properties["host"] for each in first.resources} == {
        each.id: each.properties["host"] for each in second.resources
    }
    if nodes:
        assert [(r.id, r.node, r.type, r.state) for r in first.resources] == [
            (r.id, r.node, r.type, r.state) for r in second.resources
        ]
        assert [r.properties["mem"] for r in first.resources] == [r.properties["mem"] for r in second.resources]
    asked = [_asked(tmp_path / name) for name in ("first", "second")]
    assert asked[1]
    assert asked[1] == {job: what for job, what in asked[0].items() if job in asked[1]}


def _asked(folder: Path) -> dict[str, list[object]]:
    """What each job of a site asks for: user, types, alternatives with their groups and levels."""
    tables = {name: _dicts(folder, name) for name in ("jobs", "moldable_job_descriptions", "job_resource_groups")}
    levels, types = _dicts(folder, "job_resource_descriptions"), _dicts(folder, "job_types")
    found: dict[str, list[object]] = {}
    for job in tables["jobs"]:
        number = job["job_id"]
        kinds = sorted(each["type"] for each in types if each["job_id"] == number)
        found[number] = [job["job_user"], job["project"], job["queue_name"], job["properties"], kinds]
        for moldable in tables["moldable_job_descriptions"]:
            if moldable["moldable_job_id"] != number:
                continue
            found[number].append(moldable["moldable_walltime"])
            for group in tables["job_resource_groups"]:
                if group["res_group_moldable_id"] == moldable["moldable_id"]:
                    mine = [each for each in levels if each["res_job_group_id"] == group["res_group_id"]]
                    mine.sort(key=lambda each: each["res_job_order"])
                    asks = [(each["res_job_resource_type"], each["res_job_value"]) for each in mine]
                    found[number].append((group["res_group_property"], asks))
    return found


def _dicts(folder: Path, table: str) -> list[dict[str, str]]:
    head, *rows = (folder / "database" / f"{table}.tsv").read_text().splitlines()
    return [dict(zip(head.split("\t"), row.split("\t"), strict=True)) for row in rows]


def test_the_queue_is_planned_as_it_stands(busy: Lane, tmp_path: Path) -> None:
    server = Oar2Server(busy)
    (tmp_path / "oar.dump").write_bytes(_dump(busy, "plan", "oar", "-Fc"))
    import_site([str(tmp_path / "oar.dump")], tmp_path / "site", Pseudonyms(KEY))
    site = load_site(tmp_path / "site")
    drop(server, "oar_plan")
    clone(server, "oar_empty", "oar_plan")
    database = server.database_named("oar_plan")
    with database.begin() as connection:
        set_tables(connection, Scenario("plan", site.cluster, (), queues=site.queues, rules=site.rules))
    load_tables(server, tmp_path / "site", "oar_plan")
    text_of_conf = conf.set_keys(server.container.read(conf.PATH), {"DB_BASE_NAME": "oar_plan"})
    server.container.put("/tmp/plan.conf", text_of_conf, owner="oar")
    environment = {"OARDIR": "/usr/lib/oar", "OARCONFFILE": "/tmp/plan.conf", "OARDO_USER": "oar", "USER": "oar"}
    done = server.container.run("/usr/lib/oar/oar_meta_sched", user="oar", environment=environment, check=False)
    with database.connect() as connection:
        planned = connection.execute(
            text(
                "SELECT j.job_id FROM jobs j JOIN moldable_job_descriptions m ON m.moldable_job_id = j.job_id"
                " JOIN gantt_jobs_predictions p ON p.moldable_job_id = m.moldable_id"
                " WHERE j.state IN ('Waiting', 'toLaunch', 'Running')"
            )
        ).fetchall()
        waiting = connection.scalar(text("SELECT count(*) FROM jobs WHERE state = 'Waiting'"))
    database.dispose()
    assert waiting
    assert len(planned) >= 5, done.output


def test_the_rules_of_a_fresh_server_are_known(busy: Lane, tmp_path: Path) -> None:
    (tmp_path / "oar.dump").write_bytes(_dump(busy, "rules", "oar"))
    import_site([str(tmp_path / "oar.dump")], tmp_path / "site", Pseudonyms(KEY))
    rules = load_site(tmp_path / "site").rules
    assert rules
    assert are_usual(rules)
    assert not are_usual(rules[1:])
    assert not are_usual([replace(rule, enabled=True) for rule in rules])
