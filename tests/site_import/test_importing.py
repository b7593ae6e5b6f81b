from __future__ import annotations

import gzip
import json
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli import cli
from harness.model.fault import ConfigurationFault, ExitCode
from harness.site.site import Site, load_site
from harness.site_import import table_files
from harness.site_import.copy_text import decode_row
from harness.site_import.import_report import ImportReport, Label
from harness.site_import.importing import Imported, import_site
from harness.site_import.pseudonyms import Pseudonyms
from tests.site_import import dumps
from tests.site_import.dumps import NATIVE, custom, job, plain, resource, tables

KEY = b"k" * 32
PSEUDONYMS = Pseudonyms(KEY)


def write(folder: Path, name: str, content: bytes | str) -> str:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(file)


def imported(folder: Path, *sources: str, keep: bool = False, since: int | None = None) -> Imported:
    return import_site(list(sources), folder / "out", Pseudonyms(KEY, keep=keep), since=since)


def rows(folder: Path, table: str) -> list[dict[str, str | None]]:
    file = folder / "out" / "database" / f"{table}.tsv"
    data = file.read_bytes() if file.exists() else gzip.decompress(file.with_suffix(".tsv.gz").read_bytes())
    head, *lines = data.split(b"\n")[:-1]
    columns = head.decode().split("\t")
    return [dict(zip(columns, decode_row(line), strict=True)) for line in lines]


def entries(report: ImportReport, label: Label, theme: str = "") -> list[str]:
    return [f"{e.what}: {e.why} @ {e.place}" for e in report.entries if e.label is label and theme in ("", e.theme)]


def site_of(folder: Path) -> Site:
    return load_site(folder / "out")


def test_a_site_comes_of_a_dump(tmp_path: Path) -> None:
    resources = [
        *(resource(n) for n in (1, 2, 5, 6, 9)),
        resource(400, type="licence", network_address="", host=None, cpu=None, core=None, gpu="A100", state="Absent"),
        resource(7, state="Suspected", available_upto="0", besteffort="NO"),
    ]
    dump = write(tmp_path, "dump.sql", plain(tables([job(3), job(11, job_user="bob")], resources=resources)))
    done = imported(tmp_path, dump, keep=True)
    assert (done.jobs, done.resources) == (2, 7)
    site = site_of(tmp_path)
    found = {each.id: each for each in site.cluster.resources}
    assert list(found) == [1, 2, 5, 6, 7, 9, 400]
    assert (found[400].type, found[400].node, found[400].state) == ("licence", "", "Absent")
    assert found[400].properties["gpu"] == "A100"
    assert (found[7].state, found[7].available_upto, found[7].properties["besteffort"]) == ("Suspected", 0, "NO")
    assert found[5].properties["core"] == 5
    assert isinstance(found[5].properties["cpuset"], str)
    assert site.cluster.hierarchy == ("host", "cpu", "core")
    assert [(q.name, q.priority, q.scheduler, q.state) for q in site.queues] == [
        ("default", 2, NATIVE, "Active"),
        ("night", -3, NATIVE, "notActive"),
    ]
    assert site.debian == "trixie"
    assert not site.warnings
    assert [row["job_user"] for row in rows(tmp_path, "jobs")] == ["alice", "bob"]


