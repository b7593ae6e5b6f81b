"""What went wrong in one comparison, in so few words that the same fault says the same again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from harness.model.difference import Difference, DifferenceClass
from harness.model.result import CaseResult, Status

_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\([^()]*\)|\[[^\[\]]*\]")
_RULE = re.compile(r"^([a-z][a-z -]*): ")


@dataclass(frozen=True, slots=True, order=True)
class Symptom:
    """What two comparisons share that show the same fault.

    :ivar side: ``candidate``; ``reference`` if the reference itself crashes or breaks a rule; ``both`` if both
        break the same rule.
    :ivar kind: a class of difference: that of the first job, in the order of submission, on which the two do not
        agree; what comes after may follow from it, also if it is known. A crash comes before everything, then a
        broken rule; after a known crash nothing else is looked at, since all may follow from it.
    :ivar detail: the first of the broken rules, or the crash without its figures; else empty.
    """

    side: str
    kind: str
    detail: str = ""

    @property
    def about_reference(self) -> bool:
        """Whether it is a finding about OAR, and no difference: the reference crashes or breaks a rule by itself."""
        return self.side != "candidate"

    @property
    def decides(self) -> bool:
        """Whether it is how the candidate decides: no crash, and no broken rule, which count however seldom."""
        return self.side == "candidate" and self.kind not in (DifferenceClass.CRASH, DifferenceClass.INVALID)

    def __str__(self) -> str:
        text = f"{self.kind} ({self.detail})" if self.detail else self.kind
        return text if self.side == "candidate" else f"{text}, {self.side}"


def symptom_of(candidate: CaseResult, reference: CaseResult, order: Iterable[str]) -> Symptom | None:
    """The symptom of a judged case; None if the two agree, or differ as is known.

    :param candidate: the case under the candidate.
    :param reference: the case under the reference, judged by itself.
    :param order: the jobs' names in the order of submission.
    """
    if any(difference.kind is DifferenceClass.CRASH and difference.known for difference in candidate.differences):
        return None
    own = _alone(reference, "reference", order)
    if own and own.kind == DifferenceClass.CRASH:
        return own
    found = _alone(candidate, "candidate", order)
    if found and own and found.detail == own.detail:
        return Symptom("both", found.kind, found.detail)
    if found:
        return found
    if own:
        return own
    if candidate.status is Status.NOT_RUN:
        return None
    # What comes after may follow from it, also if it is known, or the reference's own noise.
    first = _first([d for d in candidate.differences if not d.kind.harmless or d.job in candidate.unstable], order)
    if first is None or first.known is not None or first.unstable or first.job in candidate.unstable:
        return None
    return Symptom("candidate", first.kind.value)


def _alone(result: CaseResult, side: str, order: Iterable[str]) -> Symptom | None:
    """A crash, or a broken rule: what is wrong without a comparison."""
    found = _unexplained(result)
    for difference in found:
        if difference.kind is DifferenceClass.CRASH:
            return Symptom(side, difference.kind.value, normal(difference.why))
    invalid = [difference for difference in found if difference.kind is DifferenceClass.INVALID]
    first = _first(invalid, order)
    rules = _RULE.findall(first.why) if first else []
    return Symptom(side, first.kind.value, rules[0] if rules else "") if first else None


def _unexplained(result: CaseResult) -> list[Difference]:
    return [d for d in result.differences if d.known is None and not d.harmless]


def _first(found: list[Difference], order: Iterable[str]) -> Difference | None:
    places = {name: place for place, name in enumerate(order)}
    return min(found, key=lambda d: places.get(d.job, len(places)), default=None)


def normal(text: str) -> str:
    """A message without what changes from one case to the next: figures, names in quotes or brackets."""
    line = text.strip().splitlines()[0] if text.strip() else ""
    line = _QUOTED.sub("…", line)
    return _NUMBERS.sub("#", line)[:160]
