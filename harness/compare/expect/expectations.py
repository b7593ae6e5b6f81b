"""A scenario's own assertions, ``[expect]``: what must hold under every combination.

::

    [expect]
    valid = true                    # the rules of a valid schedule hold; false: they are not judged here
    wide.starts-after = "short"     # words on a job, or on every job of an array by the array's name
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.compare.catalogue import Catalogue
from harness.compare.expect.assertions import OF_FATE, OF_PLACE, READERS, Unfit, View, named
from harness.model.combination import did_you_mean
from harness.model.expect_words import JOB_WORDS, SCHEDULE_WORDS, ExpectWord, ValueType
from harness.model.fault import ConfigurationFault
from harness.model.resubmission import replaced
from harness.model.schedule import Fate, Schedule, Situation


@dataclass(frozen=True, slots=True)
class Broken:
    """An assertion that does not hold: on which job, and why, as ``expected …, but …``."""

    job: str
    why: str


def check_expect(expect: Mapping[str, Any], jobs: Iterable[str], where: str) -> None:
    """Refuse assertions that mean nothing: unknown words, jobs or values. Raises ConfigurationFault, with a hint."""
    names = list(jobs)
    for subject, wanted in expect.items():
        if subject in SCHEDULE_WORDS:
            _value(SCHEDULE_WORDS[subject], wanted, subject, where)
            continue
        _job(subject, names, where)
        if not isinstance(wanted, Mapping):
            raise ConfigurationFault(
                f"[expect] {subject} = {wanted!r}", where=where, remedy=f"write for example {subject}.placed = true"
            )
        for word, value in wanted.items():
            _check_word(f"{subject}.{word}", word, value, names, where)


def _check_word(label: str, word: str, value: object, names: list[str], where: str) -> None:
    if word not in JOB_WORDS:
        raise ConfigurationFault(f"[expect] {label}", where=where, remedy=did_you_mean(word, JOB_WORDS))
    parsed = _value(JOB_WORDS[word], value, label, where)
    if JOB_WORDS[word].value is ValueType.JOBS:
        for other in parsed:
            _job(other, names, where)


def _value(word: ExpectWord, value: object, label: str, where: str) -> Any:
    try:
        return READERS[word.value](value)
    except Unfit as bad:
        raise ConfigurationFault(f"[expect] {label} = {value!r}", where=where, remedy=f"it takes {bad}") from None


def _job(name: str, names: list[str], where: str) -> None:
    if not named(name, names):
        raise ConfigurationFault(f"[expect] no job {name!r}", where=where, remedy=did_you_mean(name, names))


def judges_validity(expect: Mapping[str, Any]) -> bool:
    """Whether the rules of a valid schedule are judged: unless ``valid = false``."""
    return expect.get("valid", True) is not False


def broken(expect: Mapping[str, Any], situation: Situation, schedule: Schedule, where: str) -> Iterator[Broken]:
    """The assertions that a schedule does not meet. Raises ConfigurationFault as :func:`check_expect` does.

    >>> from harness.model.job import Job
    >>> here = Situation(0, (), ("host",), (Job("long", 1),))
    >>> for each in broken({"long": {"placed": True}}, here, Schedule({"long": Fate("Waiting")}), "hole.toml"):
    ...     print(f"{each.job}: {each.why}")
    long: expected placed True, but it has no place
    """
    names = [job.name for job in situation.jobs]
    # What OAR was to submit again and did not is a job of no schedule.
    names += [name for name in expect if replaced(name) in names]
    check_expect(expect, [*names, *schedule.fates], where)
    catalogue = Catalogue(situation)
    for subject, wanted in expect.items():
        if subject in SCHEDULE_WORDS:
            continue
        for job in named(subject, dict.fromkeys([*names, *schedule.fates])):
            fate = schedule.fates.get(job)
            for word, value in wanted.items():
                why = _unmet(word, value, fate, situation, schedule, catalogue)
                if why:
                    yield Broken(job, f"expected {word} {_plain(value)}, but {why}")


def _unmet(
    word: str, value: object, fate: Fate | None, situation: Situation, schedule: Schedule, catalogue: Catalogue
) -> str:
    wanted = READERS[JOB_WORDS[word].value](value)
    if word in OF_FATE:
        return OF_FATE[word](fate, wanted)
    place = fate.placement if fate else None
    if place is None:
        return f"it has no place ({fate.state if fate else 'absent'})"
    return OF_PLACE[word](View(situation, schedule, catalogue, place), wanted)


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
