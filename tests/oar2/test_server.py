"""The Almighty, oar.conf, queues and submissions of a real server."""

from __future__ import annotations

import io
import re
import shlex
import tarfile
from collections.abc import Mapping

import pytest
from hypothesis import given, seed, settings
from sqlalchemy import select

from harness.model.job import ALL, Level
from harness.oar2 import conf
from harness.oar2 import database as db
from harness.oar2.read_jobs import read_jobs
from harness.oar2.server import LOG, PID_FILE, Oar2Server
from harness.oar2.submit import job_names, submit
from tests.oar2.test_conf import TEXTS
from tests.servers import wait_for

pytestmark = pytest.mark.engine

KEY = re.compile("[A-Z][A-Z0-9_]*")
READ_BY_OAR = r"""
use OAR::Conf qw(init_conf get_conf_list);
init_conf($ARGV[0]);
my $all = get_conf_list();
print "$_\0$all->{$_}\0" foreach sort keys %$all;
"""


def job(server: Oar2Server, user: str, line: str) -> int:
    """Submit one job that is to be accepted."""
    done = submit(server, user, shlex.split(line))
    assert done.exit_code == 0, done.output
    assert done.refusal == ""
    (number,) = done.ids
    return number


def pid(server: Oar2Server) -> str:
    return server.container.run("cat", PID_FILE).stdout


def test_the_almighty_is_restarted_stopped_and_started(server: Oar2Server) -> None:
    assert server.alive()
    first = pid(server)
    server.restart()
    assert server.alive()
    assert pid(server) != first
    server.stop()
    assert not server.alive()
    gone = server.container.run("pgrep", "-f", "[A]lmighty", check=False)
    assert gone.stdout == "", "none of its processes is left"
    server.stop()
    server.restart()
    assert server.alive()


def test_keys_of_oar_conf_change_and_nothing_else_does(server: Oar2Server) -> None:
    ownership = ("stat", "-c", "%U:%G %a %i", conf.PATH)
    before, owner = server.container.read(conf.PATH), server.container.run(*ownership).stdout
    assert owner.startswith("oar:"), "it holds the database's password"
    server.set_conf({"SCHEDULER_TIMEOUT": "31", "NEW_KEY": "a 'b'"})
    after = server.container.read(conf.PATH)
    assert server.container.run(*ownership).stdout == owner
    changed = set(after.splitlines()) ^ set(before.splitlines())
    assert changed == {'SCHEDULER_TIMEOUT="30"', 'SCHEDULER_TIMEOUT="31"', "NEW_KEY=\"a 'b'\""}
    assert server.conf()["NEW_KEY"] == "a 'b'"
    server.set_conf({"SCHEDULER_TIMEOUT": "30", "NEW_KEY": None})
    assert server.container.read(conf.PATH) == before
    assert server.container.run("sh", "-c", "ls /run/oar-compat*", check=False).stdout.count("oar-compat.conf") == 0


def test_oar_conf_is_read_as_oar_itself_reads_it(server: Oar2Server) -> None:
    folder = "/tmp/conf"
    server.container.run("mkdir", "-p", folder)
    texts: list[str] = []

    @settings(max_examples=80, database=None)
    @seed(20261122)
    @given(TEXTS)
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    server.container.put_tar(folder, tar({str(number): text for number, text in enumerate(texts)}))
    numbers = " ".join(str(number) for number in range(len(texts)))
    script = f"for n in {numbers}; do perl -e \"$1\" {folder}/$n; printf '\\001'; done"
    answers = server.container.run("sh", "-c", script, "sh", READ_BY_OAR).stdout.split("\x01")[:-1]
    for text, answer in zip(texts, answers, strict=True):
        parts = answer.split("\0")[:-1]
        theirs = {key: value.rstrip() for key, value in zip(parts[::2], parts[1::2], strict=True)}
        ours = {key: value.rstrip() for key, value in conf.read_keys(text).items()}
        assert ours == {key: value for key, value in theirs.items() if key in ours or KEY.fullmatch(key)}, text


