"""Schedulers that are wrong on purpose are found out, and their fault is made small; a right one shows nothing.

Each faulty scheduler calls an installed one and spoils its plan afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.compare.judge_settings import JudgeSettings
from harness.fuzz.evaluate import Question
from harness.fuzz.finding import Finding
from harness.fuzz.generate import Feature, Size, stream
from harness.fuzz.hunt import Hunt
from harness.fuzz.symptom import Symptom
from harness.fuzz.workers import compare
from harness.model.combination import Combination, Scheduler
from harness.model.registry import Registry
from harness.model.target import Artefacts
from harness.plan.plan_server import PlanServer
from tests.servers import NATIVE

pytestmark = pytest.mark.engine

RIGHT = "oar_sched_gantt_with_timesharing"
SCRIPT = """#!/bin/sh
/usr/lib/oar/schedulers/{right} "$@" || exit $?
value() {{ sed -n "s/^$1=[\\"']*\\([^\\"']*\\).*/\\1/p" "$OARCONFFILE" | tail -n 1; }}
PGPASSWORD=$(value DB_BASE_PASSWD) exec psql -q -h "$(value DB_HOSTNAME)" -U oar "$(value DB_BASE_NAME)" -c "{sql}"
"""
SPOILS = {
    "hasty": """UPDATE gantt_jobs_predictions SET start_time = start_time - 200 WHERE moldable_job_id = (
        SELECT max(moldable_job_id) FROM gantt_jobs_predictions WHERE moldable_job_id > 0
        AND start_time > '$2'::int + 300)""",
    "blind": """UPDATE gantt_jobs_resources SET resource_id = (SELECT min(resource_id) FROM resources r
        WHERE r.type = 'default' AND r.state = 'Alive' AND NOT r.resource_id = ANY(
            SELECT g.resource_id FROM gantt_jobs_resources g)) WHERE moldable_job_id IN (
        SELECT m.moldable_id FROM moldable_job_descriptions m JOIN jobs j ON j.job_id = m.moldable_job_id
        WHERE j.properties LIKE '%gpu%') AND EXISTS (SELECT 1 FROM resources r WHERE r.type = 'default'
        AND r.state = 'Alive' AND NOT r.resource_id = ANY(SELECT g.resource_id FROM gantt_jobs_resources g))""",
    "crowding": """UPDATE gantt_jobs_predictions SET start_time = '$2'::int WHERE moldable_job_id > 0
        AND start_time > '$2'::int""",
}
EXPECTED = {"hasty": {"invalid", "earlier"}, "blind": {"invalid"}, "crowding": {"invalid"}}
OUT = frozenset(Feature) - {Feature.MOLDABLE, Feature.PROPERTIES, Feature.HIERARCHY, Feature.USERS}


def faulty(plan_server: PlanServer, name: str) -> Combination:
    sql = " ".join(SPOILS[name].split()).replace("$", r"\$").replace(r"'\$2'", "'$2'")
    plan_server.server.container.put(
        f"/usr/lib/oar/schedulers/{name}", SCRIPT.format(right=RIGHT, sql=sql), mode=0o755
    )
    registry = Registry()
    registry.add(Scheduler(name, name))
    return registry.find(f"oar_meta_sched+{name}")


def hunt(
    plan_server: PlanServer,
    candidate: Combination,
    folder: Path,
    enough: Callable[[Hunt], bool],
    reference: str = RIGHT,
) -> list[Finding]:
    question = Question(
        Registry().find(f"oar_meta_sched+{reference}"), candidate, JudgeSettings(), tolerance=60, debian="trixie"
    )
    hunting = Hunt(
        stream(11, Size(jobs=5, nodes=2, resources=4), OUT), (), seconds=600, look=0, on_finding=lambda *_: None
    )
    until = time.monotonic() + 500
    while not enough(hunting) and time.monotonic() < until:
        compare(hunting, question, plan_server, Artefacts(folder))
    return hunting.close()


@pytest.mark.parametrize("name", SPOILS)
def test_a_faulty_scheduler_is_found_out_and_its_fault_made_small(
    name: str, plan_server: PlanServer, tmp_path: Path
) -> None:
    found = hunt(
        plan_server,
        faulty(plan_server, name),
        tmp_path,
        lambda hunting: any(f.minimal for f in hunting.findings.values()),
    )
    finding = next(each for each in found if each.minimal)
    assert finding.steady
    assert finding.symptom.side == "candidate"
    assert finding.symptom.kind in EXPECTED[name], finding.why
    assert sum(len(job.names) for job in finding.scenario.jobs) <= 3
    if name == "blind":
        assert "eligible" in finding.symptom.detail
        assert finding.features == {Feature.PROPERTIES}


def test_a_native_against_itself_shows_nothing(plan_server: PlanServer, tmp_path: Path) -> None:
    found = hunt(
        plan_server,
        NATIVE,
        tmp_path,
        lambda hunting: hunting.compared >= 25,
        NATIVE.scheduler.name if NATIVE.scheduler else "",
    )
    assert [(finding.symptom, finding.why) for finding in found] == []


def test_a_symptom_is_told_in_few_words() -> None:
    assert str(Symptom("candidate", "invalid", "overlap")) == "invalid (overlap)"
    assert str(Symptom("both", "later")) == "later, both"
