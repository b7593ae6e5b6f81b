"""Setting a scenario up on a server: resources, users, files, queues, admission rules, configuration."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

from harness.model.job import REJECTED
from harness.model.owned_keys import LOGGING
from harness.model.schedule import Fate
from harness.oar2.resource_rows import add_resources
from harness.oar2.server import Oar2Server
from harness.workload.scenario import Scenario, ScenarioJob


def scenario_conf(scenario: Scenario) -> dict[str, str]:
    """The keys of oar.conf that a scenario needs; HIERARCHY_LABELS is worked out from its cluster."""
    return {"HIERARCHY_LABELS": scenario.cluster.hierarchy_labels, **lane_conf(scenario)}


def lane_conf(scenario: Scenario) -> dict[str, str]:
    """Its ``[conf]`` as lanes get it: they log in the harness's own way, whatever a site does.

    Proofs and crashes are looked for in the log, which lacks them with another LOG_LEVEL or LOG_CATEGORIES.
    """
    return {key: value for key, value in scenario.conf.items() if key not in LOGGING}


def set_up_scenario(server: Oar2Server, scenario: Scenario) -> None:
    """Everything but oar.conf: into an empty database and a fresh server."""
    server.users(scenario.users)
    _files(server, scenario)
    with server.database.begin() as connection:
        set_tables(connection, scenario)


def set_tables(connection: Connection, scenario: Scenario) -> None:
    """What of it stands in the database: resources, queues, admission rules."""
    add_resources(connection, scenario.cluster)
    for queue in scenario.queues:
        connection.execute(text("DELETE FROM queues WHERE queue_name = :name"), {"name": queue.name})
        connection.execute(
            text(
                "INSERT INTO queues (queue_name, priority, scheduler_policy, state)"
                " VALUES (:name, :priority, '', :state)"
            ),
            {"name": queue.name, "priority": queue.priority, "state": queue.state},
        )
    for name, policy in scenario.schedulers.items():
        connection.execute(
            text("UPDATE queues SET scheduler_policy = :policy WHERE queue_name = :name"),
            {"name": name, "policy": policy},
        )
    if scenario.rules is not None:
        connection.execute(text("DELETE FROM admission_rules"))
        for own in scenario.rules:
            connection.execute(
                text("INSERT INTO admission_rules (id, priority, enabled, rule) VALUES (:id, :priority, :on, :rule)"),
                {"id": own.number, "priority": own.priority, "on": "YES" if own.enabled else "NO", "rule": own.text},
            )
        connection.execute(
            text("SELECT setval('admission_rules_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM admission_rules))")
        )
    for rule in scenario.admission:
        connection.execute(
            text("INSERT INTO admission_rules (priority, enabled, rule) VALUES (1000, 'YES', :rule)"), {"rule": rule}
        )


def _files(server: Oar2Server, scenario: Scenario) -> None:
    for user in scenario.users:
        for name, content in scenario.files.items():
            server.container.put(f"/home/{user}/{name}", content, owner=user)


def refusal_of(job: ScenarioJob, refused: Mapping[str, Fate]) -> str:
    """Why a job cannot even be submitted: what it depends on was refused; empty where nothing was."""
    needed = (*job.submission.after, *filter(None, (job.submission.container,)))
    lost = next((name for name in needed if name in refused or f"{name}[1]" in refused), "")
    return f"{lost}, which it needs, was refused" if lost else ""


def refusal(job: ScenarioJob, words: str) -> dict[str, Fate]:
    """The fates of the jobs of a line that was refused.

    :param words: oarsub's own, or why it was not even typed.
    """
    return dict.fromkeys(job.names, Fate(REJECTED, None, words, command=job.submission.line))


def job_ids(names: Mapping[int, str]) -> dict[str, int]:
    """Job ids by name; an array goes by its own name too, for its first element."""
    ids: dict[str, int] = {}
    for job, name in sorted(names.items()):
        ids[name] = job
        ids.setdefault(name.partition("[")[0], job)
    return ids
