"""One scheduling round on one database: no Almighty, no node; the metascheduler runs as the Almighty would run it."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.model.combination import Combination, Scheduler
from harness.model.record import Crash
from harness.oar2 import conf
from harness.oar2.crash import find_crashes
from harness.oar2.round_proof import find_proof
from harness.plan.warm_rounds import Runner


@dataclass(frozen=True, slots=True)
class RoundResult:
    """What one round left besides its Gantt tables.

    :ivar seconds: its wall-clock time as seen in the server's container.
    :ivar proof: the log's lines which show that the intended programs made it.
    :ivar sent: the lines that it sent to the Almighty.
    :ivar killed: whether the metascheduler was ended by SIGKILL before its time was over.
    """

    exit_code: int
    seconds: float
    stderr: str
    log: str
    crashes: tuple[Crash, ...]
    proof: tuple[str, ...]
    sent: tuple[str, ...] = ()
    killed: bool = False


def run_round(
    runner: Runner,
    combination: Combination,
    database: str,
    text: str,
    *,
    schedulers: Iterable[Scheduler] | None = None,
    expected: Mapping[str, Scheduler] | None = None,
    limit: float = 120,
    warm: bool = True,
    proven: bool = True,
) -> RoundResult:
    """Run one round of the combination's metascheduler on a database whose queues name their schedulers.

    :param text: the server's oar.conf, which is completed here by what selects the combination and the database.
    :param schedulers: those that the queues name; None: the one that the combination names.
    :param expected: the scheduler of each queue in which a job waits that is no advance reservation, so that it must
        be seen at work; None: the one that the combination names.
    :param proven: False: how its programs end counts alone, as if they may log nothing.
    """
    meta = combination.metascheduler
    named = [combination.scheduler] if combination.scheduler else []
    keys = {"META_SCHED_CMD": meta.command, **dict(meta.conf), "DB_BASE_NAME": database, "LOG_FILE": runner.log}
    if "SCHEDULERS_PATH" in keys:
        keys["SCHEDULERS_PATH"] = runner.schedulers
    done = runner.run(
        meta.command,
        sorted({each.name for each in (named if schedulers is None else schedulers)}),
        conf.set_keys(text, keys),
        limit=limit,
        warm=warm,
    )
    crashes = find_crashes(meta.command, done.exit_code, done.stderr, done.log, late=limit if done.late else 0)
    proof = find_proof(done.log, combination, expected)
    if proven and not proof.complete and not crashes:
        crashes = (Crash(combination.id, f"no round of it in the log: {proof.missing}", done.log[-2000:]),)
    killed = done.exit_code == -signal.SIGKILL and not done.late
    return RoundResult(done.exit_code, done.seconds, done.stderr, done.log, crashes, proof.lines, done.sent, killed)
