"""Small situations and schedules to judge, and a simple way to make valid ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from procset import ProcSet

from harness.model.cluster import Resource, parse_cluster
from harness.model.job import Group, Job, Level, Moldable
from harness.model.record import CaseRecord, Kind, Observation
from harness.model.schedule import Fate, Placement, Schedule, Situation

NOW = 1_750_000_000
HOUR = 3600


def ids(text: str) -> ProcSet:
    return ProcSet.from_str(text) if text else ProcSet()


def cluster(text: str = "4 nodes x 2 cpus x 4 cores", **states: str) -> tuple[Resource, ...]:
    """Resources; ``node2="Absent"`` puts one node in another state."""
    resources = parse_cluster(text).resources
    return tuple(replace(r, state=states.get(r.node, r.state)) for r in resources)


def group(request: str, eligible: str | ProcSet = "", properties: str = "") -> Group:
    """``host=2/core=1`` as a group."""
    words = (part.split("=") for part in request.strip("/").split("/"))
    levels = tuple(Level(name, int(count)) for name, count in words)
    return Group(levels, properties, ids(eligible) if isinstance(eligible, str) else eligible)


def moldable(request: str, walltime: int = HOUR, eligible: str = "") -> Moldable:
    return Moldable(walltime, tuple(group(one, eligible) for one in request.split("+")))


def job(name: str, *requests: str | Moldable, walltime: int = HOUR, **more: Any) -> Job:
    asked = requests or ("host=1",)
    more.setdefault("id", sum(map(ord, name)) + 1000 * len(name))
    more.setdefault("submitted", NOW - 60)
    alternatives = tuple(r if isinstance(r, Moldable) else moldable(r, walltime) for r in asked)
    return Job(name=name, moldables=alternatives, **more)


def situation(
    *jobs: Job, resources: Iterable[Resource] | None = None, now: int = NOW, conf: Mapping[str, str] | None = None
) -> Situation:
    found = cluster() if resources is None else tuple(resources)
    settings = {"SCHEDULER_JOB_SECURITY_TIME": "60"} if conf is None else conf
    return Situation(now, found, ("host", "cpu", "core"), jobs, settings)


def place(resources: str | ProcSet, start: int = 0, lasts: int = HOUR, moldable: int = 0) -> Placement:
    """A placement that starts ``start`` seconds after NOW."""
    found = ids(resources) if isinstance(resources, str) else resources
    return Placement(NOW + start, NOW + start + lasts, moldable, found)


def fate(resources: str | ProcSet, start: int = 0, lasts: int = HOUR, state: str = "Waiting", **more: Any) -> Fate:
    return Fate(state, place(resources, start, lasts, more.pop("moldable", 0)), **more)


def schedule(**fates: Fate) -> Schedule:
    return Schedule(fates)


def record(
    here: Situation,
    reference: Schedule | Observation | None,
    candidate: Schedule | Observation | None = None,
    *,
    kind: Kind = Kind.PLAN,
    tolerance: int = 2,
    expect: Mapping[str, Any] | None = None,
    case: str = "c1",
) -> CaseRecord:
    """A case with the combinations ``native`` (the reference) and ``kao``."""
    observations = {}
    for name, found in (("native", reference), ("kao", candidate)):
        if found is not None:
            observations[name] = (
                replace(found, combination=name) if isinstance(found, Observation) else Observation(name, found)
            )
    return CaseRecord(case, kind, f"case {case}", here, "native", tolerance, observations, expect or {})
