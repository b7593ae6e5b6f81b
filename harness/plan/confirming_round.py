"""A further round of a case without the cause that a known difference names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from harness.model.record import Confirmation
from harness.model.removed_cause import Without
from harness.model.target import Target
from harness.oar2 import conf
from harness.plan.plan_server import PlanServer, Snapshot
from harness.workload.scenario import Scenario

_SECURITY = "SCHEDULER_JOB_SECURITY_TIME"
_USUAL = 60
"""Seconds of security time if oar.conf does not say (native schedulers, and OAR3's ``configuration.py``)."""


def changed(scenario: Scenario, without: Without) -> Scenario:
    """The scenario as both sides are given it."""
    jobs = scenario.jobs
    if without.one_user and jobs:
        jobs = tuple(replace(job, user=jobs[0].user) for job in jobs)
    return replace(scenario, conf={**scenario.conf, **without.conf}, jobs=jobs)


def for_candidate(snapshot: Snapshot, without: Without) -> Snapshot:
    """The snapshot as a candidate is given it."""
    if not without.security:
        return snapshot
    text = conf.read_keys(snapshot.conf).get(_SECURITY, "")
    seconds = (int(text) if text.isdecimal() else _USUAL) + without.security
    return replace(snapshot, conf=conf.set_keys(snapshot.conf, {_SECURITY: str(seconds)}))


def confirm(
    plan_server: PlanServer,
    scenario: Scenario,
    without: Without,
    reference: Target,
    candidates: Iterable[Target],
    by: Literal["oarsub", "rows", "any"] = "any",
) -> Confirmation:
    """Make the round; the server then holds another snapshot than before."""
    snapshot = plan_server.snapshot(changed(scenario, without), by=by)
    found = plan_server.observe(snapshot, [reference])
    other = for_candidate(snapshot, without)
    for candidate in candidates:
        found |= plan_server.observe(other, [candidate])
    return Confirmation(without, snapshot.situation, found)
