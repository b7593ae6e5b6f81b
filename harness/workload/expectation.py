"""Reads ``[expect]``: what must hold under every combination, whatever the reference does.

Its words are those of :mod:`harness.model.expect_words`. ``harness.compare`` judges by them; here they are read while
a file and a line can still be named.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from harness.model.cluster import Cluster
from harness.model.combination import did_you_mean
from harness.model.duration import parse_duration
from harness.model.expect_words import (
    ACTION_WORDS,
    ALIASES,
    JOB_WORDS,
    OUTCOMES,
    SCHEDULE_WORDS,
    ExpectWord,
    ValueType,
)
from harness.model.patterns import trouble_of
from harness.workload.toml_table import Table


def read_expectations(
    table: Table, jobs: Collection[str], arrays: Collection[str], cluster: Cluster, actions: Collection[str] = ()
) -> dict[str, Any]:
    """``[expect]`` with every word checked, as ``{"valid": True, "wide": {"starts-after": "short"}}``.

    Durations become seconds, lists of nodes lists, and aliases the word they mean.

    :param jobs: the names in the workload, elements of arrays included.
    :param arrays: the arrays' own names: each stands for all its elements.
    :param actions: the actions' names.
    """
    every_job = dict.fromkeys((*jobs, *arrays))
    names = {**every_job, **dict.fromkeys(actions)}
    found: dict[str, Any] = {}
    for key, value in table.content.items():
        if key in SCHEDULE_WORDS:
            found[key] = table.flag(key)
            continue
        if key not in names:
            table.fault(f"there is no job {key!r}", did_you_mean(key, (*names, *SCHEDULE_WORDS)), key)
        if not isinstance(value, dict):
            name = f'"{key}"' if "[" in key else key
            table.fault(f"{key} is {value!r}", f'write for example {name}.starts-after = "…"', key)
        known = ACTION_WORDS if key in actions else JOB_WORDS
        words = table.table(key, (*known, *(() if key in actions else ALIASES)), f"[expect] {key}")
        found[key] = {}
        for word in words.content:
            meant = ALIASES.get(word, word)
            if meant in found[key]:
                words.fault(f"{word} and {meant} mean the same", "keep one of them", word)
            found[key][meant] = _read(words, word, known[meant], key, every_job, cluster)
    return found


def _read(words: Table, word: str, meant: ExpectWord, job: str, names: Collection[str], cluster: Cluster) -> Any:
    """The value of ``word``, which the file writes for ``meant``."""
    match meant.value:
        case ValueType.JOBS:
            return _others(words, word, job, names)
        case ValueType.COUNT:
            return words.integer(word, 0)
        case ValueType.DURATION:
            return parse_duration(words.content[word], where=words.where(word), what=f"{words.label}: {word}")
        case ValueType.NODES:
            return _known(words, word, "node", cluster.nodes)
        case ValueType.FLAG:
            return words.flag(word)
        case ValueType.PATTERN:
            text = words.text(word)
            if trouble := trouble_of(text):
                words.fault(f"{word} is no regular expression: {trouble}", "put a \\ before ( [ * + ? .", word)
            return text
        case ValueType.STATES:
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
