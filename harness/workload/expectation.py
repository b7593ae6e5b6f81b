"""The words of ``[expect]``: what must hold under every combination, whatever the reference does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from harness.model.cluster import Cluster
from harness.model.combination import did_you_mean
from harness.workload.duration import parse_duration
from harness.workload.table import Table

RELATIONS = ("starts-after", "starts-before", "starts-with")
"""Words whose value is another job's name: this job's start is later than, earlier than, or the same as its start."""

COUNTS = ("resources", "nodes", "moldable")
"""Words whose value is a number: resources held, nodes they are on, index of the alternative chosen (from 0)."""

WORDS = (*RELATIONS, "starts-within", "state", "on-nodes", *COUNTS)
"""All words for one job; the word ``valid`` stands above them, for the whole schedule."""

STATES = (
    "Waiting",
    "Hold",
    "toLaunch",
    "toError",
    "toAckReservation",
    "Launching",
    "Running",
    "Suspended",
    "Resuming",
    "Finishing",
    "Terminated",
    "Error",
    "Rejected",
)
"""Values of ``jobs.state`` (OAR2, ``pg_structure.sql``), and ``Rejected`` where ``oarsub`` refused the job."""


def read_expectations(
    table: Table, jobs: Collection[str], arrays: Mapping[str, int], cluster: Cluster
) -> dict[str, Any]:
    """``[expect]`` with every word checked: ``{"valid": True, "wide": {"starts-after": "short"}}``.

    ``starts-within`` becomes seconds, ``on-nodes`` a list. ``jobs`` are the names in the workload, elements of
    arrays included; ``arrays`` their sizes by the array's own name.
    """
    found: dict[str, Any] = {}
    for key, value in table.content.items():
        if key == "valid":
            if not isinstance(value, bool):
                table.fault(f"valid is {value!r}", "write valid = true", key)
            found[key] = value
            continue
        if key not in jobs:
            table.fault(f"there is no job {key!r}", _which(key, jobs, arrays, ("valid",)), key)
        if not isinstance(value, dict):
            table.fault(f"{key} is {value!r}", f'write for example {_quoted(key)}.starts-after = "…"', key)
        words = table.table(key, WORDS, f"[expect] {key}")
        found[key] = {word: _read(words, word, jobs, arrays, cluster) for word in words.content}
        if found[key].get("starts-after", key + "?") == key:
            words.fault("it cannot start after itself", "name another job", "starts-after")
    return found


def _read(words: Table, word: str, jobs: Collection[str], arrays: Mapping[str, int], cluster: Cluster) -> Any:
    if word in RELATIONS:
        other = words.text(word)
        if other not in jobs:
            words.fault(f"{word}: there is no job {other!r}", _which(other, jobs, arrays), word)
        return other
    if word in COUNTS:
        return words.integer(word, 0)
    if word == "starts-within":
        return parse_duration(words.content[word], where=words.where(word), what=f"{words.label}: {word}")
    if word == "state":
        state = words.text(word)
        if state not in STATES:
            words.fault(f"unknown state {state!r}", did_you_mean(state, STATES), word)
        return state
    nodes = words.texts(word)
    for node in nodes:
        if node not in cluster.nodes:
            words.fault(f"{word}: there is no node {node!r}", did_you_mean(node, cluster.nodes), word)
    return list(nodes)


def _which(name: str, jobs: Collection[str], arrays: Mapping[str, int], more: tuple[str, ...] = ()) -> str:
    if name in arrays:
        return f"it is an array: name one of its elements, {name}[1] to {name}[{arrays[name]}]"
    return did_you_mean(name, (*jobs, *more))


def _quoted(name: str) -> str:
    return f'"{name}"' if "[" in name else name
