"""What statuses, classes and exit codes mean, said to an administrator; and how counts and times are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from harness.model.difference import DifferenceClass
from harness.model.fault import ExitCode
from harness.model.record import Adaptation
from harness.model.result import CombinationResult, KnownState, KnownUse, RunResult, Status, Verdict

DRAFT = "known-differences.draft.toml"
"""The file of a run's folder with entries to be filled in for what it leaves unexplained."""

EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.COMPATIBLE: "compatible",
    ExitCode.INCOMPATIBLE: "incompatible",
    ExitCode.INCONCLUSIVE: "inconclusive: something asked for could not be tested",
    ExitCode.NOTHING_RAN: "nothing ran",
    ExitCode.CONFIGURATION: "the configuration is wrong",
    ExitCode.MACHINE: "the machine is at fault: engine, network or disk",
}

STATUSES: Mapping[Status, str] = {
    Status.AGREES: "agree",
    Status.KNOWN: "known",
    Status.DIFFERS: "differ",
    Status.INVALID: "invalid",
    Status.CRASH: "crash",
    Status.NOT_RUN: "not compared",
}
"""How a status is counted in a line of text: ``3 differ``; from best to worst, ``not compared`` last."""

CLASSES: Mapping[DifferenceClass, str] = {
    DifferenceClass.IDENTICAL: "same start, same resources",
    DifferenceClass.EQUIVALENT_PLACEMENT: "same start, other resources of the same shape",
    DifferenceClass.SHIFTED: "start differs within the tolerance",
    DifferenceClass.EARLIER: "starts earlier than under the reference",
    DifferenceClass.LATER: "starts later than under the reference",
    DifferenceClass.OTHER_MOLDABLE: "another alternative of the request was chosen",
    DifferenceClass.OTHER_SHAPE: "spread differently over the hierarchy",
    DifferenceClass.ONLY_IN_REFERENCE: "given a place by the reference only",
    DifferenceClass.ONLY_IN_CANDIDATE: "given a place by the candidate only",
    DifferenceClass.OTHER_OUTCOME: "rejected, in error, killed or launched on one side",
    DifferenceClass.INVALID: "breaks a rule no schedule may break",
    DifferenceClass.CRASH: "a program did not end as it should",
}


def counts_of(result: RunResult, combination: str) -> Counter[Status]:
    """How many cases of one combination have which status."""
    return Counter(case.status for case in result.cases if case.candidate == combination)


def all_combinations(result: RunResult) -> tuple[CombinationResult, ...]:
    """The combinations of a run, and behind them any candidate of a case that has no line of its own."""
    known = {combination.id for combination in result.combinations}
    strays = dict.fromkeys(case.candidate for case in result.cases if case.candidate not in known)
    return result.combinations + tuple(
        CombinationResult(id=stray, verdict=Verdict.INCONCLUSIVE, cases=sum(counts_of(result, stray).values()))
        for stray in strays
    )


def adaptations_of(result: RunResult) -> list[tuple[Adaptation, tuple[str, ...]]]:
    """Each adaptation once, with the ids of the combinations that needed it."""
    found: dict[Adaptation, list[str]] = {}
    for combination in result.combinations:
        for adaptation in combination.adaptations:
            found.setdefault(adaptation, []).append(combination.id)
    return [(adaptation, tuple(ids)) for adaptation, ids in found.items()]


def flat(environment: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """The environment's entries as pairs of text, ``oar3.version`` for what lies deeper; empty if unknown."""
    for key, value in environment.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", "" if value is None else str(value)


def copies_of(environment: Mapping[str, Any]) -> Iterator[str]:
    """Each copy of OAR3 in one line, ``@new: 3.0.2, commit 1b4a01a4-dirty``; nothing if one has neither.

    Without a commit the beginning of its content's sum sets it apart from another of that version.
    """
    one = environment.get("oar3") or {}
    alone = {"": one} if one.get("commit") else {}
    for name, copy in (environment.get("oar3-copies") or alone).items():
        known = f"commit {copy['commit']}" if copy.get("commit") else f"content {str(copy.get('sha256'))[:8]}"
        yield (f"@{name}: " if name else "") + f"{copy.get('version')}, {known} ({copy.get('origin')})"


def remark(use: KnownUse) -> str:
    """What somebody should do something about in an entry of the known differences; empty if it is in use."""
    return {
        KnownState.EXPIRED: f"expired on {use.expires}, explains nothing since",
        KnownState.UNUSED: f"explains nothing any more: {cases(use.cases)} it is for",
        KnownState.NOT_MET: "no case of this run is one it is for",
        KnownState.EXPIRING: f"expires {_in_days(use.days or 0)}",
        KnownState.USED: "",
    }[use.state]


def _in_days(days: int) -> str:
    return "today" if days == 0 else f"in {days} {'day' if days == 1 else 'days'}"


def duration(seconds: float) -> str:
    """A span of time as ``h:mm:ss``, with days before it if there are any: ``2 d 3:00:00``."""
    whole = round(abs(seconds))
    days, rest = divmod(whole, 86400)
    clock = f"{rest // 3600}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    return f"{'-' if seconds < 0 and whole else ''}{f'{days} d ' if days else ''}{clock}"


def offset(seconds: int) -> str:
    """A moment relative to when the round was decided: ``+0:10:00``, ``-0:00:05``, ``now``."""
    return "now" if seconds == 0 else f"{'+' if seconds > 0 else ''}{duration(seconds)}"


def cases(count: int) -> str:
    """``1 case``, ``3 cases``."""
    return number(count, "case")


def number(count: int, noun: str, several: str = "") -> str:
    """A count with its noun; ``several`` is the noun of many if that is not it with an ``s``."""
    return f"{count} {noun if count == 1 else several or f'{noun}s'}"


def everything(count: int, noun: str) -> str:
    """``the one case``, ``all 3 cases``."""
    return f"the one {noun}" if count == 1 else f"all {count} {noun}s"