def test_pseudonyms_go_together(tmp_path: Path) -> None:
    rule = (
        "# for alice\nmy %max = (alice => 4, 'bob' => 2); if ($user eq \"bob\" and $queue_name eq 'night') { die }\n"
    )
    content = tables(
        [job(1, properties="host = 'node1.site' AND gpu IN ('A100')"), job(2, job_user="bob", project="physics")],
        admission_rules=[{"id": "7", "priority": "12", "enabled": "NO", "rule": rule}],
        accounting=[
            {
                "window_start": "0",
                "window_stop": "86399",
                "accounting_user": "bob",
                "accounting_project": "physics",
                "queue_name": "default",
                "consumption_type": "USED",
                "consumption": "4000000000",
            }
        ],
    )
    dump = write(tmp_path, "dump.sql", plain(content))
    quotas = "$Gantt_quotas->{'*'}->{'physics'}->{'besteffort'}->{'bob'} = [8, 2, -1];\nsystem('id');\n"
    conf = 'SCHEDULER_FAIRSHARING_USER_TARGETS="{ bob => 75, alice => 25 }"\nSCHEDULER_JOB_SECURITY_TIME="90"\n'
    done = imported(tmp_path, dump, write(tmp_path, "q.conf", quotas), write(tmp_path, "oar.conf", conf))
    site = site_of(tmp_path)
    alice, bob, physics = PSEUDONYMS.user("alice"), PSEUDONYMS.user("bob"), PSEUDONYMS.project("physics")
    host = PSEUDONYMS.host("node1.site")
    assert [row["job_user"] for row in rows(tmp_path, "jobs")] == [alice, bob]
    assert rows(tmp_path, "jobs")[0]["properties"] == f"host = '{host}' AND gpu IN ('{PSEUDONYMS.value('A100')}')"
    assert rows(tmp_path, "accounting")[0]["accounting_user"] == bob
    assert rows(tmp_path, "accounting")[0]["consumption"] == "4000000000"
    assert site.cluster.resources[0].node == site.cluster.resources[0].properties["host"] == host
    (quota,) = site.quotas
    assert (quota.project, quota.type, quota.user, quota.resources) == (physics, "besteffort", bob, 8)
    assert site.conf["SCHEDULER_FAIRSHARING_USER_TARGETS"] == f"{{ {bob} => 75, {alice} => 25 }}"
    assert site.conf["SCHEDULER_JOB_SECURITY_TIME"] == "90"
    assert site.rules is not None
    (found,) = site.rules
    assert (found.number, found.priority, found.enabled) == (7, 12, False)
    assert found.text == (
        f"my %max = ({alice} => 4, '{bob}' => 2); if ($user eq \"{bob}\" and $queue_name eq 'night') {{ die }}\n"
    )
    assert "a statement: it is more Perl than OAR documents, and is not run @ q.conf, line 2" in entries(
        done.report, Label.NOT_SUPPORTED, "quotas"
    )


CANARIES = 200
_KINDS: Sequence[str] = (
    "user{}",
    "User Name {}",
    "{}@mail.example",
    "/home/{}/run.sh",
    "host-{}.grid.example",
    "10.{}.0.1",
    "P4ss-{}!",
    "-----BEGIN RSA PRIVATE KEY-----{}",
    "ssh-rsa AAAA{}= u@h",
    "TOKEN={}",
    "./run --password={} 'x'",
    "<script>{}</script>",
    "'; DROP TABLE jobs; -- {}",
    "$({})`{}`",
    "line\n{}\tline",
    "project_{}",
    "name é {}",
    "{}",
    "LD_PRELOAD=/x/{}.so",
    "https://u:{}@site.example/?q=1",
)


class Canaries:
    """Words of 20 kinds, each with a mark of its own."""

    def __init__(self) -> None:
        self.marks: list[str] = []

    def next(self) -> str:
        mark = f"canary{len(self.marks):04d}x"
        self.marks.append(mark)
        return _KINDS[len(self.marks) % len(_KINDS)].replace("{}", mark)


def _planted(canaries: Canaries) -> dict[str, dumps.Rows]:
    texts = (
        *("initial_request", "job_name", "job_env", "info_type", "message", "scheduler_info", "job_user", "project"),
        *("job_group", "command", "properties", "launching_directory", "notify", "stdout_file", "stderr_file"),
        *("queue_name", "state", "exit_code"),
    )
    jobs = [job(n, **{name: canaries.next()}) for n, name in enumerate(texts * 4, 1)]
    jobs.append(job(99, properties=f"host = '{canaries.next()}' OR gpu LIKE '%{canaries.marks[-1]}%'"))
    content = tables(
        jobs,
        resources=[
            *(resource(n, host=canaries.next(), gpu=canaries.next()) for n in range(1, 9)),
            resource(20, network_address=canaries.next()),
            resource(21, type=canaries.next()),
            resource(22, comment=canaries.next()) if False else resource(22, cpuset="0"),
        ],
        admission_rules=[
            {"id": str(n), "priority": "1", "enabled": "YES", "rule": f"{before}{canaries.next()}{after}"}
            for n, (before, after) in enumerate(
                (("# ", "\n"), ('if ($user eq "', '") {}'), ("@x = qw(", ");")) * 4, 1
            )
        ],
        challenges=[
            {"job_id": str(n), "challenge": canaries.next(), "ssh_private_key": canaries.next()} for n in range(5)
        ],
        event_logs=[
            {
                "event_id": "1",
                "type": canaries.next(),
                "job_id": "1",
                "date": "5",
                "description": canaries.next(),
                "to_check": "NO",
            }
        ],
        event_log_hostnames=[{"event_id": "1", "hostname": canaries.next()}],
        resource_logs=[
            {
                "resource_log_id": str(n),
                "resource_id": "1",
                "attribute": attribute,
                "value": canaries.next(),
                "date_start": "1",
                "date_stop": "2",
                "finaud_decision": "NO",
            }
            for n, attribute in enumerate(("host", "gpu", "network_address", "state", canaries.next()))
        ],
        accounting=[
            {
                "window_start": "0",
                "window_stop": "1",
                "accounting_user": canaries.next(),
                "accounting_project": canaries.next(),
                "queue_name": canaries.next(),
                "consumption_type": canaries.next() if n else "USED",
                "consumption": "1",
            }
            for n in range(2)
        ],
        secrets=[{"password": canaries.next(), "token": canaries.next()}],
        files=[{"file_id": "1", "location": canaries.next()}],
    )
    content["job_types"] = [
        {"job_type_id": str(n), "job_id": "1", "type": kind + canaries.next(), "types_index": "LOG"}
        for n, kind in enumerate(("", "container=", "timesharing=", "postpone=", "token:x=", "mine=", "inner="), 1)
    ]
    content["job_resource_descriptions"] = [
        {
            "res_job_group_id": "1",
            "res_job_resource_type": canaries.next(),
            "res_job_value": "1",
            "res_job_order": "0",
            "res_job_index": "LOG",
        }
    ]
    content["queues"] = [
        *tables()["queues"],
        {"queue_name": canaries.next() + " ", "priority": "1", "scheduler_policy": NATIVE, "state": "Active"},
        {"queue_name": "q", "priority": "1", "scheduler_policy": canaries.next() + " ", "state": "Active"},
    ]
    return content


