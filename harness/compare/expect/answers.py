"""What the actions of a live case were answered: as the scenario expects it, and as the reference was answered."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.compare.expect.assertions import number, pattern, truth
from harness.compare.expect.expectations import Broken
from harness.model.difference import Difference, DifferenceClass
from harness.model.record import Answer, CaseRecord

_SHOWN = 6
"""How many lines of a difference are shown."""
_LONGEST = 160


def actions_of(record: CaseRecord) -> frozenset[str]:
    """The names of a case's actions: those that any of its observations has an answer to."""
    return frozenset(answer.action for seen in record.observations.values() for answer in seen.answers)


def unmet(expect: Mapping[str, Any], answers: Iterable[Answer]) -> Iterator[Broken]:
    """The assertions on actions that do not hold. That an action is carried out is one, unless ``done = false``."""
    for answer in answers:
        wanted = expect.get(answer.action, {})
        done = truth(wanted.get("done", True))
        if done != (not answer.undone):
            but = answer.undone or "it was"
            yield Broken(answer.action, f"expected it to be {'done' if done else 'left undone'}, but {but}")
        if answer.undone:
            continue
        if "exit" in wanted and answer.exit_code != number(wanted["exit"]):
            why = f"expected exit {wanted['exit']}, but `{answer.command}` ended with {answer.exit_code}"
            last = answer.output.strip().splitlines()[-1:]
            yield Broken(answer.action, f"{why}: {last[0][:_LONGEST]}" if last else why)
        if "output" in wanted and not pattern(wanted["output"]).search(answer.output):
            printed = " ".join(answer.output.split())[-_LONGEST:]
            yield Broken(answer.action, f"expected output {wanted['output']}, but it says {printed!r}")


def answers_differ(reference: Iterable[Answer], candidate: Iterable[Answer]) -> Iterator[Difference]:
    """Each action whose answer is to be compared, and is another one than the reference's: ``other-outcome``."""
    before = {answer.action: answer for answer in reference}
    for answer in candidate:
        other = before.get(answer.action)
        if other is None or other.told is None or answer.told is None:
            continue
        if why := _differ(other, answer):
            yield Difference(answer.action, DifferenceClass.OTHER_OUTCOME, f"`{answer.command}` {why}")


def _differ(reference: Answer, candidate: Answer) -> str:
    if reference.exit_code != candidate.exit_code:
        return f"ends with {candidate.exit_code} instead of {reference.exit_code}"
    assert reference.told is not None
    assert candidate.told is not None
    one, other = reference.told.splitlines(), candidate.told.splitlines()
    # n=0: changed lines alone, each behind its sign.
    lines = [
        line for line in difflib.unified_diff(one, other, lineterm="", n=0) if line[:2] not in ("--", "++", "@@")
    ]
    if not lines:
        return ""
    shown = "; ".join(f"{line[0]} {' '.join(line[1:].split())[:_LONGEST]}" for line in lines[:_SHOWN])
    more = f"; and {len(lines) - _SHOWN} more lines" if len(lines) > _SHOWN else ""
    return f"is answered otherwise (- the reference, + the candidate): {shown}{more}"
