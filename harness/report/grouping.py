"""Differences of one kind, seen in many jobs, cases and combinations, brought together into one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from harness.model.difference import DifferenceClass
from harness.model.result import CaseResult, Refusal, RunResult, Status

_SEVERITY = {
    Status.CRASH: DifferenceClass.CRASH.severity,
    Status.INVALID: DifferenceClass.INVALID.severity,
    Status.DIFFERS: DifferenceClass.OTHER_OUTCOME.severity,
}


@dataclass(frozen=True, slots=True)
class DifferenceGroup:
    """What is said once for many.

    :ivar label: the class, or the case's status if no single job is meant.
    :ivar why: the explanation of one of them, figures and all.
    :ivar known: id of the known difference, else None.
    :ivar severity: as :attr:`DifferenceClass.severity`.
    :ivar count: how many differences there are in it.
    :ivar jobs: names of the jobs, each once; empty if whole rounds are meant.
    :ivar cases: ids of the cases, each once.
    :ivar candidates: ids of the combinations, each once.
    """

    label: str
    why: str
    known: str | None
    severity: int
    count: int
    jobs: tuple[str, ...]
    cases: tuple[str, ...]
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusedJobs:
    """One line that ``oarsub`` refused in a case, and under which combinations."""

    case: str
    title: str
    refusal: Refusal
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Occurrence:
    label: str
    why: str
    known: str | None
    severity: int
    job: str
    case: CaseResult
    shared: bool = False

    @property
    def likeness(self) -> tuple[str, str, str]:
        """Two of the same likeness belong together: only names and figures differ."""
        why = self.why.replace(" (the reference breaks it too)", "")
        if self.job:
            why = re.sub(rf"(?<!\w){re.escape(self.job)}(?!\w)", "@", why)
        return self.label, self.known or "", re.sub(r"\d+", "#", why)


def worst(result: RunResult) -> list[DifferenceGroup]:
    """The differences that keep a candidate from being compatible, worst first.

    No known and no harmless ones, and none that the reference shows too: those are not the candidate's.
    """
    return _groups(result.compared, lambda occurrence: occurrence.known is None and not occurrence.shared)


def by_reference(result: RunResult) -> list[DifferenceGroup]:
    """What the reference breaks by itself without explanation: the scenario is to be looked at, or OAR2."""
    rows = (*result.by_reference, *(case for case in result.compared if case.shared))
    return _groups(rows, lambda occurrence: occurrence.known is None)


def known(result: RunResult) -> list[DifferenceGroup]:
    """The differences that an entry explains, in the order of the entries' ids."""
    return sorted(
        _groups(result.cases, lambda occurrence: occurrence.known is not None), key=lambda group: group.known or ""
    )


def about_reference(result: RunResult) -> dict[tuple[str, str], int]:
    """The noise of the reference: title and line, and under how many columns."""
    columns: dict[tuple[str, str], int] = {}
    for case in result.cases:
        for line in case.about_reference:
            columns[case.title, line] = columns.get((case.title, line), 0) + 1
    return columns


def not_run(result: RunResult) -> list[DifferenceGroup]:
    """The cases that did not run or were not compared, by reason."""
    occurrences = [
        _Occurrence("not-run", c.why or "nothing was recorded of it", None, 0, "", c)
        for c in result.cases
        if c.status is Status.NOT_RUN
    ]
    return _collect(occurrences)


def refused(result: RunResult) -> list[RefusedJobs]:
    """What ``oarsub`` refused, in each case once, whatever the combinations; what no scenario expects first."""
    by_refusal: dict[tuple[str, str, Refusal], list[str]] = {}
    for case in result.cases:
        for refusal in case.refused:
            by_refusal.setdefault((case.id, case.title, refusal), []).append(case.candidate)
    found = [RefusedJobs(case, title, refusal, tuple(ids)) for (case, title, refusal), ids in by_refusal.items()]
    return sorted(found, key=lambda each: each.refusal.expected)


def _groups(cases: Iterable[CaseResult], wanted: Callable[[_Occurrence], bool]) -> list[DifferenceGroup]:
    occurrences = []
    for case in cases:
        for d in case.differences:
            if d.known is not None or not d.harmless:
                occurrences.append(_Occurrence(d.kind.value, d.why, d.known, d.kind.severity, d.job, case, d.shared))
        # A case can fail as a whole, by an assertion of its scenario, with every job alike.
        if case.status in _SEVERITY and all(d.known or d.harmless for d in case.differences):
            occurrences.append(_Occurrence(case.status.value, case.why, None, _SEVERITY[case.status], "", case))
    return _collect([occurrence for occurrence in occurrences if wanted(occurrence)])


def _collect(occurrences: list[_Occurrence]) -> list[DifferenceGroup]:
    by_likeness: dict[tuple[str, str, str], list[_Occurrence]] = {}
    for occurrence in occurrences:
        by_likeness.setdefault(occurrence.likeness, []).append(occurrence)
    groups = [
        DifferenceGroup(
            label=alike[0].label,
            why=alike[0].why,
            known=alike[0].known,
            severity=alike[0].severity,
            count=len(alike),
            jobs=tuple(dict.fromkeys(occurrence.job for occurrence in alike if occurrence.job)),
            cases=tuple(dict.fromkeys(occurrence.case.id for occurrence in alike)),
            candidates=tuple(dict.fromkeys(occurrence.case.candidate for occurrence in alike)),
        )
        for alike in by_likeness.values()
    ]
    return sorted(groups, key=lambda group: (-group.severity, -group.count))