def _copied(canaries: Canaries) -> bytes:
    return plain(_planted(canaries), extra=f"-- {canaries.next()}\n")


def _inserted(canaries: Canaries) -> bytes:
    return plain(_planted(canaries), inserts=True, extra=f"COMMENT ON TABLE x IS '{canaries.next()}';\n")


def _custom(canaries: Canaries) -> bytes:
    return custom(_planted(canaries))


@pytest.mark.parametrize("made", [_copied, _inserted, _custom])
def test_nothing_planted_leaves(tmp_path: Path, made: Callable[[Canaries], bytes]) -> None:
    canaries = Canaries()
    dump = write(tmp_path, "dump.sql", made(canaries))
    keys = (
        *("DB_BASE_PASSWD", "DB_BASE_PASSWD_RO", "DB_HOSTNAME", "DB_BASE_LOGIN", "SERVER_HOSTNAME", "MAIL_RECIPIENT"),
        *("MAIL_SENDER", "LOG_FILE", "API_SECRET_KEY", "OPENSSH_CMD", "PROLOGUE_EXEC_FILE", "PINGCHECKER_X"),
        *("SCHEDULER_TOKEN_SCRIPTS", "SCHEDULER_NODE_MANAGER_SLEEP_CMD", "MY_PASSWORD", "OARSUB_DEFAULT_RESOURCES"),
        *("SCHEDULER_RESOURCE_ORDER", "HIERARCHY_LABELS", "META_SCHED_CMD", "INSTANCE_NAME", "JOB_PRIORITY"),
        *("SCHEDULER_FAIRSHARING_USER_TARGETS", "WALLTIME_ALLOWED_USERS_TO_FORCE", "ENERGY_SAVING_NODES_KEEPALIVE"),
    )
    conf = [f"# {canaries.next()}", *(f'{key}="{canaries.next()}"' for key in keys)]
    conf += [f'SCHEDULER_FAIRSHARING_PROJECT_TARGETS="{{ {canaries.marks[3]} => 75 }}"', f"X{canaries.marks[5]}=1"]
    quotas = "".join(
        f"$Gantt_quotas->{{'*'}}->{{'{a}'}}->{{'{b}'}}->{{'{c}'}} = [1, 1, 1];\n"
        for a, b, c in zip(*[(canaries.next() for _ in range(30))] * 3, strict=True)
    )
    oar3 = {
        "quotas": {f"*,{canaries.next()},{canaries.next()},{canaries.next()}": ["0.5*ALL", -1, canaries.next()]},
        "periodical": [["08:00-19:00 mon-wed * *", canaries.next(), canaries.next()]],
        canaries.next(): {canaries.next(): [1, 2, 3]},
        "job_types": [canaries.next()],
    }
    while len(canaries.marks) < CANARIES:
        quotas += f"# {canaries.next()}\n"
    done = imported(
        tmp_path,
        dump,
        write(tmp_path, "oar.conf", "\n".join(conf)),
        write(tmp_path, "quotas.conf", quotas),
        write(tmp_path, "quotas.json", json.dumps(oar3)),
    )
    assert len(set(canaries.marks)) >= CANARIES
    assert done.jobs
    _check_written(tmp_path)


