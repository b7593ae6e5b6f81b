"""Trying whether OAR3's programs start: first their modules, then a round on a database with a waiting job."""

from __future__ import annotations

from harness.engine.container_commands import Completed
from harness.model.cluster import parse_cluster
from harness.oar2.database_clones import clone, drop
from harness.oar2.server import Oar2Server
from harness.oar2.submit import submit

LATE = "did not end within"
"""How what is said of a trial that took too long begins: the machine may have had too much to do."""

_KILLED = (124, 137)
"""Exit codes of a command that was ended after its limit, or killed, as where memory is short."""
_LIMIT = 150
"""Seconds for each program; a round of one job takes one or two."""
_IMPORT = "import oar.kao.kamelot, oar.kao.kao"
_TEMPLATE, _CLONE = "trial_template", "trial"
_ROUND = f"""
export OARDIR=/usr/lib/oar OARCONFFILE=/run/oar-compat/trial.conf OARDO_USER=oar USER=oar HOME=/var/lib/oar
cd /
sed -e 's|^DB_BASE_NAME=.*|DB_BASE_NAME="{_CLONE}"|' -e 's|^LOG_FILE=.*|LOG_FILE="/run/oar-compat/trial.log"|' \
    /etc/oar/oar.conf > $OARCONFFILE
printf '%s\\n' 'META_SCHED_CMD="kao"' 'METASCHEDULER_OAR3_WITH_OAR2="yes"' \
    'HIERARCHY_LABELS="resource_id,network_address,host,cpu,core"' >> $OARCONFFILE
for program in "kamelot default $(date +%s)" kao; do
    timeout {_LIMIT} $OARDIR/$program || exit $?
done
"""


def try_import(server: Oar2Server) -> str:
    """Import kamelot and kao as the user oar; what Python prints where that fails, else nothing."""
    done = server.container.run(
        "sh",
        "-c",
        f"cd / && OARCONFFILE=/etc/oar/oar.conf python3 -c '{_IMPORT}'",
        user="oar",
        check=False,
        limit=_LIMIT,
    )
    return _said(done)


def try_database(server: Oar2Server) -> str:
    """Run kamelot and kao on a database with a cluster and a waiting job; their standard error where one fails.

    The server's own database gets the cluster and the job on the first call; each trial has a clone of it.
    """
    if not server.queues():
        return "the database has no queues"
    with server.database.connect() as connection:
        populated = connection.exec_driver_sql("SELECT count(*) FROM resources").scalar()
    if not populated:
        server.populate(parse_cluster("1 nodes x 1 cpus x 2 cores"))
        submit(server, "alice", ["oarsub", "-t", "noop", "sleep 1"])
    drop(server, _CLONE)
    clone(server, "oar", _CLONE)
    done = server.container.run("sh", "-c", _ROUND, user="oar", check=False, limit=2 * _LIMIT + 30)
    drop(server, _CLONE)
    return _said(done)


def _said(done: Completed) -> str:
    """What a trial printed where it failed; nothing if it did not."""
    if done.exit_code in _KILLED:
        return f"{LATE} {_LIMIT} s, or was killed"
    return (done.stderr or done.stdout or f"exit code {done.exit_code}") if done.exit_code else ""
