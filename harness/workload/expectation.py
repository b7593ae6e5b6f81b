"""The words of ``[expect]``: what must hold under every combination, whatever the reference does.

``harness.compare`` judges by them; here they are checked while a file and a line can still be named.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from harness.model.cluster import Cluster
from harness.model.combination import did_you_mean
from harness.model.duration import parse_duration
from harness.model.job import JOB_STATES, REJECTED
from harness.model.patterns import trouble_of
from harness.workload.toml_table import Table

RELATIONS = (
    "starts-after",
    "starts-before",
    "starts-with",
    "starts-after-end-of",
    "ends-before-start-of",
)
"""Words whose value is another job's name, or a list of names. The first three compare starts."""

TIMES = ("starts-at-least", "starts-at-most", "lasts", "lasts-at-least", "lasts-at-most")
"""Words whose value is a duration: from the beginning of the case, as ``at`` counts, to the start; the time held."""

NODES = ("on", "not-on")
"""Words whose value is a list of nodes: it is on no others; it is on none of them."""

COUNTS = ("resources", "nodes", "moldable", "exit")
"""Words whose value is a number: resources held, nodes they are on, index of the alternative chosen (from 0), what
its program ended with."""

PATTERNS = ("message", "output")
"""Words whose value is a regular expression: found in OAR's message, in what its program wrote."""

ACTION_WORDS = ("exit", "output", "done")
"""Words for an action: exit code or HTTP status, what is found in its answer, whether it was carried out at all."""

FLAGS = ("placed", "killed")
"""Words that are true or false: it has a place; the scheduler had it killed for another job."""

ALIASES = {"starts-within": "starts-at-most", "on-nodes": "on"}
"""Words that mean another word, and are read as that."""

WORDS = (*RELATIONS, *TIMES, *NODES, *COUNTS, "state", *PATTERNS, *FLAGS, *ALIASES)
"""All words for one job; the word ``valid`` stands above them, for the whole schedule."""

OUTCOMES = (*JOB_STATES, REJECTED)
"""States of a job, and ``Rejected`` where ``oarsub`` refused it."""


def read_expectations(
    table: Table, jobs: Collection[str], arrays: Collection[str], cluster: Cluster, actions: Collection[str] = ()
) -> dict[str, Any]:
    """``[expect]`` with every word checked: ``{"valid": True, "wide": {"starts-after": "short"}}``.

    Durations become seconds, lists of nodes lists, and aliases the word they mean.

    :param jobs: the names in the workload, elements of arrays included.
    :param arrays: the arrays' own names: each stands for all its elements.
    :param actions: the actions' names.
    """
    every_job = dict.fromkeys((*jobs, *arrays))
    names = {**every_job, **dict.fromkeys(actions)}
    found: dict[str, Any] = {}
    for key, value in table.content.items():
        if key == "valid":
            found[key] = table.flag(key)
            continue
        if key not in names:
            table.fault(f"there is no job {key!r}", did_you_mean(key, (*names, "valid")), key)
        if not isinstance(value, dict):
            name = f'"{key}"' if "[" in key else key
            table.fault(f"{key} is {value!r}", f'write for example {name}.starts-after = "…"', key)
        words = table.table(key, ACTION_WORDS if key in actions else WORDS, f"[expect] {key}")
        found[key] = {}
        for word in words.content:
            meant = ALIASES.get(word, word)
            if meant in found[key]:
                words.fault(f"{word} and {meant} mean the same", "keep one of them", word)
            found[key][meant] = _read(words, word, key, every_job, cluster)
    return found


def _read(words: Table, word: str, job: str, names: Collection[str], cluster: Cluster) -> Any:
    meant = ALIASES.get(word, word)
    if meant in RELATIONS:
        return _others(words, word, job, names)
    if meant in COUNTS:
        return words.integer(word, 0)
    if meant in TIMES:
        return parse_duration(words.content[word], where=words.where(word), what=f"{words.label}: {word}")
    if meant in NODES:
        return _known(words, word, "node", cluster.nodes)
    if meant in (*FLAGS, "done"):
        return words.flag(word)
    if meant in PATTERNS:
        text = words.text(word)
        if trouble := trouble_of(text):
            words.fault(f"{word} is no regular expression: {trouble}", "put a \\ before ( [ * + ? .", word)
        return text
    states = _known(words, word, "state", OUTCOMES)
    return states[0] if len(states) == 1 else states


def _others(words: Table, word: str, job: str, names: Collection[str]) -> str | list[str]:
    others = _known(words, word, "job", names)
    if job in others and word != "starts-with":
        words.fault(f"{word} names the job itself", "name another job", word)
    return others[0] if len(others) == 1 else others


def _known(words: Table, word: str, what: str, known: Collection[str]) -> list[str]:
    found = words.texts(word)
    if not found:
        words.fault(f"{word} is empty", f"name a {what}", word)
    for name in found:
        if name not in known:
            words.fault(f"{word}: there is no {what} {name!r}", did_you_mean(name, known), word)
    return list(found)
