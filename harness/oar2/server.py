"""A running OAR2 server: its configuration, its Almighty, its queues, its log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Engine, select

from harness.engine.container_commands import Completed
from harness.engine.lane import Lane
from harness.model.cluster import Cluster
from harness.oar2 import conf
from harness.oar2 import database as db
from harness.oar2.resource_rows import add_resources

LOG = "/var/log/oar.log"
PID_FILE = "/var/run/oar-server.pid"

_TERM = """bash -c 'echo Term > /dev/tcp/server/6666'"""
"""What ``oarnotify`` without an argument sends (OAR::Tools, notify_tcp_socket)."""
# The Almighty looks for a signal when a command comes in, else every 10 s (almighty.pl, $read_commands_timeout).
_STOP = f"""
pid=$(cat {PID_FILE}) || exit 0
kill "$pid" 2>/dev/null || exit 0
kill -CONT "$pid"
{_TERM}
for i in $(seq 300); do kill -0 "$pid" 2>/dev/null || exit 0; sleep 0.05; done
kill -9 "$pid"
"""
_HOW_ENDED = f"cat {PID_FILE}; cat /run/oar-compat/almighty 2>/dev/null"
_REST = f"""
kill -STOP "$(cat {PID_FILE})" || exit 0
timeout "$1" sh -c "while pgrep -f '/usr/lib/oar/(kao|oar_meta_sched)( |$)' >/dev/null; do sleep 0.1; done"
"""
_START = """
python3 /usr/lib/oar-compat/watch.py && perl -MIO::Socket::INET -e \
'for (1..1000) { exit 0 if IO::Socket::INET->new("server:6666"); select(undef, undef, undef, 0.02) } exit 1'
"""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A row of ``queues``."""

    name: str
    priority: int
    scheduler: str
    state: str


class Oar2Server:
    """The OAR2 server of a lane."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.container = lane.server

    @cached_property
    def database(self) -> Engine:
        """SQLAlchemy's engine for OAR's database, as the role oar."""
        return db.connect(self.lane.database_port, self.lane.passwords.oar)

    @cached_property
    def administration(self) -> Engine:
        """The same for PostgreSQL's superuser, outside any database of OAR; each statement is its own transaction."""
        engine = self.database_named("postgres", admin=True)
        return engine.execution_options(isolation_level="AUTOCOMMIT")

    def database_named(self, name: str, *, admin: bool = False) -> Engine:
        """The same for another database of the lane; ``admin`` connects as PostgreSQL's superuser."""
        user, password = ("postgres", self.lane.passwords.postgres) if admin else ("oar", self.lane.passwords.oar)
        return db.connect(self.lane.database_port, password, name=name, user=user)

    def populate(self, cluster: Cluster) -> None:
        """Put the cluster's resources into the database."""
        with self.database.begin() as connection:
            add_resources(connection, cluster)

    def users(self, names: Iterable[str]) -> None:
        """Make sure that those Unix users exist on the server and on the nodes."""
        wanted = " ".join(names)
        script = (
            f'for u in {wanted}; do id -u "$u" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$u"; done'
        )
        for container in (self.container, *self.lane.nodes):
            container.run("sh", "-c", script)

    def conf(self) -> dict[str, str]:
        """The keys of oar.conf."""
        return conf.read_keys(self.container.read(conf.PATH))

    def set_conf(self, keys: Mapping[str, str | None]) -> None:
        """Give keys of oar.conf their values; the file keeps owner and mode (read when the Almighty starts)."""
        if keys:
            self.container.write(conf.PATH, conf.set_keys(self.container.read(conf.PATH), keys))

    def restart(self) -> None:
        """What ``systemctl restart oar-server`` does: stop the Almighty, start it, and wait until it answers."""
        self.stop()
        self.container.run("sh", "-c", _START, limit=60)

    def stop(self) -> None:
        """Stop the Almighty by SIGTERM and wait until it is gone."""
        self.container.run("sh", "-c", _STOP, limit=130)  # its sleeps take longer on a loaded machine

    def rest(self, seconds: float) -> bool:
        """Let the Almighty begin nothing more until it is restarted; returns whether its round ended in time.

        :param seconds: how long that round may take.
        """
        done = self.container.run("sh", "-c", _REST, "rest", f"{seconds:g}", check=False, limit=seconds + 30)
        return done.exit_code == 0

    def alive(self) -> bool:
        """Whether the Almighty's process is there."""
        return self.container.run("sh", "-c", f"kill -0 $(cat {PID_FILE})", check=False).exit_code == 0

    def almighty_status(self) -> int | None:
        """How the Almighty of the pid file ended, of wait(2), as ``image/watch.py`` saw it; None where it did not."""
        pid, _, seen = self.container.run("sh", "-c", _HOW_ENDED, check=False).stdout.partition("\n")
        ended = dict(line.split() for line in seen.splitlines())
        return int(ended[pid]) if pid in ended else None

    def oarnotify(self, *arguments: str) -> Completed:
        """Run ``oarnotify`` as root."""
        return self.container.run("oarnotify", *arguments)

    def ask_for_round(self) -> None:
        """Send the Almighty what ``oarnotify`` sends, at a fiftieth of its time; one that is gone is not told."""
        self.container.run("sh", "-c", _TERM, check=False)

    def queues(self) -> list[QueueRow]:
        """The queues, by falling priority."""
        with self.database.connect() as connection:
            rows = connection.execute(select(db.queues).order_by(db.queues.c.priority.desc(), db.queues.c.queue_name))
            return [QueueRow(*row) for row in rows]

    def set_scheduler(self, queue: QueueRow, scheduler: str) -> None:
        """Give a queue another scheduler as documented: remove it, add it again (OAR has no command to change it)."""
        self.oarnotify("--remove-queue", queue.name)
        self.oarnotify("--add-queue", f"{queue.name},{queue.priority},{scheduler}")
        if queue.state != "Active":
            # A queue that is added is open, whatever it was before.
            self.oarnotify("-d", queue.name)

    def log_size(self) -> int:
        """Bytes in OAR's log: a mark to read on from."""
        return int(self.container.run("stat", "-c", "%s", LOG).stdout)

    def log(self, since: int = 0) -> str:
        """OAR's log from a mark on."""
        return self.container.run("tail", "-c", f"+{since + 1}", LOG).stdout
