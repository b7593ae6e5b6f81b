"""One scheduling round on one database: no Almighty, no node; the metascheduler runs as the Almighty would run it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from harness.model.combination import Combination
from harness.model.record import Crash
from harness.oar2 import conf
from harness.oar2.crash import find_crashes
from harness.oar2.proof import find_proof
from harness.oar2.server import Oar2Server

FOLDER = "/run/oar-compat"
_SEPARATOR = "----- the log of the round -----"
_RUN = f"""
export OARDIR=/usr/lib/oar OARCONFFILE="$2" OARDO_USER=oar OARDO_UID=$(id -u oar) USER=oar HOME=/var/lib/oar
cd /
timeout -k 2 "$3" "$OARDIR/$1" < /dev/null
rc=$?
echo; echo '{_SEPARATOR}'; cat "$4" 2>/dev/null
exit $rc
"""


@dataclass(frozen=True, slots=True)
class RoundResult:
    """What one round left besides its Gantt tables.

    :ivar seconds: its wall-clock time as seen from outside, the call into the container included.
    :ivar proof: the log's lines which show that the intended programs made it.
    """

    exit_code: int
    seconds: float
    stderr: str
    log: str
    crashes: tuple[Crash, ...]
    proof: tuple[str, ...]


def write_conf(server: Oar2Server, name: str, keys: Mapping[str, str]) -> str:
    """An oar.conf of its own for the database ``name``, made from the server's; returns its path."""
    path = f"{FOLDER}/{name}.conf"
    text = server.container.read(conf.PATH)
    log = f"{FOLDER}/{name}.log"
    server.container.put(path, conf.set_keys(text, {**keys, "DB_BASE_NAME": name, "LOG_FILE": log}))
    return path


def run_round(server: Oar2Server, combination: Combination, name: str, *, limit: int = 120) -> RoundResult:
    """Run one round of the combination's metascheduler on the database ``name``.

    ``write_conf`` must have been called for it, and the queues must name the combination's scheduler.
    """
    meta = combination.metascheduler
    started = time.monotonic()
    done = server.container.run(
        "sh",
        "-c",
        _RUN,
        "sh",
        meta.command,
        f"{FOLDER}/{name}.conf",
        str(limit),
        f"{FOLDER}/{name}.log",
        user="oar",
        check=False,
        limit=limit + 30,
    )
    seconds = time.monotonic() - started
    _, _, log = done.stdout.partition(_SEPARATOR + "\n")
    crashes = find_crashes(meta.command, done.exit_code, done.stderr, log, limit=limit)
    proof = find_proof(log, combination)
    if not proof.complete and not crashes:
        crashes = (Crash(combination.id, f"no round of it in the log: {proof.missing}", log[-2000:]),)
    return RoundResult(done.exit_code, seconds, done.stderr, log, crashes, proof.lines)
