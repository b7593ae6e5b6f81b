"""A further round of a case without the cause that a known difference names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from harness.model.combination import Combination
from harness.model.record import Confirmation
from harness.model.removed_cause import Without
from harness.oar2 import conf
from harness.plan.plan_server import PlanServer, Snapshot
from harness.workload.scenario import Scenario

_SECURITY = "SCHEDULER_JOB_SECURITY_TIME"
_USUAL = 60
"""Seconds of security time where oar.conf does not say (native schedulers, and OAR3's ``configuration.py``)."""


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
    bench: PlanServer,
    scenario: Scenario,
    without: Without,
    reference: tuple[str, Combination],
    candidates: Mapping[str, Combination],
    artefacts: Path,
    by: Literal["oarsub", "rows", "any"] = "any",
) -> Confirmation:
    """Make the round; the bench then holds another snapshot than before.

    :param reference: its column and the combination. :param candidates: the same of those to be compared.
    """
    snapshot = bench.snapshot(changed(scenario, without), by=by)
    column, combination = reference
    found = {column: bench.observe(snapshot, [combination], artefacts)[combination.id]}
    other = for_candidate(snapshot, without)
    for name, candidate in candidates.items():
        found[name] = bench.observe(other, [candidate], artefacts, columns={candidate.id: name})[candidate.id]
    seen = {name: replace(observation, combination=name) for name, observation in found.items()}
    return Confirmation(without, snapshot.situation, seen)
