"""Plan cases on a real server: repeatable, at one moment, and no scheduler's end is another's."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import text

from harness.model.combination import OAR_META_SCHED, Combination, Scheduler
from harness.model.record import Observation
from harness.model.registry import Registry
from harness.model.schedule import Schedule
from harness.plan.plan_server import EPOCH, PlanServer, Snapshot
from harness.workload.scenario import parse_scenario
from tests.servers import NATIVE, targets

pytestmark = pytest.mark.engine

SCENARIO = parse_scenario(
    """
    title = "a bit of everything"
    cluster = "2 nodes x 1 cpus x 2 cores"
    [conf]
    SCHEDULER_JOB_SECURITY_TIME = "60"
    [[job]]
    name = "sweep"
    user = "alice"
    submit = "oarsub --array 3 -l core=1,walltime=0:10:00 x"
    [[job]]
    name = "impossible"
    user = "alice"
    submit = "oarsub -l core=99 x"
    [[job]]
    name = "wide"
    user = "bob"
    submit = "oarsub -l nodes=2,walltime=1:00:00 x"
    at = "0:00:05"
    [[job]]
    name = "late"
    user = "bob"
    submit = "oarsub -a wide -l core=1,walltime=0:10:00 x"
    at = "0:00:10"
    """
)
SQL = (
    r"""value() {{ sed -n "s/^$1=[\"']*\([^\"']*\).*/\1/p" "$OARCONFFILE" | tail -n 1; }}; """
    """PGPASSWORD=$(value DB_BASE_PASSWD) """
    """psql -q -h "$(value DB_HOSTNAME)" -U oar "$(value DB_BASE_NAME)" -c "{}" """
)
BROKEN = {
    "dies": "echo 'dying words' >&2; exit 7",
    "segfaults": "kill -SEGV $$; sleep 9",
    "hangs": "echo 'it goes on and on' >&2; exec sleep 1000",
    "babbles": "echo nonsense; echo 'SCHEDRUN JOB_ID=x MOLDABLE_JOB_ID= RESOURCES=9,9'; head -c 99 /dev/urandom",
    "halves": SQL.format("INSERT INTO gantt_jobs_resources VALUES (1, 1)"),
    "cut_off": SQL.format("INSERT INTO gantt_jobs_predictions VALUES (1, $2)") + "; kill -KILL $$; sleep 9",
}


def own(name: str) -> Combination:
    """A combination with a scheduler that a site has added."""
    registry = Registry()
    registry.add(Scheduler(name, name))
    return registry.find(f"{OAR_META_SCHED.name}+{name}")


@pytest.fixture(scope="module")
def snapshot(plan_server: PlanServer) -> Snapshot:
    for name, script in BROKEN.items():
        plan_server.server.container.put(f"/usr/lib/oar/schedulers/{name}", f"#!/bin/sh\n{script}\n", mode=0o755)
    return plan_server.snapshot(SCENARIO)


def plan(seen: Observation) -> Schedule:
    assert seen.crashes == ()
    assert seen.schedule
    return seen.schedule


def starts(seen: Observation) -> dict[str, int | None]:
    return {name: fate.placement.start if fate.placement else None for name, fate in plan(seen).fates.items()}


def test_a_snapshot_tells_the_situation(snapshot: Snapshot) -> None:
    assert snapshot.situation.now == EPOCH + 11, "one second after the last submission"
    assert [job.name for job in snapshot.situation.jobs] == ["sweep[1]", "sweep[2]", "sweep[3]", "wide", "late"]
    assert [job.submitted - EPOCH for job in snapshot.situation.jobs] == [0, 0, 0, 5, 10]
    assert snapshot.situation.jobs[-1].after == ("wide",)
    assert len(snapshot.situation.resources) == 4
    assert snapshot.situation.conf["SCHEDULER_JOB_SECURITY_TIME"] == "60"
    assert snapshot.situation.conf["HIERARCHY_LABELS"] == "resource_id,network_address,host,cpu,core"
    (name,) = snapshot.refused
    assert name == "impossible"
    assert "not enough resources" in snapshot.refused[name].message


def test_the_same_snapshot_gives_the_same_plan_again(
    plan_server: PlanServer, snapshot: Snapshot, tmp_path: Path
) -> None:
    first, second = (
        plan_server.observe(snapshot, targets(tmp_path / name, NATIVE))[NATIVE.id] for name in ("a", "b")
    )
    assert plan(first) == plan(second)
    assert starts(first)["sweep[1]"] == snapshot.situation.now
    assert starts(first)["impossible"] is None
    assert len(first.proof) == 2
    log = tmp_path / "a" / "logs" / NATIVE.id / "oar.log"
    assert "End of Meta Scheduler" in log.read_text()


def test_the_same_scenario_gives_the_same_plan_again(
    plan_server: PlanServer, snapshot: Snapshot, tmp_path: Path
) -> None:
    before = plan_server.observe(snapshot, targets(tmp_path, NATIVE))[NATIVE.id]
    again = plan_server.snapshot(SCENARIO)
    assert again == snapshot
    assert plan(plan_server.observe(again, targets(tmp_path, NATIVE))[NATIVE.id]) == plan(before)


def test_a_round_changes_nothing_in_the_snapshot(plan_server: PlanServer, snapshot: Snapshot, tmp_path: Path) -> None:
    plan_server.observe(snapshot, targets(tmp_path, NATIVE))
    with plan_server.server.database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM gantt_jobs_predictions_visu")) == 0
        left = connection.scalars(text("SELECT datname FROM pg_database WHERE datname LIKE 'round%'")).all()
    assert left == []


def test_schedulers_that_die_hang_or_babble_are_told_and_the_others_go_on(
    plan_server: PlanServer, snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_server, "limit", 15)
    wanted = [*map(own, BROKEN), own("is_not_there"), NATIVE]
    order: list[str] = []
    found = plan_server.observe(snapshot, targets(tmp_path, *wanted), lambda target, _: order.append(target.id))
    assert order == list(found) == [combination.id for combination in wanted]

    def crash(name: str) -> tuple[str, str, str]:
        (only,) = found[f"oar_meta_sched+{name}"].crashes
        return only.program, only.how, only.log

    for name in ("dies", "segfaults", "is_not_there", "cut_off"):
        assert crash(name)[:2] == (name, "the queue was disabled")
    assert "returned a bad value: 7" in crash("dies")[2]
    assert crash("hangs")[:2] == ("oar_meta_sched", "time limit of 15 s")
    for name, words in (("dies", "dying words"), ("hangs", "it goes on and on"), ("is_not_there", "is_not_there")):
        kept = tmp_path / "logs" / f"oar_meta_sched+{name}" / "stderr.log"
        assert words in kept.read_text(), name
    assert crash("babbles")[:2] == ("babbles", "nonsense on its output: nonsense"), "although it exits with 0"
    assert crash("halves")[1] == "half-written Gantt tables: resources, and no start, of moldable jobs 1"
    assert "End of Meta Scheduler" in crash("halves")[2]
    left = found["oar_meta_sched+cut_off"].schedule
    assert left
    assert left.fates["sweep[1]"].placement, "what it has written is read all the same"
    assert starts(found[NATIVE.id])["wide"] is not None
    running = plan_server.server.container.run("pgrep", "-f", "[s]leep 1000", check=False).stdout
    assert running == "", "what hung is ended"


@pytest.mark.oar3
def test_oar2_s_and_oar3_s_metaschedulers_decide_at_one_moment(mixed_plan_server: PlanServer, tmp_path: Path) -> None:
    kao, kamelot = (Registry().find(name) for name in ("kao", "oar_meta_sched+kamelot"))
    snapshot = mixed_plan_server.snapshot(SCENARIO)
    found = mixed_plan_server.observe(snapshot, targets(tmp_path, NATIVE, kamelot, kao))
    assert len(found) == 3
    assert {starts(seen)["sweep[1]"] for seen in found.values()} == {snapshot.situation.now}
    assert plan(mixed_plan_server.observe(snapshot, targets(tmp_path, kao))["kao"]) == plan(found["kao"])


HELD = parse_scenario(
    """
    title = "a cluster that is not empty"
    cluster = "2 nodes x 1 cpus x 2 cores"
    [conf]
    SCHEDULER_JOB_SECURITY_TIME = "60"
    [[job]]
    name = "running"
    user = "alice"
    submit = "oarsub -l nodes=1,walltime=0:30:00 x"
    started = "0:10:00"
    on = "1-2"
    [[job]]
    name = "reserved"
    user = "bob"
    submit = "oarsub -r '+1:00:00' -l nodes=1,walltime=1:00:00 x"
    on = "3-4"
    [[job]]
    name = "short"
    user = "carol"
    submit = "oarsub -l nodes=1,walltime=0:10:00 x"
    [[job]]
    name = "wide"
    user = "carol"
    submit = "oarsub -l nodes=2,walltime=0:10:00 x"
    at = "0:00:05"
    """
)
HELD_STARTS = {"running": 600, "reserved": 3600, "short": 601}
"""Seconds after the beginning; ``wide`` comes when ``running`` has ended, by each scheduler's own seconds."""


