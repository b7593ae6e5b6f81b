"""Words that a scenario's kind has no use for: what would never hold is refused, what changes nothing warned of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from harness.model.combination import did_you_mean
from harness.model.owned_keys import LOGGING
from harness.model.record import Kind
from harness.workload.queues import queue_of
from harness.workload.scenario_job import ScenarioJob
from harness.workload.toml_table import Table

_OF_PROGRAMS = ("exit", "output")


def check_programs(table: Table, names: Collection[str], expect: Mapping[str, Any], *, real_nodes: bool) -> None:
    """Refuse what is said of a job's program if none runs.

    :param names: of jobs and arrays; actions have an exit code and an output whatever the nodes are.
    """
    if real_nodes:
        return
    for name in names:
        for word in _OF_PROGRAMS:
            if word in expect.get(name, {}):
                table.fault(
                    f"[expect] {name}: {word} is of a program, which runs on no node here",
                    'add nodes = "real", or remove it',
                    "expect",
                    name,
                    word,
                )


def idle_logging(table: Table, kinds: Collection[Kind], conf: Collection[str]) -> Iterator[str]:
    """A line for each key that says how to log, if no plan case tries it."""
    for key in conf:
        if key in LOGGING and Kind.PLAN not in kinds:
            yield f"{table.where('conf', key)}: [conf] {key} is tried in plan cases alone: lanes log in their own way"


def idle_words(
    table: Table, kinds: Collection[Kind], jobs: Iterable[ScenarioJob], queues: Collection[str]
) -> Iterator[str]:
    """A line for each word of a ``[[job]]`` that changes nothing, or hardly what was meant, with its place.

    :param queues: those that there are.
    """
    places = {entry.get("name"): index for index, entry in enumerate(table.content["job"])}
    for job in jobs:
        where, label = table.where("job", places[job.name]), f"[[job]] {job.name!r}"
        if job.runtime is not None and Kind.LIVE not in kinds:
            yield f"{where}: {label}: runtime is of live cases: a plan makes no job end"
        queue = queue_of(job.submission)
        if queue not in queues:
            yield f"{where}: {label}: there is no queue {queue!r} — {did_you_mean(queue, queues)}"