def tar(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_a_queue_gets_another_scheduler_and_keeps_all_else(server: Oar2Server) -> None:
    before = server.queues()
    assert [queue.name for queue in before] == ["admin", "default", "besteffort"], "by falling priority"
    queue = before[1]
    server.set_scheduler(queue, "oar_sched_gantt_with_timesharing")
    changed = server.queues()
    assert changed[1].scheduler == "oar_sched_gantt_with_timesharing"
    assert changed[1].priority == queue.priority
    assert changed[1].state == "Active"
    server.set_scheduler(queue, queue.scheduler)
    assert server.queues() == before
    server.oarnotify("-d", queue.name)
    try:
        closed = server.queues()[1]
        server.set_scheduler(closed, "oar_sched_gantt_with_timesharing")
        assert server.queues()[1].state == "notActive"
        server.set_scheduler(closed, queue.scheduler)
    finally:
        server.oarnotify("-e", queue.name)
    assert server.queues() == before


def test_the_log_is_read_on_from_a_mark(server: Oar2Server) -> None:
    mark = server.log_size()
    server.container.run("sh", "-c", f"printf 'first\\nsecond\\n' >> {LOG}")
    before, written, _ = server.log(mark).partition("first\nsecond\n")  # the Almighty writes when it likes
    assert written
    assert server.log(mark + len(before.encode()) + 6).startswith("second\n")
    assert server.log().startswith(server.log()[:20])


def test_real_users_submit_and_the_database_says_so(server: Oar2Server) -> None:
    jobs = {user: job(server, user, "oarsub -t noop -l core=1,walltime=0:00:01 x") for user in ("alice", "bob")}
    with server.database.connect() as connection:
        for user, number in jobs.items():
            row = connection.execute(select(db.jobs).where(db.jobs.c.job_id == number)).mappings().one()
            assert row["job_user"] == user
    assert jobs["bob"] > jobs["alice"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("oarsub -l core=99 x", "There are not enough resources for your request"),
        ("oarsub -l bogus=1 x", 'column "bogus" does not exist'),
        ("oarsub -p no_such=1 x", 'column "no_such" does not exist'),
        ("oarsub -q no_such x", "queue 'no_such' does not exist"),
        ("oarsub -t no_such -l core=1 x", "no_such"),
    ],
)
def test_a_refused_submission_says_why(server: Oar2Server, line: str, reason: str) -> None:
    done = submit(server, "alice", shlex.split(line))
    assert done.ids == ()
    assert done.exit_code not in (0, 124)
    assert reason in done.refusal


def test_an_admission_rule_refuses_root(server: Oar2Server) -> None:
    server.container.run("mkdir", "-p", "/home/root")
    done = submit(server, "root", ["oarsub", "-t", "noop", "x"])
    assert done.ids == ()
    assert done.refusal == "[ADMISSION RULE] root and oar users are not allowed to submit jobs."


def test_a_program_that_is_not_there_is_a_refusal_too(server: Oar2Server) -> None:
    done = submit(server, "alice", ["oarsubb"])
    assert done.ids == ()
    assert done.exit_code == 127
    assert "oarsubb" in done.refusal


def test_the_elements_of_an_array_have_names(server: Oar2Server) -> None:
    done = submit(server, "alice", shlex.split("oarsub -t noop --array 3 -l core=1,walltime=0:00:01 x"))
    assert len(done.ids) == 3
    one = job(server, "bob", "oarsub -t noop -l core=1,walltime=0:00:01 x")
    alone = submit(server, "bob", shlex.split("oarsub -t noop -l core=1,walltime=0:00:01 x"))
    names = job_names({"sweep": done, "one": alone}, {"sweep": 3})
    assert names == {
        done.ids[0]: "sweep[1]",
        done.ids[1]: "sweep[2]",
        done.ids[2]: "sweep[3]",
        alone.ids[0]: "one",
    }
    assert one not in names