def _check_written(folder: Path) -> None:
    """Nothing that was planted is in a name or a byte of what was written, and it is a site."""
    for file in (folder / "out").rglob("*"):
        assert "canary" not in str(file.relative_to(folder)).lower()
        if file.is_file():
            data = file.read_bytes()
            text = gzip.decompress(data) if file.suffix == ".gz" else data
            found = re.findall(rb".{0,40}canary.{0,20}", text, re.I)
            assert not found, f"{file.name}: {found[:3]}"
    site_of(folder)


_TEXTS = (
    *(
        "owner",
        "job_user",
        "name",
        "project",
        "command",
        "launchingDirectory",
        "properties",
        "message",
        "stdout_file",
    ),
    *("stderr_file", "initial_request", "wanted_resources", "queue", "state", "cpuset_name", "jobType", "comment"),
)


def _printed_jobs(canaries: Canaries) -> list[dict[str, object]]:
    jobs: list[dict[str, object]] = []
    for number, name in enumerate(_TEXTS * 6, 1):
        job: dict[str, object] = {"Job_Id": number, "owner": "alice", "state": "Waiting", "queue": "default"}
        job["wanted_resources"] = f"-l \"{{host = '{canaries.next()}'}}/core=1,walltime=1:0:0\" "
        job |= {"types": [canaries.next()], "dependencies": [canaries.next()] if number % 9 == 0 else []}
        jobs.append({**job, name: canaries.next()})
    return jobs


def _printed_nodes(canaries: Canaries) -> list[dict[str, object]]:
    return [
        {
            "resource_id": number,
            "network_address": "n1" if number % 3 else canaries.next(),
            "state": "Alive",
            "type": "default",
            "host": canaries.next().replace(", ", " "),
            "gpu": canaries.next(),
            "core": number,
        }
        for number in range(1, 8)
    ]


def _as_json(entries: list[dict[str, object]], key: str) -> str:
    return json.dumps({str(entry[key]): entry for entry in entries})


def _as_items(entries: list[dict[str, object]], key: str) -> str:
    return json.dumps({"items": [{**entry, "id": entry[key]} for entry in entries], "total": len(entries)})


def _as_yaml(entries: list[dict[str, object]], key: str) -> str:
    lines = ["---"]
    for entry in entries:
        lines.append(f"{entry[key]}:")
        for name, value in entry.items():
            listed = isinstance(value, list)
            lines.append(f"  {name}:" if listed else f"  {name}: {json.dumps(value)}")
            lines += [f"    - {json.dumps(each)}" for each in value] if isinstance(value, list) else []
    return "\n".join(lines) + "\n"


def _as_text(entries: list[dict[str, object]], key: str) -> str:
    parts = []
    for entry in entries:
        if key == "Job_Id":
            words = {n: "+".join(v) if isinstance(v, list) else str(v).replace("\n", " ") for n, v in entry.items()}
            parts.append(f"Job_Id: {entry[key]}\n" + "".join(f"    {n} = {v}\n" for n, v in words.items()))
        else:
            own = ", ".join(f"{name}={value}" for name, value in entry.items())
            parts.append(
                f"network_address: {entry['network_address']}\nresource_id: {entry[key]}\nproperties: {own}\n"
            )
    return "\n".join(parts)


@pytest.mark.parametrize("form", [_as_json, _as_items, _as_yaml, _as_text])
def test_nothing_planted_where_it_is_printed_leaves(
    tmp_path: Path, form: Callable[[list[dict[str, object]], str], str]
) -> None:
    canaries = Canaries()
    nodes = write(tmp_path, "nodes", form(_printed_nodes(canaries), "resource_id"))
    jobs = write(tmp_path, "jobs", form(_printed_jobs(canaries), "Job_Id"))
    rules = tmp_path / "rules"
    for number in range(10):
        write(
            rules,
            f"{number:03d}-{canaries.next().translate({47: None, 10: None})}.pl",
            f"die('{canaries.next()}');\n",
        )
    assert len(canaries.marks) >= CANARIES
    done = imported(tmp_path, nodes, jobs, str(rules))
    assert done.jobs > 20
    _check_written(tmp_path)


