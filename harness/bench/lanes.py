"""How long a lane takes to start, and to take a job."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import click

from harness.engine.container import LaneContainer
from harness.engine.owner import labels
from harness.model.cluster import parse_cluster
from harness.model.fault import MachineFault
from harness.oar2.server import Oar2Server
from harness.oar2.submit import submit
from harness.run.environment import Provisioner

_BY_HAND = r"""
set -e
pg_ctlcluster $(ls /usr/lib/postgresql) main start
sed -i -e 's|^DB_HOSTNAME=.*|DB_HOSTNAME="127.0.0.1"|' -e 's|^DB_BASE_PASSWD=.*|DB_BASE_PASSWD="x"|' \
       -e 's|^DB_BASE_PASSWD_RO=.*|DB_BASE_PASSWD_RO="x"|' -e 's|^SERVER_HOSTNAME=.*|SERVER_HOSTNAME="localhost"|' \
       /etc/oar/oar.conf
oar-database --create --db-is-local > /dev/null
/usr/sbin/oar-server
perl -MIO::Socket::INET -e \
  'for (1..3000) { exit 0 if IO::Socket::INET->new("localhost:6666"); select(undef, undef, undef, 0.01) } exit 1'
"""


def _median(repeat: int, measure: Callable[[], float]) -> tuple[float, float, float]:
    values = sorted(measure() for _ in range(repeat))
    return values[0], statistics.median(values), values[-1]


def _row(what: str, figures: tuple[float, float, float]) -> None:
    low, middle, high = figures
    click.echo(f"  {what:<58} {middle:7.2f} s   ({low:.2f} – {high:.2f})")


def _lane(provisioner: Provisioner, *, take_a_job: bool) -> float:
    began = time.monotonic()
    with provisioner.lane(f"bench-{time.monotonic_ns()}") as lane:
        ready = time.monotonic() - began
        if not take_a_job:
            return ready
        server = Oar2Server(lane)
        server.populate(parse_cluster("4 nodes x 2 cpus x 4 cores"))
        began = time.monotonic()
        done = submit(server, "alice", ["oarsub", "-t", "noop", "sleep 1"])
        if not done.ids:
            raise MachineFault("oarsub was refused", where="bench", detail=done.output)
        return time.monotonic() - began


def _by_hand(provisioner: Provisioner) -> float:
    """What a lane does, by the packages' own scripts, in a container that is there already."""
    with provisioner.lane(f"bench-hand-{time.monotonic_ns()}") as host:
        container = LaneContainer(
            provisioner.image.tag,
            "node",
            name=f"{host.spec.name}-hand",
            engine=provisioner.engine.url,
            network=host.network,
            labels=labels(provisioner.run_id),
            environment={},
        ).start()
        try:
            began = time.monotonic()
            container.run("sh", "-c", _BY_HAND, limit=120)
            return time.monotonic() - began
        finally:
            container.stop()


def measure_lanes(provisioner: Provisioner, repeat: int) -> None:
    """Print how long a lane takes, beside the same by the packages' own scripts."""
    _lane(provisioner, take_a_job=False)
    click.echo("lanes")
    ours = _median(repeat, lambda: _lane(provisioner, take_a_job=False))
    hand = _median(repeat, lambda: _by_hand(provisioner))
    _row("PostgreSQL up, OAR's database there, the Almighty answers", ours)
    _row("the same by the packages' scripts in a running container", hand)
    click.echo(f"  ratio {ours[1] / hand[1]:.2f}; of the target of 1.5 s {ours[1] / 1.5:.2f}")
    _row("oarsub takes a job in a fresh lane", _median(repeat, lambda: _lane(provisioner, take_a_job=True)))
