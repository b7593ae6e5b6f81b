"""Scenarios written out as files again: what a fuzz finding is kept as."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from procset import ProcSet

from harness.model.record import Kind
from harness.workload.clusters import describe_cluster
from harness.workload.duration import format_duration
from harness.workload.scenario import Scenario
from harness.workload.scenario_job import ScenarioJob

_BARE = re.compile(r"[A-Za-z0-9_-]+")


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
    if scenario.only:
        head["only"] = list(scenario.only)
    lines += _pairs(head)
    if not isinstance(cluster, str):
        lines += _table("cluster", {"hierarchy": cluster["hierarchy"]})
        for key in ("node", "resource"):
            for entry in cluster.get(key, ()):
                lines += ["", f"[[cluster.{key}]]", *_pairs(entry)]
    for name, content in (
        ("conf", scenario.conf),
        ("files", scenario.files),
        ("not-applicable", scenario.not_applicable),
    ):
        if content:
            lines += _table(name, content)
    for queue in scenario.queues:
        entry = {"name": queue.name, "priority": queue.priority}
        lines += ["", "[[queue]]", *_pairs(entry | ({"scheduler": queue.scheduler} if queue.scheduler else {}))]
    for job in scenario.jobs:
        lines += ["", "[[job]]", *_pairs(_job(job))]
    if scenario.expect:
        lines += ["", "[expect]"]
        for key, value in scenario.expect.items():
            words = value.items() if isinstance(value, Mapping) else [("", value)]
            lines += [f"{_key(key)}{'.' + word if word else ''} = {_value(each)}" for word, each in words]
    return "\n".join(lines) + "\n"


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
    return entry


def _table(name: str, content: Mapping[str, Any]) -> list[str]:
    return ["", f"[{name}]", *_pairs(content)]


def _pairs(content: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in content.items()]


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _basic(key)


def _basic(text: str) -> str:
    """A text as TOML: JSON's escapes are TOML's too; TOML alone wants DEL escaped as well."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _literal(text: str) -> str:
    """A text as TOML that needs no escapes; empty where none has to be, or there is no way."""
    if not set(text) & set('"\\') or not text.isprintable():
        return ""
    if "'" not in text:
        return f"'{text}'"
    return "" if "'''" in text or text.startswith("'") or text.endswith("'") else f"'''{text}'''"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _literal(value) or _basic(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pairs(value)) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    raise NotImplementedError(f"cannot write a {type(value).__name__} as TOML")
