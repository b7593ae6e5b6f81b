"""The words of ``[expect]``: the name, value and meaning of each, for reading, checking and the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from harness.model.job import JOB_STATES, REJECTED
from harness.model.record import Kind


class ValueType(StrEnum):
    """What a word takes; the value is how the documentation says it."""

    JOBS = "a job, or a list of jobs"
    DURATION = "a duration"
    NODES = "nodes"
    COUNT = "a whole number"
    STATES = "a state of a job, or a list of which one is meant"
    PATTERN = "a regular expression"
    FLAG = "true or false"


@dataclass(frozen=True, slots=True)
class ExpectWord:
    """A word of ``[expect]``.

    :ivar meaning: when the expectation is met.
    :ivar kinds: the kinds of case that can show it.
    :ivar alias: another name that is read as this word; empty if there is none.
    """

    name: str
    value: ValueType
    meaning: str
    kinds: tuple[Kind, ...] = (Kind.PLAN, Kind.LIVE)
    alias: str = ""


OUTCOMES = (*JOB_STATES, REJECTED)
"""States of a job, and ``Rejected`` if ``oarsub`` refused it."""

_LIVE = (Kind.LIVE,)


def _by_name(*words: ExpectWord) -> Mapping[str, ExpectWord]:
    return {word.name: word for word in words}


SCHEDULE_WORDS = _by_name(
    ExpectWord(
        "valid",
        ValueType.FLAG,
        "the [rules of a valid schedule](reports.md#rules) hold (`true`, the default), or are not judged (`false`)",
    ),
)
"""Words that stand above the jobs, for the whole schedule."""

JOB_WORDS = _by_name(
    ExpectWord("starts-after", ValueType.JOBS, "it starts later than they do"),
    ExpectWord("starts-before", ValueType.JOBS, "it starts earlier than they do"),
    ExpectWord("starts-with", ValueType.JOBS, "it starts when they do"),
    ExpectWord("starts-after-end-of", ValueType.JOBS, "it starts when they have ended, or later"),
    ExpectWord("ends-before-start-of", ValueType.JOBS, "it has ended when they start"),
    ExpectWord(
        "starts-at-least",
        ValueType.DURATION,
        "it starts no earlier than so long after the beginning of the case, from which `at` counts too",
    ),
    ExpectWord(
        "starts-at-most",
        ValueType.DURATION,
        "it starts no later than so long after the beginning of the case",
        alias="starts-within",
    ),
    ExpectWord("lasts", ValueType.DURATION, "so long passes from its start to its end"),
    ExpectWord("lasts-at-least", ValueType.DURATION, "so long or longer passes from its start to its end"),
    ExpectWord("lasts-at-most", ValueType.DURATION, "so long or shorter passes from its start to its end"),
    ExpectWord("on", ValueType.NODES, "it is on no other nodes", alias="on-nodes"),
    ExpectWord("not-on", ValueType.NODES, "it is on none of them"),
    ExpectWord("resources", ValueType.COUNT, "it has so many resources"),
    ExpectWord("nodes", ValueType.COUNT, "its resources are on so many nodes"),
    ExpectWord("moldable", ValueType.COUNT, "it takes this alternative (`-l … -l …`), counted from 0"),
    ExpectWord("placed", ValueType.FLAG, "it has a place, or none"),
    ExpectWord(
        "killed",
        ValueType.FLAG,
        "the scheduler had it killed for another job, or did not",
    ),
    ExpectWord("state", ValueType.STATES, "it is in this state (`jobs.state`), or was refused (`Rejected`)"),
    ExpectWord("message", ValueType.PATTERN, "it is found in the job's message"),
    ExpectWord(
        "exit", ValueType.COUNT, "on a real node: what its program ended with (128 and a signal's number)", _LIVE
    ),
    ExpectWord("output", ValueType.PATTERN, "on a real node: it is found in its program's standard output", _LIVE),
)
"""Words about a job, or about each job of an array."""

ACTION_WORDS = _by_name(
    ExpectWord("exit", ValueType.COUNT, "it was answered with this exit code or HTTP status", _LIVE),
    ExpectWord("output", ValueType.PATTERN, "it is found in the answer", _LIVE),
    ExpectWord(
        "done",
        ValueType.FLAG,
        "it was carried out (`true`, the default), or what it waits for never came (`false`)",
        _LIVE,
    ),
)
"""Words about an action of a live case."""

ALIASES = {word.alias: word.name for word in JOB_WORDS.values() if word.alias}
"""Words that are read as another word."""


def documented(word: ExpectWord, subject: str) -> str:
    """The word's row in ``docs/scenarios.md``.

    :param subject: what it is about: ``NAME``, ``ACTION``, or empty for the whole schedule.

    >>> documented(JOB_WORDS["on"], "NAME")
    '| `NAME.on` | nodes | it is on no other nodes; also `on-nodes` |  |'
    """
    name = f"{subject}.{word.name}" if subject else word.name
    alias = f"; also `{word.alias}`" if word.alias else ""
    kinds = "" if len(word.kinds) > 1 else word.kinds[0].value
    return f"| `{name}` | {word.value} | {word.meaning}{alias} | {kinds} |"
