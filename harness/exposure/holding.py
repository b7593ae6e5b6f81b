"""Whether a condition holds: of a site, of a job; yes, no, or that cannot be told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from harness.compare.known.condition import asks
from harness.exposure.asked_condition import OF_A_JOB, PASSING, AskedCondition, said
from harness.exposure.asked_job import AskedJob, Column, Surroundings
from harness.model.combination import fits
from harness.model.job import Job

_TYPE = re.compile(r"""\btype\s*=\s*['"]([\w-]+)""", re.A)

Answer = bool | None
"""None: it cannot be told."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A word of a condition that does not hold of a site, or of which it cannot be told.

    :ivar answer: False or None. :ivar lasting: whether it stays so until somebody changes the configuration.
    :ivar why: as a clause.
    """

    word: str
    answer: Answer
    lasting: bool
    why: str


def both(answers: Iterable[Answer]) -> Answer:
    """True if all are, False if one is, else it cannot be told."""
    found = set(answers)
    return False if False in found else None if None in found else True


def refusals(when: AskedCondition, here: Surroundings) -> list[Refusal]:
    """The words about the site that do not hold; empty: all do."""
    found = [_conf(key, patterns, here) for key, patterns in when.conf.items()]
    if when.candidate and not any(fits_column(when.candidate, column) for column in here.columns):
        found.append(Refusal("candidate", False, True, f"no column tried fits {' or '.join(when.candidate)}"))
    if when.debian and not here.debian:
        found.append(Refusal("debian", None, True, "site.toml does not say which Debian the servers run"))
    elif when.debian:
        found.append(_patterns("debian", when.debian, [here.debian], f"the servers run Debian {here.debian}"))
    shown = [f"{name}={priority}" for name, priority in here.queues.items()]
    if when.priorities:
        found.append(_patterns("priorities", when.priorities, shown, f"queues and priorities are {', '.join(shown)}"))
    if when.quotas is not None and when.quotas != here.quotas:
        found.append(Refusal("quotas", False, True, "there are quotas" if here.quotas else "there are no quotas"))
    if when.upto:
        found.append(_patterns("upto", when.upto, here.upto, f"no resource is {' or '.join(when.upto)} now"))
    if when.part_down is not None and when.part_down != here.part_down:
        found.append(Refusal("part_down", False, False, "no node is down in part now"))
    return [each for each in found if each]


def fits_column(patterns: Iterable[str], column: Column, queues: Iterable[str] = ()) -> bool:
    """Whether one of the patterns fits a column, in one of those queues; none: anywhere."""
    queues = tuple(queues)
    return any(fits(pattern, column.id, column.schedulers, queues) for pattern in patterns)


def _conf(key: str, patterns: tuple[str, ...], here: Surroundings) -> Refusal | None:
    if key in here.unknown:
        return Refusal("conf", None, True, f"{key} is set, and its value did not come along")
    values = here.values(key)
    if _any(patterns, values):
        return None
    shown = " or ".join(f'"{value}"' for value in values) if values != ("",) else "not set"
    return Refusal("conf", False, True, f"{key} is {shown}")


def _patterns(word: str, patterns: tuple[str, ...], values: Iterable[str], why: str) -> Refusal | None:
    return None if _any(patterns, values) else Refusal(word, False, word not in PASSING, why)


def holds_of(when: AskedCondition, asked: AskedJob) -> Answer:
    """Whether all words about a job hold of it."""
    return question(when)(asked)


def question(when: AskedCondition) -> Callable[[AskedJob], Answer]:
    """The same for many jobs: what the condition says is looked up once."""
    names = tuple(name for name in said(when) if name in _ANSWERS)
    of_request = any(name not in names for name in said(when) if name in OF_A_JOB)

    def holds(asked: AskedJob) -> Answer:
        if of_request and not asks(when, asked.job):
            return False
        answer: Answer = True
        for name in names:
            found = _answer(name, when, asked)
            if found is False:
                return False
            answer = answer and found
        return answer

    return holds


def _answer(name: str, when: AskedCondition, asked: AskedJob) -> Answer:
    wanted = getattr(when, name)
    value = _ANSWERS[name](asked)
    if name == "all_types":
        return all(_any([pattern], value) for pattern in wanted)
    if isinstance(wanted, bool):
        return None if value is None else value == wanted
    if value is None:
        return None
    if all(isinstance(each, int) for each in wanted):
        return any(wanted[0] <= each <= wanted[1] for each in value)
    return _any(wanted, value)


def _levels(job: Job, lower: bool) -> list[str]:
    return [
        str(level)
        for moldable in job.moldables
        for group in moldable.groups
        for level in (group.levels[1:] if lower else group.levels[:1])
    ]


def alike_groups(job: Job) -> int:
    """The most groups, in one alternative, that ask for one type of resource."""
    most = 0
    for moldable in job.moldables:
        kinds = [resource_type(group.properties) for group in moldable.groups]
        most = max(most, *(kinds.count(kind) for kind in kinds), 0)
    return most


def resource_type(condition: str) -> str:
    """The type of resource that a group's condition names: ``default`` unless it names one."""
    found = _TYPE.search(condition)
    return found[1] if found else "default"


_ANSWERS: dict[str, Callable[[AskedJob], Any]] = {
    "waits_for": lambda asked: asked.waits_for,
    "all_types": lambda asked: asked.job.types,
    "top_level": lambda asked: _levels(asked.job, lower=False),
    "lower_level": lambda asked: _levels(asked.job, lower=True),
    "alike_groups": lambda asked: [alike_groups(asked.job)],
    "walltime": lambda asked: [moldable.walltime for moldable in asked.job.moldables],
    "checkpoint": lambda asked: asked.checkpoint,
    "state": lambda asked: asked.states,
    "event": lambda asked: asked.events,
    "around_waiting": lambda asked: asked.around_waiting,
    "around_running": lambda asked: asked.around_running,
    "container": lambda asked: asked.container,
    "margin": lambda asked: [] if asked.margin is None else [asked.margin],
    "overran": lambda asked: asked.overran,
    "over_cap": lambda asked: asked.over_cap,
    "accepted": lambda asked: asked.accepted,
    "quota": lambda asked: asked.quota,
    "unlisted_level": lambda asked: asked.unlisted,
    "part_of_cluster": lambda asked: asked.facts and asked.facts.part,
    "split_block": lambda asked: asked.facts and asked.facts.split,
    "null_level": lambda asked: asked.facts and asked.facts.null,
}
"""What a job answers to each word that is not about its request alone; None: it cannot be told."""

assert set(_ANSWERS) <= set(OF_A_JOB)


def _any(patterns: Iterable[str], values: Iterable[str]) -> bool:
    values = tuple(values)
    return any(fnmatchcase(value, pattern) for pattern in patterns for value in values)
