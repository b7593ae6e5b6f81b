"""Jobs marked as running or accepted stand in the database as OAR2's own programs leave them."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from sqlalchemy import text

from harness.plan.plan_server import EPOCH, PlanServer
from harness.plan.round import run_round
from harness.plan.warm_rounds import Runner
from harness.workload.scenario import Scenario
from tests.oar2.tables import Rows, differences, tables
from tests.oar2.test_rows import scenario
from tests.servers import NATIVE

pytestmark = pytest.mark.engine

_BIPBIP = (
    "OARDIR=/usr/lib/oar OARCONFFILE=/run/oar-compat/warm/played/oar.conf OARDO_USER=oar USER=oar /usr/lib/oar/bipbip"
)


def played(plan_server: PlanServer, wanted: Scenario, rounds: list[int]) -> dict[str, Rows]:
    """The tables after real rounds on the scenario's jobs, decided at those seconds after the beginning.

    ``bipbip`` starts what was launched, at the moment the round was decided for; that needs no node if the job is
    of the type noop.
    """
    snapshot = plan_server.snapshot(wanted)
    runner = Runner(plan_server.server, "played")
    for decided in rounds:
        plan_server.clock.set(EPOCH + decided - 1)
        assert run_round(runner, NATIVE, "oar", snapshot.conf, expected={}).crashes == ()
        plan_server.clock.set(EPOCH + decided)
        with plan_server.server.database.connect() as connection:
            jobs = connection.scalars(text("SELECT job_id FROM jobs WHERE state = 'toLaunch' ORDER BY 1")).all()
        plan_server.server.database.dispose()
        for job in jobs:
            plan_server.server.container.run("sh", "-c", f"{_BIPBIP} {job}", user="oar")
    runner.close()
    return tables(plan_server.server.database)


def marked(
    plan_server: PlanServer, wanted: Scenario, there: dict[str, Rows], by: Literal["oarsub", "rows"]
) -> dict[str, Rows]:
    """The tables after the same jobs were said to run, or to be accepted, where and when they really were."""
    jobs = {row["job_id"]: row for row in there["jobs"]}
    places: dict[int, list[int]] = {}
    moldables = {row["moldable_id"]: row["moldable_job_id"] for row in there["moldable_job_descriptions"]}
    for row in there["gantt_jobs_resources"]:
        places.setdefault(moldables[row["moldable_job_id"]], []).append(row["resource_id"])
    placed = tuple(
        replace(
            job,
            started=jobs[id]["start_time"] - EPOCH if jobs[id]["state"] == "Running" else None,
            on=tuple(sorted(places.get(id, ()))),
        )
        for id, job in enumerate(wanted.jobs, 1)
    )
    plan_server.snapshot(replace(wanted, jobs=placed), by=by)
    return tables(plan_server.server.database)


def comparable(found: dict[str, Rows]) -> dict[str, Rows]:
    """Without what only the course of the rounds decides."""
    # The scheduler of the round writes the message of what it places anew, in its own way and with its own remarks.
    for row in found["jobs"]:
        if row["reservation"] == "None":
            del row["message"]
    # Several jobs go through their states side by side, so that the logs of one are no neighbours.
    for row in found["job_state_logs"]:
        del row["job_state_log_id"]
    found["job_state_logs"].sort(key=lambda row: [str(value) for value in row.values()])
    for row in found["event_logs"]:
        del row["event_id"]
    return found


RUNNING = """
    oarsub -t noop -l core=2,walltime=1:00:00
    oarsub -t noop -t besteffort -l core=1,walltime=1:00:00
    oarsub -t noop -t timesharing=user,* -l host=1,walltime=1:00:00 -l core=1
    oarsub -t noop -t container -l cpu=1,walltime=2:00:00
"""


@pytest.mark.parametrize("by", ["oarsub", "rows"])
def test_a_running_job(plan_server: PlanServer, by: Literal["oarsub", "rows"]) -> None:
    wanted = scenario(RUNNING)
    there = played(plan_server, wanted, [60])
    assert [row["state"] for row in there["jobs"]] == ["Running"] * 4
    here = marked(plan_server, wanted, there, by)
    assert differences(comparable(there), comparable(here)) == []


def test_an_accepted_reservation(plan_server: PlanServer) -> None:
    wanted = scenario("oarsub -r '+0:20:00' -l core=3,walltime=1:00:00 x")
    there = played(plan_server, wanted, [8])
    assert [(row["state"], row["reservation"]) for row in there["jobs"]] == [("Waiting", "Scheduled")]
    here = marked(plan_server, wanted, there, "rows")
    # The moment of the last round is one second earlier, that the next may be decided at situation.now.
    for name in ("gantt_jobs_predictions", "gantt_jobs_predictions_visu"):
        (row,) = (row for row in here[name] if row["moldable_job_id"] == 0)
        row["start_time"] += 1
    assert differences(comparable(there), comparable(here)) == []


@pytest.mark.parametrize("late", [0, 45])
def test_a_reservation_that_runs(plan_server: PlanServer, late: int) -> None:
    wanted = scenario("oarsub -r '+0:02:00' -t noop -l core=3,walltime=1:00:00")
    there = played(plan_server, wanted, [8, 127 + late])
    assert [(row["state"], row["reservation"]) for row in there["jobs"]] == [("Running", "Scheduled")]
    assert [row["moldable_walltime"] for row in there["moldable_job_descriptions"]] == [3600 - late]
    here = marked(plan_server, wanted, there, "rows")
    assert differences(comparable(there), comparable(here)) == []
