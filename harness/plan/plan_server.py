"""A plan case: a workload submitted once, its database cloned for each combination, one round on each clone.

scenario ─ oarsub, on a clock that stands still ─▶ database "oar" ─┬─ clone ─ round ─▶ plan of combination 1
                                                                  └─ clone ─ round ─▶ plan of combination 2 …
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from harness.engine.ending import Ended
from harness.engine.lane import Lane
from harness.model.combination import Combination, Scheduler
from harness.model.fault import Fault, LostServer
from harness.model.record import Crash, Observation
from harness.model.schedule import Schedule
from harness.model.target import Target
from harness.oar2 import conf, postgres_timeouts
from harness.oar2.database_clones import clone, drop
from harness.oar2.read_schedule import half_written, read_plan
from harness.oar2.server import Oar2Server
from harness.oar2.server_health import Machinery
from harness.oar2.suspect_keys import with_keys
from harness.oarsub.row_options import NotInRows
from harness.plan.round import RoundResult, run_round
from harness.plan.snapshot_builder import EPOCH as EPOCH
from harness.plan.snapshot_builder import Snapshot as Snapshot
from harness.plan.snapshot_builder import SnapshotBuilder
from harness.plan.virtual_clock import VirtualClock
from harness.plan.warm_rounds import MEMORY, Runner
from harness.store.atomic import write_log
from harness.workload.scenario import Scenario

_DROP_SECONDS = 10.0
"""How long a clone may take to be dropped if something went wrong, be it PostgreSQL that does not answer."""


class PlanServer:
    """A lane without Almighty on which plan cases are run, one case after another, its rounds side by side.

    :param statements: SQL that a database needs before OAR3 can use it.
    :param workers: rounds at a time.
    :param memory: bytes of address space that a program of OAR may have.
    :ivar limit: seconds after which a round is ended.
    :ivar warm: whether programs are kept loaded between rounds; else each is started as the Almighty would.
    """

    def __init__(
        self,
        lane: Lane,
        statements: Iterable[str] = (),
        *,
        workers: int = 2,
        limit: float = 120,
        memory: int = MEMORY,
        warm: bool = True,
    ) -> None:
        self.server = Oar2Server(lane)
        self.clock = VirtualClock(lane, EPOCH)
        self._statements = tuple(statements)
        self.limit = limit
        self.warm = warm
        self._workers = workers
        self._free: queue.SimpleQueue[tuple[str, Runner]] = queue.SimpleQueue()
        for number in range(workers):
            # Each runner keeps its names: a program loaded for one oar.conf can be used again for the same.
            self._free.put((f"round_{number}", Runner(self.server, str(number), memory=memory)))
        self._snapshots = SnapshotBuilder(self.server, self.clock)
        self.machinery = Machinery(self.server, almighty=False)
        self._cloning = threading.Lock()
        self._links: set[str] = set()
        self._logging: dict[tuple[object, ...], tuple[Crash, ...]] = {}

    def snapshot(self, scenario: Scenario, by: Literal["oarsub", "rows", "any"] = "oarsub") -> Snapshot:
        """The scenario as a snapshot: see :meth:`~harness.plan.snapshot_builder.SnapshotBuilder.take`.

        ``any`` is ``rows`` if they can say it, else ``oarsub``. Raises LostServer for trouble of the machine.
        """
        with self.machinery.watched():
            if by == "any":
                with contextlib.suppress(NotInRows):
                    return self._snapshots.take(scenario, "rows")
            taken = self._snapshots.take(scenario, "oarsub" if by == "any" else by)
        if taken.refused and by != "rows":
            # oarsub refuses too if it cannot reach its database.
            self.machinery.check(*(fate.message for fate in taken.refused.values()))
        return taken

    def alive(self) -> bool:
        """Whether its server and its database still answer."""
        try:
            with self.server.administration.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
            return self.server.container.run("true", check=False).exit_code == 0
        except (Fault, SQLAlchemyError):
            return False

    def observe(
        self,
        snapshot: Snapshot,
        targets: Iterable[Target],
        seen: Callable[[Target, Observation], None] = lambda *_: None,
    ) -> dict[str, Observation]:
        """One round of each target on a clone of the snapshot; returns the observations by the targets' ids.

        Raises LostServer if what would be reported as a crash is trouble of the machine.

        :param seen: is given each observation as soon as it is there.

        ``oar_meta_sched`` plans from one second after the database's clock (OAR2, ``oar_meta_sched``: ``get_date`` +
        1), kao from the clock itself; the clock is set so that all decide at the same moment.
        """
        found: dict[str, Observation] = {}
        wanted = list(targets)
        for early in (True, False):
            group = [each for each in wanted if _plans_early(each.combination) is early]
            self._set_clock(snapshot, early=early)
            with ThreadPoolExecutor(self._workers) as pool:
                made = pool.map(lambda target: self._observe(snapshot, target), group)
                for target, observation in zip(group, made, strict=True):
                    found[target.id] = observation
                    seen(target, observation)
        return {target.id: found[target.id] for target in wanted}

    def again(self, snapshot: Snapshot, target: Target, first: int = 0, times: int = 1) -> list[Observation]:
        """Further rounds of one target on the same snapshot, to see what it shows against itself.

        The first two are made side by side by two runners, each with programs loaded by itself, and so with seeds of
        its own for the order of Perl's hashes (PERL_HASH_SEED); further ones by programs started afresh.

        :param first: how many there were before.
        """
        self._set_clock(snapshot, early=_plans_early(target.combination))
        with ThreadPoolExecutor(self._workers) as pool:
            made = pool.map(
                lambda n: self._observe(snapshot, target.again(n + 1), warm=n < self._workers),
                range(first, first + times),
            )
            return list(made)

    def _set_clock(self, snapshot: Snapshot, *, early: bool) -> None:
        with self.machinery.watched():
            self.clock.set(snapshot.situation.now - (1 if early else 0))

    def _observe(self, snapshot: Snapshot, target: Target, *, warm: bool = True) -> Observation:
        combination = target.combination
        name, runner = self._free.get()
        plan = combination.plan(snapshot.schedulers)
        try:
            with self.machinery.watched(), self._database(name, combination, plan) as database:
                result = run_round(
                    runner,
                    combination,
                    name,
                    snapshot.conf,
                    schedulers=plan.values(),
                    expected={queue: plan[queue] for queue in plan if queue in snapshot.waiting},
                    limit=self.limit,
                    warm=self.warm and warm,
                )
                if result.crashes or result.killed:
                    self._blame_the_machine(result, combination)
                with database.connect() as connection:
                    planned = read_plan(connection, snapshot.names, result.sent)
                    half = half_written(connection)
                # A scheduler may go on after it has lost its database, and what it wrote may be half of a plan.
                if what := self.machinery.postgres():
                    raise self.machinery.lost(what)
            dies = self._dies_of_logging(runner, combination, name, snapshot, result.crashes)
        finally:
            self._free.put((name, runner))
        crashes = [*with_keys(result.crashes, snapshot.keys), *dies]
        if half:
            self._blame_the_machine(result, combination)
            crashes.append(Crash(combination.id, f"half-written Gantt tables: {half}", result.log[-2000:]))
        _keep_logs(target.artefacts.path, result)
        return Observation(
            target.id,
            Schedule({**planned.fates, **snapshot.refused}),
            crashes=tuple(crashes),
            proof=result.proof,
            seconds=round(result.seconds, 3),
            artefacts=target.artefacts.name,
            schedulers=combination.aliases(snapshot.schedulers),
        )

    @contextlib.contextmanager
    def _database(self, name: str, combination: Combination, plan: Mapping[str, Scheduler]) -> Iterator[Engine]:
        """A clone of the snapshot's database for one round of a combination; dropped as long as there is a server."""
        with self._cloning:
            clone(self.server, "oar", name)
            self._link(plan.values())
        database = self.server.database_named(name)
        try:
            self._flip(database, combination, plan)
            yield database
        except (LostServer, Ended):
            raise
        except BaseException:
            with contextlib.suppress(SQLAlchemyError), postgres_timeouts.within(_DROP_SECONDS):
                drop(self.server, name)
            raise
        else:
            drop(self.server, name)
        finally:
            database.dispose()

    def _dies_of_logging(
        self, runner: Runner, combination: Combination, name: str, snapshot: Snapshot, known: Sequence[Crash]
    ) -> tuple[Crash, ...]:
        """Crashes that come with what the scenario says of logging: of a round of their own, of which no more counts.

        Tried once for each text, combination and its schedulers. :param known: crashes without it.
        """
        if not snapshot.logging:
            return ()
        plan = combination.plan(snapshot.schedulers)
        called = frozenset(plan[queue].name for queue in plan if queue in snapshot.waiting)
        tried = (combination.id, called, tuple(sorted(snapshot.logging.items())))
        if tried not in self._logging:
            text = conf.set_keys(snapshot.conf, snapshot.logging)
            with self.machinery.watched(), self._database(name, combination, plan):
                done = run_round(
                    runner,
                    combination,
                    name,
                    text,
                    schedulers=plan.values(),
                    limit=self.limit,
                    warm=self.warm,
                    proven=False,
                )
                if done.crashes:
                    self._blame_the_machine(done, combination)
            hows = {crash.how for crash in known}
            dies = [crash for crash in done.crashes if crash.how not in hows]
            self._logging[tried] = with_keys(dies, snapshot.logging)
        return self._logging[tried]

    def _link(self, schedulers: Iterable[Scheduler]) -> None:
        for scheduler in schedulers:
            if scheduler.link and scheduler.name not in self._links:
                self.server.container.run("ln", "-sf", scheduler.link, f"/usr/lib/oar/schedulers/{scheduler.name}")
                self._links.add(scheduler.name)

    def _blame_the_machine(self, result: RoundResult, combination: Combination) -> None:
        """Raise LostServer if a round that went wrong did so for no reason of OAR's."""
        self.machinery.check(result.log, result.stderr)
        if result.killed:
            program = combination.metascheduler.command
            raise self.machinery.lost(f"{program} was ended by SIGKILL, which no program of OAR sends it")

    def _flip(self, database: Engine, combination: Combination, plan: Mapping[str, Scheduler]) -> None:
        with database.begin() as connection:
            for queue, scheduler in plan.items():
                connection.execute(
                    text("UPDATE queues SET scheduler_policy = :policy WHERE queue_name = :queue"),
                    {"policy": scheduler.name, "queue": queue},
                )
            if combination.needs_oar3:
                for statement in self._statements:
                    connection.exec_driver_sql(statement)


def _plans_early(combination: Combination) -> bool:
    return combination.metascheduler.command == "oar_meta_sched"


def _keep_logs(folder: Path, result: RoundResult) -> None:
    write_log(folder / "oar.log", result.log)
    write_log(folder / "stderr.log", result.stderr)