@pytest.mark.parametrize("by", ["oarsub", "rows"])
def test_a_plan_goes_on_from_what_runs_and_what_is_reserved(
    plan_server: PlanServer, tmp_path: Path, by: Literal["oarsub", "rows"]
) -> None:
    snapshot = plan_server.snapshot(HELD, by=by)
    assert snapshot.situation.now == EPOCH + 601
    assert_goes_on(plan_server.observe(snapshot, targets(tmp_path, NATIVE))[NATIVE.id])


@pytest.mark.oar3
def test_oar3_goes_on_from_it_too(mixed_plan_server: PlanServer, tmp_path: Path) -> None:
    wanted = [Registry().find(name) for name in ("kao", "oar_meta_sched+kamelot")]
    for seen in mixed_plan_server.observe(
        mixed_plan_server.snapshot(HELD, by="rows"), targets(tmp_path, *wanted)
    ).values():
        assert_goes_on(seen)


def assert_goes_on(seen: Observation) -> None:
    found = starts(seen)
    wide = found.pop("wide")
    assert {name: start - EPOCH for name, start in found.items() if start is not None} == HELD_STARTS
    assert wide is not None
    assert 2400 <= wide - EPOCH <= 2520
    fates = plan(seen).fates
    assert fates["running"].state == "Running"
    assert fates["reserved"].state == "Waiting"
    assert {name: str(fates[name].placement and fates[name].placement.resources) for name in HELD_STARTS} == {
        "running": "1-2",
        "reserved": "3-4",
        "short": "3-4",
    }
