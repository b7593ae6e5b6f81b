"""Scenarios written out as files again: what a fuzz finding is kept as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from procset import ProcSet

from harness.model.duration import format_duration
from harness.model.record import Kind
from harness.model.toml import pairs, toml_key, toml_value
from harness.workload.action import Action
from harness.workload.cluster_files import describe_cluster
from harness.workload.quota_table import describe_quota
from harness.workload.scenario import Queue, Scenario
from harness.workload.scenario_job import ScenarioJob
from harness.workload.steps import dump_steps


def dump_scenario(scenario: Scenario, *, comment: str = "") -> str:
    """TOML that :func:`harness.workload.scenario.parse_scenario` reads as an equal scenario."""
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    cluster = describe_cluster(scenario.cluster)
    head: dict[str, Any] = {"title": scenario.title}
    if isinstance(cluster, str):
        head["cluster"] = cluster
    if scenario.kinds != (Kind.PLAN,):
        head["kinds"] = [str(kind) for kind in scenario.kinds]
    if scenario.tolerance is not None:
        head["tolerance"] = format_duration(scenario.tolerance)
    if scenario.admission:
        head["admission"] = list(scenario.admission)
    if scenario.real_nodes:
        head["nodes"] = "real"
    if scenario.only:
        head["only"] = list(scenario.only)
    if scenario.installed:
        head["installed"] = True
    lines += pairs(head)
    if not isinstance(cluster, str):
        lines += _table("cluster", {"hierarchy": cluster["hierarchy"]})
        for key in ("node", "resource"):
            for entry in cluster.get(key, ()):
                lines += ["", f"[[cluster.{key}]]", *pairs(entry)]
    for name, content in (
        ("conf", scenario.conf),
        ("files", scenario.files),
        ("not-applicable", scenario.not_applicable),
    ):
        if content:
            lines += _table(name, content)
    for queue in scenario.queues:
        lines += ["", "[[queue]]", *pairs(describe_queue(queue))]
    for quota in scenario.quotas:
        lines += ["", "[[quota]]", *pairs(describe_quota(quota))]
    for job in scenario.jobs:
        lines += ["", "[[job]]", *pairs(_job(job))]
    for action in scenario.actions:
        lines += ["", "[[action]]", *pairs(_action(action))]
    lines += dump_steps(scenario.steps, scenario.accepted)
    if scenario.expect:
        lines += ["", "[expect]"]
        for key, value in scenario.expect.items():
            words = value.items() if isinstance(value, Mapping) else [("", value)]
            lines += [f"{toml_key(key)}{'.' + word if word else ''} = {toml_value(each)}" for word, each in words]
    return "\n".join(lines) + "\n"


def describe_queue(queue: Queue) -> dict[str, Any]:
    """The keys of an entry that is read as this queue."""
    entry: dict[str, Any] = {"name": queue.name, "priority": queue.priority}
    if queue.scheduler:
        entry["scheduler"] = queue.scheduler
    if queue.state != "Active":
        entry["state"] = queue.state
    return entry


def _job(job: ScenarioJob) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": job.name, "user": job.user, "submit": job.submission.line}
    if job.at:
        entry["at"] = format_duration(job.at)
    if job.runtime is not None:
        entry["runtime"] = format_duration(job.runtime)
    if job.started is not None:
        entry["started"] = format_duration(job.started)
    if job.on:
        entry["on"] = format(ProcSet(*job.on), "-,")
    if job.when:
        entry["when"] = [str(each) for each in job.when]
    if job.leaves:
        entry["client"] = "leaves"
    return entry


def _action(action: Action) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": action.name,
        "at": format_duration(action.at) if action.at else "",
        "when": [str(each) for each in action.when],
        "rounds": action.rounds,
        **{key: getattr(action, key) for key in ("run", "node", "do", "get", "post")},
        "user": "" if action.user == "root" else action.user,
        "body": dict(action.body or {}),
        "compare": action.compare,
        "ignore": list(action.ignore),
    }
    return {key: value for key, value in entry.items() if value}


def _table(name: str, content: Mapping[str, Any]) -> list[str]:
    return ["", f"[{name}]", *pairs(content)]
