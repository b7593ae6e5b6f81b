"""A scenario's own assertions, ``[expect]``: what must hold under every combination.

::

    [expect]
    valid = true                    # the rules of a valid schedule hold; false: they are not judged here
    wide.starts-after = "short"     # words below, on a job, or on every job of an array by the array's name
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.compare.catalogue import Catalogue
from harness.compare.expect.assertions import ANY, PLACED, Unfit, View, named, pattern, texts, truth
from harness.model.combination import did_you_mean
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
        if subject == "valid":
            _value(truth, wanted, "valid", where)
            continue
        _job(subject, names, where)
        if not isinstance(wanted, Mapping):
            raise ConfigurationFault(
                f"[expect] {subject} = {wanted!r}", where=where, remedy=f"write for example {subject}.placed = true"
            )
        for word, value in wanted.items():
            _check_word(f"{subject}.{word}", word, value, names, where)


def _check_word(label: str, word: str, value: object, names: list[str], where: str) -> None:
    if word in PLACED:
        read = PLACED[word][0]
        parsed = _value(read, value, label, where)
        if "after" in word or "before" in word or word == "starts-with":
            for other in parsed:
                _job(other, names, where)
    elif word in ANY:
        _value(ANY[word], value, label, where)
    else:
        raise ConfigurationFault(f"[expect] {label}", where=where, remedy=did_you_mean(word, [*PLACED, *ANY]))


def _value(read: Callable[[object], Any], value: object, label: str, where: str) -> Any:
    try:
        return read(value)
    except Unfit as bad:
        raise ConfigurationFault(f"[expect] {label} = {value!r}", where=where, remedy=f"it takes {bad}") from None


def _job(name: str, names: list[str], where: str) -> None:
    if not named(name, names):
        raise ConfigurationFault(f"[expect] no job {name!r}", where=where, remedy=did_you_mean(name, names))


def judges_validity(expect: Mapping[str, Any]) -> bool:
    """Whether the rules of a valid schedule are judged: unless ``valid = false``."""
    return expect.get("valid", True) is not False


def broken(expect: Mapping[str, Any], situation: Situation, schedule: Schedule, where: str) -> Iterator[Broken]:
    """The assertions that a schedule does not meet. Raises ConfigurationFault as :func:`check_expect` does."""
    names = [job.name for job in situation.jobs]
    # What OAR was to submit again and did not is a job of no schedule.
    names += [name for name in expect if replaced(name) in names]
    check_expect(expect, [*names, *schedule.fates], where)
    catalogue = Catalogue(situation)
    for subject, wanted in expect.items():
        if subject == "valid":
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
    place = fate.placement if fate else None
    if word == "state":
        state = fate.state if fate else "absent"
        return "" if state in texts(value) else f"it is {state}"
    if word == "message":
        message = fate.message if fate else ""
        return "" if pattern(value).search(message) else f"it says {message!r}"
    if word == "output":
        written = fate.output if fate else ""
        return "" if pattern(value).search(written) else f"it wrote {written[-200:]!r}"
    if word == "exit":
        ended = fate.exit_code if fate else None
        return "" if ended == value else (f"it ended with {ended}" if ended is not None else "no end is recorded")
    if word == "killed":
        killed = fate is not None and fate.killed
        return "" if killed == value else ("it is killed" if killed else "it is not killed")
    if word == "placed":
        return "" if (place is not None) == value else ("it has a place" if place else "it has no place")
    if place is None:
        return f"it has no place ({fate.state if fate else 'absent'})"
    read, judge = PLACED[word]
    return judge(View(situation, schedule, catalogue, place), read(value))


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
