"""What real rounds launch, as their database and the lines to the Almighty have it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.compare.judge import judge_case
from harness.model.record import CaseRecord, Kind, Observation
from harness.model.registry import Registry
from harness.model.removed_cause import Without
from harness.model.result import Status
from harness.plan.confirming_round import confirm
from harness.plan.plan_server import PlanServer, Snapshot
from harness.workload.scenario import parse_scenario
from tests.servers import NATIVE, targets

pytestmark = [pytest.mark.engine, pytest.mark.oar3]

KAO = Registry().find("kao")
PLAIN = """
title = "two fit and the third waits"
cluster = "2 nodes x 1 cpus x 2 cores"
"""
JOB = """
[[job]]
name = "{name}"
user = "{user}"
submit = "oarsub {more} -l nodes={nodes},walltime=1:00:00 'sleep 60'"
"""
WAITING = """
title = "an inner job of a reserved container that waits for a node"
[cluster]
[[cluster.node]]
name = "here"
cpus = 1
cores = 1
[[cluster.node]]
name = "away"
cpus = 1
cores = 1
state = "Absent"
[[job]]
name = "box"
user = "alice"
submit = "oarsub -t container -r '+0:20:00' -l /nodes=2,walltime=2:00:00 'sleep 600'"
on = "1-2"
[[job]]
name = "inner"
user = "alice"
at = "0:20:05"
submit = "oarsub -t inner=box -l /nodes=1,walltime=0:30:00 'sleep 600'"
"""


def observed(plan_server: PlanServer, text: str, folder: Path) -> tuple[Snapshot, dict[str, Observation]]:
    snapshot = plan_server.snapshot(parse_scenario(text, "x.toml"), by="any")
    return snapshot, plan_server.observe(snapshot, targets(folder, NATIVE, KAO))


def launched(seen: Observation) -> dict[str, bool | None]:
    assert seen.schedule is not None
    return {name: fate.launched for name, fate in seen.schedule.fates.items()}


@pytest.mark.parametrize("warm", [True, False])
def test_what_is_launched_and_what_is_not(warm: bool, mixed_plan_server: PlanServer, tmp_path: Path) -> None:
    names = ("first", "second", "third")
    text = PLAIN + "".join(JOB.format(name=n, user="alice", more="", nodes=1) for n in names)
    mixed_plan_server.warm = warm
    try:
        _, seen = observed(mixed_plan_server, text, tmp_path)
    finally:
        mixed_plan_server.warm = True
    for observation in seen.values():
        assert launched(observation) == {"first": True, "second": True, "third": False}


def test_an_inner_job_of_a_container_that_waits(mixed_plan_server: PlanServer, tmp_path: Path) -> None:
    snapshot, seen = observed(mixed_plan_server, WAITING, tmp_path)
    # OAR 2.5.9 launches nothing; the query of 2.6.1 (OAR::IO, get_gantt_jobs_to_launch) lets the inner job through.
    assert launched(seen[NATIVE.id]) == launched(seen[KAO.id]) == {"box": False, "inner": True}
    case = CaseRecord("c", Kind.PLAN, "c", snapshot.situation, NATIVE.id, 60, seen)
    for column in (NATIVE.id, KAO.id):
        result = judge_case(case, column)
        assert result.status is Status.INVALID
        assert [d.rules for d in result.differences if not d.harmless] == [("launch",)]
    assert not judge_case(case, KAO.id).faulty, "what both do is a finding about OAR"
    # As 2.5.9 does: the same plan, and nothing launched.
    kept = seen[NATIVE.id].schedule
    assert kept is not None
    fates = {n: replace(f, state="Waiting", launched=False) for n, f in kept.fates.items()}
    quiet = replace(seen[NATIVE.id], schedule=replace(kept, fates=fates))
    quieter = replace(case, observations={**seen, NATIVE.id: quiet})
    assert judge_case(quieter, NATIVE.id).status is Status.AGREES
    assert judge_case(quieter, KAO.id).faulty


def test_the_reference_asked_again_and_without_a_cause(mixed_plan_server: PlanServer, tmp_path: Path) -> None:
    text = PLAIN + JOB.format(name="first", user="zed", more="", nodes=2)
    text += JOB.format(name="second", user="amy", more="", nodes=2)
    scenario = parse_scenario(text, "x.toml")
    snapshot = mixed_plan_server.snapshot(scenario, by="any")
    seen = mixed_plan_server.observe(snapshot, targets(tmp_path, NATIVE, KAO))
    repeats = mixed_plan_server.again(snapshot, targets(tmp_path, NATIVE)[0], 0, 3)
    assert [again.schedule for again in repeats] == [seen[NATIVE.id].schedule] * 3
    assert all(not again.crashes for again in repeats)
    assert launched(seen[NATIVE.id]) == {"first": False, "second": True}, "users of equal karma, by name"
    assert launched(seen[KAO.id]) == {"first": True, "second": False}
    reference, candidate = targets(tmp_path, NATIVE, KAO)
    made = confirm(mixed_plan_server, scenario, Without(one_user=True), replace(reference, id="ref"), [candidate])
    assert set(made.observations) == {"ref", "kao"}
    assert {job.user for job in made.situation.jobs} == {"zed"}
    for observation in made.observations.values():
        assert launched(observation) == {"first": True, "second": False}
