"""A scenario file as conditions of departures see it: its jobs and its site as data, at the moment it is planned."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.exposure.asked_job import AskedJob, Column, Surroundings
from harness.exposure.quota_words import QuotaWords
from harness.exposure.request_facts import RequestFacts, is_unlisted
from harness.exposure.resource_facts import ResourceFacts
from harness.model.cluster import Cluster
from harness.model.job import Group, Job, Moldable
from harness.oarsub.command_line import read_command_line
from harness.oarsub.request import read_alternatives
from harness.oarsub.row_options import NotInRows
from harness.workload.queues import queue_of
from harness.workload.scenario import Scenario, ScenarioJob

_USUAL_QUEUES = {"admin": 10, "default": 2, "besteffort": 0}
_SUSPENDS = re.compile(r"oarhold\s+-r\s+\{([\w-]+)\}")
_SETS = re.compile(r"oarnodesetting\b.*?-s\s*(\w+)")
_FAILS = re.compile(r"\bexit [1-9]")
_WITHIN_A_CASE = 60
"""Seconds within which a live case has a job come to its walltime."""


def surroundings_of(scenario: Scenario, columns: tuple[Column, ...], debian: str) -> Surroundings:
    """The site of a scenario."""
    conf = {"HIERARCHY_LABELS": scenario.cluster.hierarchy_labels, **scenario.conf}
    if scenario.quotas:
        conf.setdefault("QUOTAS", "yes")
    queues = {**_USUAL_QUEUES, **{queue.name: queue.priority for queue in scenario.queues}}
    upto = {f"{each.state}:{each.available_upto}" for each in scenario.cluster.resources}
    if any(_SETS.search(line) and "-s Alive" in line for line in _lines(scenario)):
        # What was Absent and is set Alive keeps its available_upto.
        upto |= {entry.replace("Absent", "Alive") for entry in upto}
    return Surroundings(
        columns=columns,
        conf={key: (value,) for key, value in conf.items()},
        debian=debian,
        queues=queues,
        upto=frozenset(upto),
        part_down=is_part_down(scenario.cluster),
        quotas=bool(scenario.quotas),
    )


def is_part_down(cluster: Cluster) -> bool:
    """Whether a node has resources that are up, and others that are neither Alive nor Absent."""
    states: dict[str, set[bool]] = {}
    for each in cluster.resources:
        if each.node:
            states.setdefault(each.node, set()).add(each.state in ("Alive", "Absent"))
    return any(len(found) > 1 for found in states.values())


def jobs_of(scenario: Scenario) -> list[AskedJob]:
    """Its jobs, each element of an array by itself; a job that only ``oarsub`` can read is left out."""
    facts = ResourceFacts(scenario.cluster.resources)
    quotas = QuotaWords(scenario.quotas)
    conf = {"OARSUB_NODES_RESOURCES": "network_address", **scenario.conf}
    labels = conf.get("HIERARCHY_LABELS", scenario.cluster.hierarchy_labels).split(",")
    now = max((job.at if job.started is None else job.started for job in scenario.jobs), default=0) + 1
    cap = conf.get("SCHEDULER_FAIRSHARING_MAX_JOB_PER_USER", "30")
    around = _around(scenario)
    requests: dict[str, Job] = {}
    unplaced: set[str] = set()
    before: dict[tuple[str, str], int] = {}
    found = []
    for given in scenario.jobs:
        try:
            job = _job(given, conf)
        except (NotInRows, ValueError):
            continue
        requests[given.name] = job
        if is_unplaced(given, job, scenario, facts, unplaced):
            unplaced.add(given.name)
        held = requests.get(given.submission.container)
        for _ in given.names:
            key = (job.user, job.queue)
            waits = given.started is None and job.reservation is None
            before[key] = before.get(key, 0) + waits
            first = job.moldables[0].walltime
            found.append(
                AskedJob(
                    job,
                    waits_for=_waits_for(given, job, scenario, requests, unplaced),
                    states=_states(given, scenario),
                    events=frozenset(["CANNOT_NOTIFY_OARSUB"] if given.leaves else []),
                    around_waiting=around,
                    around_running=around if given.started is not None else frozenset(),
                    container=_container(given, job, scenario, held),
                    margin=held.moldables[0].walltime - first if held else None,
                    checkpoint=int(read_command_line(given.submission.argv).last("checkpoint") or 0) > 0,
                    overran=_overran(given, first, scenario, now),
                    over_cap=waits and cap.isdigit() and before[key] > int(cap),
                    accepted=job.reservation is not None and bool(given.on),
                    quota=quotas.words(job.queue, job.project, job.types, job.user),
                    unlisted=is_unlisted(job, labels),
                    facts=RequestFacts(job, facts),
                )
            )
    return found


def _job(given: ScenarioJob, conf: Mapping[str, str]) -> Job:
    line = read_command_line(given.submission.argv)
    own = line.last("property") or ""
    moldables = []
    for alternative in read_alternatives(line.all("resource"), conf):
        groups = []
        for group in alternative.groups:
            named = re.search(r"\btype\b", group.condition)
            parts = [group.condition, own, "" if named else "type = 'default'"]
            groups.append(Group(group.levels, " AND ".join(f"({part})" for part in parts if part)))
        moldables.append(Moldable(alternative.seconds, tuple(groups)))
    types = given.submission.types
    start = given.submission.reservation
    return Job(
        given.name,
        0,
        given.user,
        line.last("project") or "default",
        queue_of(given.submission),
        given.at,
        None if start is None else given.at + start.start,
        types,
        given.submission.after,
        tuple(moldables),
        line.last("name") or "",
    )


def is_unplaced(given: ScenarioJob, job: Job, scenario: Scenario, facts: ResourceFacts, unplaced: set[str]) -> bool:
    """Whether it waits and can have no place: what it needs is down, or what it depends on is not planned with it."""
    if given.started is not None or given.on:
        return False
    names = {each.name: each for each in scenario.jobs}
    needed = [names[name.partition("[")[0]] for name in given.submission.after]
    # In a live case what is submitted first runs while the others wait.
    live = "live" in scenario.kinds and any(not each.submission.after for each in needed)
    behind = any(each.started is not None or each.on or each.name in unplaced for each in needed)
    down = all(facts.up(group.properties) is False for moldable in job.moldables for group in moldable.groups)
    return behind or live or down


def _waits_for(
    given: ScenarioJob, job: Job, scenario: Scenario, requests: Mapping[str, Job], unplaced: set[str]
) -> frozenset[str]:
    found = set()
    for each in scenario.jobs:
        if not any(name.partition("[")[0] == each.name for name in given.submission.after):
            continue
        found.add("Running" if each.started is not None else "Hold" if _held(each) else "Waiting")
        if "live" in scenario.kinds:
            found.add("Running")
        if each.on and each.started is None:
            found.add("reservation")
        if each.name in requests and requests[each.name].queue != job.queue:
            found.add("other-queue")
        if each.name in unplaced:
            found.add("unplaced")
        if any(_FAILS.search(word) for word in each.submission.argv):
            found.add("failed")
    return frozenset(found)


def _container(given: ScenarioJob, job: Job, scenario: Scenario, held: Job | None) -> frozenset[str]:
    if held is None:
        return frozenset()
    each = next(each for each in scenario.jobs if each.name == given.submission.container)
    found = {"Running" if each.started is not None else "Hold" if _held(each) else "Waiting"}
    if "container" not in each.submission.types:
        found.add("gone")
    if held.queue != job.queue:
        found.add("other-queue")
    return frozenset(found)


def _overran(given: ScenarioJob, walltime: int, scenario: Scenario, now: int) -> bool:
    """Whether it still runs after its walltime: in a live case of a second's security time, what OAR itself ends."""
    if given.started is not None:
        return now > given.started + walltime
    ends = given.submission.noop and given.runtime is None and walltime < _WITHIN_A_CASE
    return ends and "live" in scenario.kinds and scenario.conf.get("SCHEDULER_JOB_SECURITY_TIME") == "1"


def _held(given: ScenarioJob) -> bool:
    return "hold" in read_command_line(given.submission.argv).values


def _states(given: ScenarioJob, scenario: Scenario) -> frozenset[str]:
    found = {"Running" if given.started is not None else "Hold" if _held(given) else "Waiting"}
    if any(name == given.name for line in _lines(scenario) for name in _SUSPENDS.findall(line)):
        found |= {"Running", "Suspended", "Resuming"}
    return frozenset(found)


def _around(scenario: Scenario) -> frozenset[str]:
    found = {each.state for each in scenario.cluster.resources}
    found.update(state for line in _lines(scenario) for state in _SETS.findall(line))
    if any(action.do == "stop" for action in scenario.actions):
        found.add("Suspected")
    return frozenset(found)


def _lines(scenario: Scenario) -> list[str]:
    return [*(action.run for action in scenario.actions), *(step.run for step in scenario.steps)]
