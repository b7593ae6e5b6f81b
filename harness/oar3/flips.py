"""Flipping a working OAR2 server to another combination as documented, and back again without a trace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import update

from harness.model.combination import Combination, Scheduler
from harness.oar2 import conf
from harness.oar2 import database as db
from harness.oar2.server import Oar2Server, QueueRow

_SCHEDULERS = "/usr/lib/oar/schedulers"


@dataclass(frozen=True, slots=True)
class BeforeFlip:
    """What a flip changes, as it was: for its undoing."""

    conf: str
    queues: tuple[QueueRow, ...]
    links: frozenset[str]


class Flip:
    """One combination put on a server.

    Documented: kamelot is a link in OAR's folder of schedulers, the queue ``default`` removed and added again, and
    HIERARCHY_LABELS in oar.conf; kao is two keys in oar.conf and a restart of the server. The documentation names the
    queue ``default`` alone: that is ``oar_meta_sched+kamelot:default``. A combination that names no queue is put on
    all of them in the same way; one without a scheduler leaves all queues as they are. A queue that has its scheduler
    already is not touched.

    :param statements: SQL of the adaptations, run before OAR3 uses the database. It is not undone: a column more
        does not hinder OAR2, and dropping it would lose data.
    """

    def __init__(self, server: Oar2Server, combination: Combination, statements: Iterable[str] = ()) -> None:
        self.server = server
        self.combination = combination
        self._statements = tuple(statements)
        self._before: BeforeFlip | None = None

    def apply(self, hierarchy_labels: str) -> None:
        """Flip, restart the Almighty, and return when it answers."""
        server = self.server
        self._before = self._state()
        self._adapt()
        plan = self.plan()
        self._link(plan.values())
        for queue in server.queues():
            if queue.name in plan and queue.scheduler != plan[queue.name].name:
                server.set_scheduler(queue, plan[queue.name].name)
        self._configure(hierarchy_labels)
        server.restart()

    def reapply(self, hierarchy_labels: str) -> None:
        """The same once more, on a server whose database and oar.conf were set back under it, the Almighty stopped.

        Queues are changed in their rows: ``oarnotify``, run twice for each, takes a second on a machine without load.
        """
        links = self._before.links if self._before else frozenset(self._links())
        self._before = replace(self._state(), links=links)
        self._adapt()
        plan = self.plan()
        self._link(plan.values())
        with self.server.database.begin() as connection:
            for queue, scheduler in plan.items():
                changed = update(db.queues).where(db.queues.c.queue_name == queue)
                connection.execute(changed.values(scheduler_policy=scheduler.name))
        self._configure(hierarchy_labels)
        self.server.restart()

    def plan(self) -> dict[str, Scheduler]:
        """The scheduler of each queue that is there now, as the combination wants it."""
        return self.combination.plan({queue.name: queue.scheduler for queue in self.server.queues()})

    def _link(self, schedulers: Iterable[Scheduler]) -> None:
        there = self._links()
        for scheduler in dict.fromkeys(schedulers):
            if scheduler.link and scheduler.name not in there:
                self.server.container.run("ln", "-s", scheduler.link, f"{_SCHEDULERS}/{scheduler.name}")

    def _adapt(self) -> None:
        if self.combination.needs_oar3:
            with self.server.database.begin() as connection:
                for statement in self._statements:
                    connection.exec_driver_sql(statement)

    def _configure(self, hierarchy_labels: str) -> None:
        meta = self.combination.metascheduler
        keys: dict[str, str | None] = {"META_SCHED_CMD": meta.command, **dict(meta.conf)}
        if self.combination.needs_oar3:
            keys["HIERARCHY_LABELS"] = hierarchy_labels
        self.server.set_conf(keys)

    def undo(self) -> tuple[str, ...]:
        """Restore what was there, restart the Almighty, and name each thing that is not as it was before."""
        before, server = self._before, self.server
        if before is None:
            return ()
        was = {queue.name: queue for queue in before.queues}
        for queue in server.queues():
            if queue.name in was and queue.scheduler != was[queue.name].scheduler:
                server.set_scheduler(queue, was[queue.name].scheduler)
        for link in self._links() - before.links:
            server.container.run("rm", f"{_SCHEDULERS}/{link}")
        old, now = conf.read_keys(before.conf), server.conf()
        server.set_conf({key: old.get(key) for key in {*old, *now} if old.get(key) != now.get(key)})
        server.restart()
        return self._leftovers(before)

    def _leftovers(self, before: BeforeFlip) -> tuple[str, ...]:
        after = self._state()
        left = []
        if conf.read_keys(after.conf) != conf.read_keys(before.conf):
            left.append("oar.conf differs")
        left += [f"queue {queue.name} was {queue}" for queue in before.queues if queue not in after.queues]
        left += [f"link {link}" for link in sorted(after.links - before.links)]
        return tuple(left)

    def _state(self) -> BeforeFlip:
        return BeforeFlip(
            self.server.container.read(conf.PATH), tuple(self.server.queues()), frozenset(self._links())
        )

    def _links(self) -> set[str]:
        return set(self.server.container.run("ls", _SCHEDULERS).stdout.split())
