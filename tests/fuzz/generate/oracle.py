"""What generated scenarios must be, judged by code that generation knows nothing of: SQL and the rules of judging."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from procset import ProcSet

from harness.compare.validate import validate
from harness.model.job import Group, Job, Level, Moldable
from harness.model.schedule import Fate, Placement, Schedule, Situation
from harness.oarsub.resource_request import ResourceGroup
from harness.oarsub.submission_parts import Ask, read_ask
from harness.workload.scenario import Scenario
from harness.workload.scenario_job import ScenarioJob


def eligible(scenario: Scenario, *conditions: str) -> ProcSet:
    """The resources that fulfil all conditions, asked of SQL."""
    names = [name for name in scenario.cluster.properties if name not in ("besteffort", "deploy")]
    with sqlite3.connect(":memory:") as database:
        columns = ("resource_id", "type", "besteffort", "deploy", *names)
        database.execute(f"CREATE TABLE resources ({', '.join(columns)})")
        database.executemany(
            f"INSERT INTO resources VALUES ({', '.join('?' * len(columns))})",
            [
                (
                    row.id,
                    row.type,
                    row.properties.get("besteffort", "YES"),
                    row.properties.get("deploy", "NO"),
                    *(row.properties.get(name) for name in names),
                )
                for row in scenario.cluster.resources
            ],
        )
        where = " AND ".join(f"({each})" for each in conditions if each) or "TRUE"
        found = database.execute(f"SELECT resource_id FROM resources WHERE {where}").fetchall()
    database.close()
    return ProcSet(*(row[0] for row in found))


def stored(scenario: Scenario, ask: Ask, asked: ResourceGroup) -> Group:
    """A group as the admission rules of a fresh OAR leave it in the database."""
    conditions = [
        ask.condition,
        asked.condition,
        "" if "type" in asked.condition else "type = 'default'",
        "besteffort = 'YES'" if "besteffort" in ask.types else "",
        "deploy = 'YES'" if "deploy" in ask.types else "",
    ]
    levels = tuple(Level(_property(level.property), level.count) for level in asked.levels)
    return Group(levels, "as asked", eligible(scenario, *conditions))


def _property(name: str) -> str:
    return "network_address" if name == "nodes" else name


def rows(scenario: Scenario) -> Iterator[Job]:
    """The jobs as they would stand in the database, arrays as one."""
    for number, job in enumerate(scenario.jobs, 1):
        ask = read_ask(job.submission)
        yield Job(
            job.name,
            number,
            job.user,
            submitted=job.at,
            reservation=job.at + ask.reservation.start if ask.reservation else None,
            types=tuple(entry for entry in ask.types if "=+" not in entry),
            after=ask.after,
            moldables=tuple(
                Moldable(seconds(job), tuple(stored(scenario, ask, asked) for asked in alternative.groups))
                for alternative in ask.alternatives
            ),
            label=ask.label,
        )


def seconds(job: ScenarioJob) -> int:
    """For how long a job that stands holds its resources."""
    ask = read_ask(job.submission)
    if ask.reservation and ask.reservation.stop is not None:
        return ask.reservation.stop - ask.reservation.start
    return ask.alternatives[0].seconds


def wrongs(scenario: Scenario) -> list[str]:
    """The rules that what stands from the beginning breaks, judged as if one round had decided it all."""
    fates = {}
    for job in scenario.jobs:
        if job.on:
            start = job.started if job.started is not None else job.at + job.submission.reservation.start
            fates[job.name] = Fate("Waiting", Placement(start, start + seconds(job), 0, ProcSet(*job.on)))
    situation = Situation(0, scenario.cluster.resources, scenario.cluster.hierarchy, tuple(rows(scenario)))
    return [f"{found.rule} {found.jobs}: {found.why}" for found in validate(situation, Schedule(fates))]
