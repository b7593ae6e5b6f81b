"""Times of ``[expect]`` that no plan can meet: it is made after all its jobs were submitted or started."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from harness.model.duration import format_duration
from harness.model.record import Kind
from harness.workload.scenario_job import ScenarioJob
from harness.workload.toml_table import Table

_WORD = "starts-at-most"


def made_after(jobs: Sequence[ScenarioJob]) -> int:
    """When the plan is made, in seconds after the beginning: one after the last ``at`` or ``started``."""
    return max(max(job.at, job.started or 0) for job in jobs) + 1


def check_starts(
    table: Table, kinds: Collection[Kind], jobs: Sequence[ScenarioJob], expect: Mapping[str, Any]
) -> None:
    """Refuse a ``starts-at-most`` that lies before the plan is made, or before the job is submitted.

    What holds resources already may have begun earlier, so it is left alone.
    """
    made = made_after(jobs) if Kind.PLAN in kinds else 0
    for job in jobs:
        if job.on:
            continue
        for name in (job.name, *job.names):
            most = expect.get(name, {}).get(_WORD)
            if most is None:
                continue
            when = "the plan is made" if made else "it is submitted"
            earliest = made or job.at
            if most < earliest:
                table.fault(
                    f"[expect] {name}: {_WORD} is {format_duration(most)}, and {when} {format_duration(earliest)}"
                    " after the beginning",
                    "all times count from the beginning of the case, as at does: add that of the last at or started",
                    "expect",
                    name,
                    _WORD,
                )
