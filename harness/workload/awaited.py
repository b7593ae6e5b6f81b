"""What a live case waits for, ``when``: ``wide.Running``, ``node1.Suspected``, ``hold.done``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from harness.model.cluster import RESOURCE_STATES
from harness.model.combination import did_you_mean
from harness.model.job import JOB_STATES
from harness.workload.toml_table import Table

DONE = "done"
"""What an action can be waited for."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A job in a state, a node all of whose resources are in a state, or an action that is done."""

    subject: str
    state: str

    def __str__(self) -> str:
        return f"{self.subject}.{self.state}"


def read_awaited(
    table: Table, jobs: Collection[str], nodes: Collection[str], actions: Collection[str]
) -> tuple[Awaited, ...]:
    """``when``: one of them, or a list of which all must hold.

    :param jobs: names of the jobs, elements of arrays among them.
    :param actions: names of the actions that can be waited for.
    """
    return tuple(_one(table, text, jobs, nodes, actions) for text in table.texts("when"))


def _one(table: Table, text: str, jobs: Collection[str], nodes: Collection[str], actions: Collection[str]) -> Awaited:
    subject, dot, state = text.rpartition(".")
    if not dot:
        table.fault(f"when is {text!r}", 'write for example when = "wide.Running"', "when")
    if subject in jobs:
        known: Collection[str] = JOB_STATES
    elif subject in nodes:
        known = RESOURCE_STATES
    elif subject in actions:
        known = (DONE,)
    else:
        table.fault(
            f"when: there is no job, node or earlier action {subject!r}",
            did_you_mean(subject, (*jobs, *actions, *nodes)),
            "when",
        )
    if state not in known:
        table.fault(f"when: {subject} is never {state!r}", did_you_mean(state, known), "when")
    return Awaited(subject, state)
