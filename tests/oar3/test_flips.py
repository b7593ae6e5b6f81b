"""Putting combinations on a working server, proof of them from its log, and taking them off again without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from harness.model.combination import Combination
from harness.model.registry import Registry
from harness.oar2 import conf
from harness.oar2.crash import find_crashes
from harness.oar2.round_proof import Proof, find_proof
from harness.oar2.server import Oar2Server
from harness.oar2.submit import submit
from harness.oar3.flips import Flip
from harness.oar3.prepare import Prepared
from tests.servers import CLUSTER, NATIVE, state_of, wait_for

pytestmark = pytest.mark.engine

LABELS = CLUSTER.hierarchy_labels
FORMAT = "%p %m %u:%g %s %l\\n"


def trace(server: Oar2Server) -> dict[str, object]:
    """All that a flip changes."""
    return {
        "conf": server.container.read(conf.PATH),
        "queues": server.queues(),
        "programs": server.container.run("find", "/usr/lib/oar", "!", "-type", "d", "-printf", FORMAT).stdout,
    }


@contextmanager
def flipped(server: Oar2Server, name: str, statements: tuple[str, ...] = ()) -> Iterator[Combination]:
    """A combination on the server; afterwards all is as it was."""
    before = trace(server)
    combination = Registry().find(name)
    flip = Flip(server, combination, statements)
    flip.apply(LABELS)
    try:
        yield combination
    finally:
        left = flip.undo()
    assert left == ()
    assert trace(server) == before
    assert server.alive()


def proof_by_a_job(server: Oar2Server, combination: Combination, *, run: bool = True) -> Proof:
    """Submit a job, let it be planned, or even run, and look in the log of meanwhile."""
    mark = server.log_size()
    done = submit(server, "alice", ["oarsub", "-t", "noop", "-l", "core=1,walltime=0:00:01", "x"])
    (number,) = done.ids
    if run:
        wait_for(lambda: state_of(server, number) in ("Running", "Terminated"), 90)
    else:
        wait_for(lambda: find_proof(server.log(mark), combination).complete, 90)
    log = server.log(mark)
    assert find_crashes(combination.metascheduler.command, 0, "", log) == ()
    return find_proof(log, combination)


def test_another_scheduler_of_oar2_s_own(server: Oar2Server) -> None:
    other = "oar_meta_sched+oar_sched_gantt_with_timesharing_and_placeholder"
    with flipped(server, other) as combination:
        assert {queue.scheduler for queue in server.queues()} == {combination.scheduler.name}  # type: ignore[union-attr]
        assert [queue.priority for queue in server.queues()] == [10, 2, 0]
        assert "HIERARCHY_LABELS" not in server.conf()
        # Jobs of other tests may be in its way on the shared server.
        proof = proof_by_a_job(server, combination, run=False)
        assert proof.complete, proof.missing
        assert not find_proof("\n".join(proof.lines), NATIVE).complete


def test_a_scheduler_on_the_named_queues_alone(server: Oar2Server) -> None:
    before = {queue.name: queue for queue in server.queues()}
    name = "oar_sched_gantt_with_timesharing_and_placeholder"
    with flipped(server, f"oar_meta_sched+{name}:default"):
        after = {queue.name: queue for queue in server.queues()}
        assert after.pop("default") == replace(before["default"], scheduler=name)
        assert after == {queue: row for queue, row in before.items() if queue != "default"}


def test_every_queue_keeps_its_own(server: Oar2Server) -> None:
    default = next(queue for queue in server.queues() if queue.name == "default")
    other = "oar_sched_gantt_with_timesharing_and_placeholder"
    server.set_scheduler(default, other)
    try:
        before = server.queues()
        with flipped(server, "oar_meta_sched"):
            assert server.queues() == before
    finally:
        server.set_scheduler(replace(default, scheduler=other), default.scheduler)


def test_what_is_in_the_way_of_an_undoing_is_told(server: Oar2Server) -> None:
    flip = Flip(server, NATIVE)
    assert flip.undo() == (), "nothing was done yet"
    flip.apply(LABELS)
    server.container.run("ln", "-s", "/bin/false", "/usr/lib/oar/schedulers/ours")
    server.oarnotify("--remove-queue", "besteffort")
    (left,) = flip.undo()
    assert "queue besteffort" in left
    server.oarnotify("--add-queue", f"besteffort,0,{NATIVE.scheduler.name}")  # type: ignore[union-attr]
    assert "ours" not in server.container.run("ls", "/usr/lib/oar/schedulers").stdout


@pytest.mark.oar3
@pytest.mark.parametrize(
    "name", ["oar_meta_sched+kamelot", "oar_meta_sched+kamelot:default", "kao", "kao-external+kamelot"]
)
def test_oar3_on_oar2_s_server(mixed_server: Oar2Server, prepared: Prepared, name: str) -> None:
    assert prepared.trouble == ""
    with flipped(mixed_server, name, prepared.statements) as combination:
        keys = mixed_server.conf()
        assert keys["HIERARCHY_LABELS"] == LABELS
        assert keys["META_SCHED_CMD"] == combination.metascheduler.command
        if combination.scheduler:
            link = mixed_server.container.run("readlink", "/usr/lib/oar/schedulers/kamelot").stdout.strip()
            assert link == "/usr/lib/oar/kamelot"
        proof = proof_by_a_job(mixed_server, combination)
        assert proof.complete, proof.missing
    assert proof_by_a_job(mixed_server, NATIVE).complete, "OAR2's own scheduler works as before"