def test_the_client_of_a_reservation_stays_and_gets_its_answer(server: Oar2Server) -> None:
    date = server.container.run("date", "-d", "+2 hours", "+%F %T").stdout.strip()
    words = ["oarsub", "-t", "noop", "-r", date, "-l", "core=1,walltime=0:10:00"]
    done = submit(server, "alice", words, reservation=True)
    assert done.exit_code == 0
    assert done.waiting
    assert done.waiting.wait_for(re.compile("Reservation valid --> OK"), 60), done.waiting.output
    wait_for(lambda: done.waiting and done.waiting.ended)
    with server.database.connect() as connection:
        (found,) = read_jobs(connection, {done.ids[0]: "booking"})
        state = connection.scalar(select(db.jobs.c.state).where(db.jobs.c.job_id == done.ids[0]))
    assert state == "Waiting"
    assert found.reservation
    start = int(server.container.run("date", "-d", date, "+%s").stdout)
    assert found.reservation == start
    server.container.run("oardel", str(done.ids[0]))


def test_a_reservation_that_is_refused_has_no_id(server: Oar2Server) -> None:
    words = ["oarsub", "-t", "noop", "-r", "2099-01-01 00:00:00", "-l", "core=99"]
    done = submit(server, "alice", words, reservation=True)
    assert (done.ids, done.exit_code) == ((), 1)
    assert "There are not enough resources for your request" in done.refusal


def test_users_who_are_not_there_are_made_and_can_submit(server: Oar2Server) -> None:
    assert server.container.run("id", "dave", check=False).exit_code != 0
    server.users(["alice", "dave"])
    server.users(["dave"])
    assert job(server, "dave", "oarsub -t noop -l core=1,walltime=0:00:01 x")


def test_jobs_are_read_as_oarsub_left_them(server: Oar2Server) -> None:
    first = job(server, "bob", "oarsub -t noop -l core=1,walltime=0:00:01 x")
    number = job(
        server,
        "alice",
        "oarsub -t noop -t besteffort -n 'my label' --project physics -p 'core > 1' -a "
        f'{first} -l "{{cpu > 1}}/host=1/core=ALL+/core=1,walltime=1:00:00" -l nodes=1,walltime=0:30:00 x',
    )
    later = job(server, "alice", f"oarsub -t noop -a {first} -l core=1,walltime=0:00:01 x")
    with server.database.connect() as connection:
        rest, found = read_jobs(connection, {later: "later", number: "odd", 999_999: "none"})[::-1]
        submitted = connection.scalar(select(db.jobs.c.submission_time).where(db.jobs.c.job_id == number))
    assert (found.name, found.id, found.user) == ("odd", number, "alice")
    assert (found.project, found.queue, found.label) == ("physics", "besteffort", "my label")
    assert found.submitted == submitted
    assert found.reservation is None
    assert set(found.types) >= {"noop", "besteffort"}
    assert found.after == (f"job {first}",), "a job that the workload does not know keeps its id"
    long, short = found.moldables
    assert (long.walltime, short.walltime) == (3600, 1800)
    assert [group.levels for group in long.groups] == [(Level("host", 1), Level("core", ALL)), (Level("core", 1),)]
    assert [group.levels for group in short.groups] == [(Level("network_address", 1),)]
    assert str(long.groups[0].eligible) == "3-4"
    assert str(long.groups[1].eligible) == "2-4"
    assert "cpu > 1" in long.groups[0].properties
    assert "core > 1" in long.groups[0].properties
    assert "cpu > 1" not in long.groups[1].properties
    assert str(rest.moldables[0].groups[0].eligible) == "1-4"
    with server.database.connect() as connection:
        named = read_jobs(connection, {first: "first", later: "later"})
    assert named[1].after == ("first",)
    assert job_names({}, {}) == {}