def test_kept_names_keep_no_secrets(tmp_path: Path) -> None:
    rule = "my $d = DBI->connect('dbi:Pg:x', 'alice', 'canary1x'); my %c = (password => 'canary2x');\n"
    content = tables(
        [job(1, command="mysql -pcanary3x", job_env="A=canary4x", message="canary5x")],
        admission_rules=[{"id": "1", "priority": "1", "enabled": "YES", "rule": rule}],
        challenges=[{"job_id": "1", "challenge": "canary6x"}],
    )
    conf = write(tmp_path, "oar.conf", 'DB_BASE_PASSWD="canary7x"\nAPI_SECRET_KEY="canary8x"\n')
    imported(tmp_path, write(tmp_path, "dump.sql", plain(content)), conf, keep=True)
    assert rows(tmp_path, "jobs")[0]["job_user"] == "alice"
    for file in (tmp_path / "out").rglob("*.*"):
        assert file.is_dir() or b"canary" not in file.read_bytes(), file


def test_the_same_sources_make_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "LARGE", 500)
    dump = write(tmp_path, "dump.sql", plain(tables([job(n) for n in range(1, 40)])))
    made = []
    for name in ("a", "b"):
        import_site([dump], tmp_path / name, Pseudonyms(KEY))
        files = sorted(file for file in (tmp_path / name).rglob("*") if file.is_file())
        made.append({file.relative_to(tmp_path / name): file.read_bytes() for file in files})
    assert made[0] == made[1]
    assert Path("database/jobs.tsv.gz") in made[0]


def test_only_jobs_since(tmp_path: Path) -> None:
    jobs = [
        job(1, stop_time="100", submission_time="50"),
        job(2, stop_time="500", submission_time="50"),
        job(3, state="Waiting", submission_time="10", stop_time="0"),
    ]
    dump = write(tmp_path, "dump.sql", plain(tables(jobs)))
    done = imported(tmp_path, dump, since=400)
    assert done.jobs == 2
    for table, column in (
        ("moldable_job_descriptions", "moldable_id"),
        ("job_resource_descriptions", "res_job_group_id"),
    ):
        assert [row[column] for row in rows(tmp_path, table)] == ["2", "3"]
    assert "1 rows of jobs: their jobs ended before --since @ dump.sql" in entries(done.report, Label.NOT_SUPPORTED)


def test_rows_that_are_none_are_named(tmp_path: Path) -> None:
    content = tables([job(1), job(2, state="Sleeping"), job(3, submission_time="soon")])
    content["resources"] = [*content["resources"], resource(7, resource_id="x"), resource(1)]
    done = imported(tmp_path, write(tmp_path, "dump.sql", plain(content)))
    assert done.jobs == 1
    left = entries(done.report, Label.NOT_SUPPORTED)
    assert sum("a field does not hold what belongs there @ dump.sql, table jobs, line" in each for each in left) == 2
    assert any("its resource_id is no number of a resource" in each for each in left)
    assert any("resource 1 again: its number is there already" in each for each in left)


def test_a_torn_dump_is_usable_and_told(tmp_path: Path) -> None:
    content = tables([job(1), job(2)])
    content["walltime_change"] = [{"job_id": "1", "pending": "0"}]
    whole = plain(content)
    torn = whole[: whole.index(b"COPY public.walltime_change") + 59]
    done = imported(tmp_path, write(tmp_path, "dump.sql", torn))
    assert done.jobs == 2
    assert any(
        "it breaks off within the table walltime_change" in each for each in entries(done.report, Label.APPROXIMATED)
    )


def test_a_torn_table_of_its_own_is_not_named(tmp_path: Path) -> None:
    whole = plain(tables([job(1)], zz_canary=[{"a": "1"}, {"a": "2"}]))
    torn = whole[: whole.index(b"COPY public.zz_canary") + 44]
    done = imported(tmp_path, write(tmp_path, "dump.sql", torn))
    (told,) = (each for each in entries(done.report, Label.APPROXIMATED) if "breaks off" in each)
    assert "within a table of its own, at line" in told
    _check_written(tmp_path)


