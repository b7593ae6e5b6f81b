"""Queues with different schedulers on a real server: each is planned by its own, or by what is put on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.model.combination import NATIVE_SCHEDULERS, Combination
from harness.model.record import Observation
from harness.plan.plan_server import PlanServer
from harness.site.site import DEMO, load_site
from harness.workload.admission_rules import AdmissionRule
from harness.workload.scenario import load_scenario, parse_scenario
from tests.servers import targets

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[2]
SITE = load_site(ROOT / "tests" / "cases" / "queues-of-two-schedulers")
PLAIN, FAIR = (each.name for each in NATIVE_SCHEDULERS[1:3])
BY_ITSELF, BY_SUBMISSION = ("amy", "zed"), ("zed", "amy")
"""Whom fair sharing lets go first, and who submitted first."""


def find(name: str) -> Combination:
    return SITE.registry.find(name)


def starts(seen: Observation) -> dict[str, int]:
    assert seen.crashes == ()
    assert seen.schedule
    return {name: fate.placement.start for name, fate in seen.schedule.fates.items() if fate.placement}


def order(seen: Observation, queue: str) -> tuple[str, ...]:
    found = {name.partition("-")[0]: start for name, start in starts(seen).items() if name.endswith(queue)}
    return tuple(sorted(found, key=lambda user: found[user]))


@pytest.mark.parametrize("warm", [True, False])
def test_the_reference_is_what_the_site_runs(plan_server: PlanServer, tmp_path: Path, warm: bool) -> None:
    (scenario,) = SITE.load_scenarios()
    everywhere, one, other = (
        find(f"oar_meta_sched+{name}") for name in (PLAIN, f"{PLAIN}:production", f"{FAIR}:default,besteffort")
    )
    plan_server.warm = warm
    try:
        snapshot = plan_server.snapshot(scenario, "any" if warm else "oarsub")
        seen = plan_server.observe(snapshot, targets(tmp_path, SITE.reference, everywhere, one, other))
    finally:
        plan_server.warm = True
    orders = {name: (order(each, "production"), order(each, "default")) for name, each in seen.items()}
    assert orders == {
        "oar_meta_sched": (BY_ITSELF, BY_SUBMISSION),
        everywhere.id: (BY_SUBMISSION, BY_SUBMISSION),
        one.id: (BY_SUBMISSION, BY_SUBMISSION),
        other.id: (BY_ITSELF, BY_ITSELF),
    }
    proof = "\n".join(seen["oar_meta_sched"].proof)
    assert f"Queue production: Launching scheduler {FAIR} at" in proof
    assert f"Queue default: Launching scheduler {PLAIN} at" in proof
    assert seen["oar_meta_sched"].schedulers["production"] == FAIR
    assert seen[other.id].schedulers == {"admin": PLAIN, "default": FAIR, "besteffort": FAIR, "production": FAIR}
    assert seen[everywhere.id].schedulers == {}, "its id says it"


@pytest.mark.oar3
def test_kamelot_plans_the_queue_default_around_what_a_native_planned(
    mixed_plan_server: PlanServer, tmp_path: Path
) -> None:
    demo = load_site(DEMO)
    path = ROOT / "scenarios" / "queues" / "several-planned-in-the-way.toml"
    documented = demo.registry.find("oar_meta_sched+kamelot:default")
    snapshot = mixed_plan_server.snapshot(load_scenario(path, demo.defaults), "any")
    seen = mixed_plan_server.observe(snapshot, targets(tmp_path, demo.reference, documented))
    ours, other = (starts(seen[each.id]) for each in (demo.reference, documented))
    assert ours.keys() == other.keys()
    assert other["behind"] > other["third"] > other["second"] > other["first"] == other["beside"]
    proof = "\n".join(seen[documented.id].proof)
    assert f"Queue production: Launching scheduler {FAIR} at" in proof
    assert "Queue default: Launching scheduler kamelot at" in proof
    assert seen[demo.reference.id].schedulers["production"] == FAIR, "a scenario's queue keeps what it is given"


CLOSED = """
title = "a closed queue"
cluster = "2 nodes"
[[queue]]
name = "night"
priority = 7
state = "notActive"
[[job]]
name = "waits"
user = "amy"
submit = "oarsub -q night -l host=1 cmd"
[[job]]
name = "runs"
user = "amy"
submit = "oarsub -l host=2 cmd"
"""


@pytest.mark.parametrize("by", ["oarsub", "rows"])
def test_a_closed_queue_is_not_planned(plan_server: PlanServer, tmp_path: Path, by: str) -> None:
    scenario = parse_scenario(CLOSED, defaults=SITE.defaults)
    snapshot = plan_server.snapshot(scenario, by)  # type: ignore[arg-type]
    (seen,) = plan_server.observe(snapshot, targets(tmp_path, SITE.reference)).values()
    assert starts(seen).keys() == {"runs"}


def test_a_site_s_rules_stand_in_place_of_debian_s(plan_server: PlanServer, tmp_path: Path) -> None:
    rules = (
        AdmissionRule(41, 3, True, "if (not defined($queue_name)) {$queue_name='default';}\n"),
        AdmissionRule(7, 4, False, "die('disabled');\n"),
        AdmissionRule(9, 5, True, "foreach my $m (@{$ref_resource_list}) { $m->[1] = 333; }\n"),
    )
    scenario = parse_scenario(CLOSED, defaults=replace(SITE.defaults, rules=rules))
    snapshot = plan_server.snapshot(scenario, "any")
    (job,) = (job for job in snapshot.situation.jobs if job.name == "runs")
    assert [each.walltime for each in job.moldables] == [333]
    assert not snapshot.refused
    (seen,) = plan_server.observe(snapshot, targets(tmp_path, SITE.reference)).values()
    assert starts(seen).keys() == {"runs"}