MYSQL = "-- MySQL dump 10.13  Distrib 8.0\n/*!40101 SET NAMES utf8 */;\nINSERT INTO `jobs` VALUES (1);\n"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("my.sql", MYSQL, "this is a dump of MySQL or MariaDB, and only those of PostgreSQL are read"),
        ("my.gz", gzip.compress(MYSQL.encode()), "this is a dump of MySQL or MariaDB"),
        ("x.xz", b"\xfd7zXZ\0rest", "it is packed by xz"),
        ("x", b"\x7fELF", "this is nothing that is known"),
        ("x.tar", b"\0" * 257 + b"ustar" + b"\0" * 200, "a tar archive"),
        ("empty", b"", "this is nothing that is known"),
        ("c.dump", b"PGDMP\x01\x20\0\x04\x08\x01", "a dump of version 1.32"),
        ("d.dump", b"PGDMP\x01\x0e\0\x04\x08\x01", "no source has resources"),
        ("other.sql", plain({"films": [{"title": "x"}]}), "no source has resources"),
    ],
)
def test_what_is_none_of_oars_is_one_line(tmp_path: Path, name: str, content: bytes | str, words: str) -> None:
    file = write(tmp_path, name, content)
    done = CliRunner().invoke(
        cli, ["import-site", file, "--out", str(tmp_path / "out"), "--key", str(tmp_path / "key")]
    )
    assert isinstance(done.exception, ConfigurationFault)
    assert done.exception.exit_code is ExitCode.CONFIGURATION
    assert words in str(done.exception)
    assert "\n" not in str(done.exception)
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    dump = write(tmp_path, "dump.sql", plain(tables()))
    write(tmp_path / "out", "mine.txt", "x")
    with pytest.raises(ConfigurationFault, match="it is there already"):
        imported(tmp_path, dump)
    assert (tmp_path / "out" / "mine.txt").read_text() == "x"


def test_hostile_names_stay_data(tmp_path: Path) -> None:
    names = [
        "O'Hara",
        "a\nb",
        "<b>&",
        "'; DROP TABLE jobs; --",
        "$(id)`id`",
        "tab\there",
        "back\\slash\\N",
        "é",
        "\\.",
    ]
    dump = write(tmp_path, "dump.sql", plain(tables([job(n, job_name=name) for n, name in enumerate(names, 1)])))
    imported(tmp_path, dump, keep=True)
    assert [row["job_name"] for row in rows(tmp_path, "jobs")] == names


def test_the_command_says_what_became_of_it(tmp_path: Path) -> None:
    dump = write(tmp_path, "dump.sql", plain(tables([job(1)])))
    key, out = tmp_path / "key", tmp_path / "out"
    done = CliRunner().invoke(
        cli, ["import-site", dump, "--out", str(out), "--key", str(key), "--since", "2020-01-01"]
    )
    assert done.exit_code == 0, done.output
    assert "6 resources, 1 jobs" in done.output
    content = json.loads((out / "import.json").read_text())
    assert content["schema"] == "oar-compat-import/1"
    assert {entry["label"] for entry in content["entries"]} <= {"taken", "approximated", "not supported"}
    assert (out / "import.md").read_text().startswith("# Import\n")


_WHOLE = (
    ("dump.sql", plain(tables([job(1, properties="host LIKE 'n%'"), job(2, job_name="a\tb")]))),
    ("dump.custom", custom(tables([job(1)]))),
    ("nodes.json", json.dumps([resource(1), resource(2)]).encode()),
    ("jobs.yaml", b"---\n7:\n  Job_Id: 7\n  owner: alice\n  types:\n    - noop\n"),
    ("oar.conf", b'SCHEDULER_JOB_SECURITY_TIME="60"\nSCHEDULER_FAIRSHARING_USER_TARGETS="{ a => 1, b => 2 }"\n'),
    ("quotas.conf", b"$Gantt_quotas->{'*'}->{'p'}->{'*'}->{'u'} = [1, 2, 3];\n"),
    ("quotas.json", b'{"quotas": {"*,p,*,u": ["0.5*ALL", 1, 2]}, "periodical": [["08:00-19:00 mon", "quotas"]]}'),
)
_DAMAGE = st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 8), st.binary(max_size=8)), max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(_WHOLE), _DAMAGE), min_size=1, max_size=3, unique_by=lambda each: each[0][0])
)
def test_damage_is_one_line_or_told(given_: list[tuple[tuple[str, bytes], list[tuple[int, int, bytes]]]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = []
        for (file, data), damages in given_:
            for at, gone, more in damages:
                place = at % (len(data) + 1)
                data = data[:place] + more + data[place + gone :]
            files.append(write(folder, file, data))
        try:
            imported(folder, *files)
        except ConfigurationFault as fault:
            told = str(fault)
            assert "\n" not in told
            assert not (folder / "out").exists()
        else:
            site_of(folder)
