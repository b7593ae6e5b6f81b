"""The verdict of a run in one sentence. Each figure counts what it says it counts: cases are cases, however many
candidates they were tried under, and what is said of candidates leaves the reference's own rows out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from harness.model.fault import ExitCode
from harness.model.result import CaseResult, RunResult, Status, Verdict
from harness.report.safe_text import one_line
from harness.report.wording import STATUSES, all_combinations, cases, everything, number

EXPECTED = "expected"
"""What stands for a rule's name if an assertion of the scenario does not hold (``compare``'s word)."""

_BAD = {
    Status.CRASH: "crashed",
    Status.INVALID: "broke a rule",
    Status.DIFFERS: "did not decide as the reference does",
}


def sentence(result: RunResult) -> str:
    """The verdict in one sentence with what it means for a site."""
    words = {
        Verdict.COMPATIBLE: _compatible,
        Verdict.COMPATIBLE_WITH_KNOWN_DIFFERENCES: _known,
        Verdict.INCOMPATIBLE: _incompatible,
        Verdict.INCONCLUSIVE: _inconclusive,
    }
    return one_line(words[result.verdict](result))


def reservations(result: RunResult) -> tuple[str, ...]:
    """What keeps a run from being compatible that is no fault of a candidate: a part of a sentence each."""
    return tuple(_reservations(result))


def _compatible(result: RunResult) -> str:
    if only_procedures(result):
        return "Compatible: every documented procedure was carried out and undone."
    return f"Compatible: {_agreement(result)}."


def _known(result: RunResult) -> str:
    crashes = sum(case.accepted_crashes for case in result.cases)
    known = [case for case in result.compared if case.status is Status.KNOWN]
    word = "Compatible with known differences" if not crashes else f"Compatible but for {_accepted(crashes)}"
    if not known:
        return f"{word}: {_agreement(result)}; what the reference itself breaks is known: read why before you switch."
    return (
        f"{word}: in {_share(known, result)} a candidate decided otherwise, each time for a reason already known; "
        "read those reasons before you switch."
    )


def _incompatible(result: RunResult) -> str:
    faulty = [case for case in result.compared if case.faulty]
    counts = Counter(case.status for case in faulty)
    tried = [case for case in result.compared if case.status is not Status.NOT_RUN]
    worst = ", ".join(f"{counts[status]} {STATUSES[status]}" for status in _BAD if counts[status])
    crashes = sum(case.accepted_crashes for case in result.cases)
    besides = "".join(
        f"; {part}" for part in ([f"besides {_accepted(crashes)}"] if crashes else []) + list(reservations(result))
    )
    if only_procedures(result):
        return (
            f"Incompatible: {len(faulty)} of {number(len(tried), 'documented procedure')} could not be carried out, "
            f"or left something behind ({worst}); read what, before you do them in production{besides}."
        )
    words = [words for status, words in _BAD.items() if counts[status]]
    did = " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
    return (
        f"Incompatible: in {_share(faulty, result)} a candidate {did} ({worst} of "
        f"{number(len(tried), 'comparison')}); do not switch production before each is understood{besides}."
    )


def _inconclusive(result: RunResult) -> str:
    tried = [case for case in result.compared if case.status is not Status.NOT_RUN]
    why = "; ".join(reservations(result)) or "not everything asked for could be tested"
    if result.exit_code is ExitCode.NOTHING_RAN:
        return "Inconclusive: nothing ran, so this says neither yes nor no."
    agreed = sum(case.status in (Status.AGREES, Status.KNOWN) for case in tried)
    if not tried:
        return f"Inconclusive: {why}; nothing was compared, so this says neither yes nor no."
    return (
        f"Inconclusive: {why}; of {number(len(tried), 'comparison')} made, {agreed} "
        f"{'agrees' if agreed == 1 else 'agree'}."
    )


def _reservations(result: RunResult) -> Iterator[str]:
    compared, own = result.compared, result.by_reference
    left = [case for case in compared if case.status is Status.NOT_RUN]
    if result.ended_early:
        done = len(compared) - len(left)
        yield f"the run ended early, with {done} of {number(len(compared), 'comparison')} made ({result.ended_early})"
    elif left:
        yield f"{number(len(left), 'comparison')} in {cases(_count(left))} could not be made"
    elif unjudged := [case for case in own if case.status is Status.NOT_RUN]:
        yield f"{cases(_count(unjudged))} could not be judged under the reference"
    yield from _by_reference(result)
    if result.missing:
        yield f"{number(len(result.missing), 'thing')} asked for could not be tested"
    idle = [each.id for each in all_combinations(result) if not any(c.candidate == each.id for c in result.cases)]
    idle = [each for each in idle if each != result.reference]
    if idle and result.cases and not result.ended_early:
        yield f"no case is for {', '.join(idle)}"
    elif own and not compared and not result.ended_early:
        yield "only the reference was run, and compared with nothing"


def _by_reference(result: RunResult) -> Iterator[str]:
    """What the reference breaks by itself: the scenario's fault, or OAR2's, and no candidate's."""
    rows = [case for case in result.by_reference if case.faulty] or [case for case in result.compared if case.shared]
    found: dict[str, set[str]] = {}
    for case in rows:
        left = [d for d in case.differences if d.known is None and not d.harmless]
        if case.status is Status.CRASH:
            words = "the reference itself crashed"
        elif all(EXPECTED in d.rules for d in left):
            words = "what the scenario expects does not hold under the reference either: check the scenario"
        else:
            words = "the reference itself breaks a rule"
        found.setdefault(words, set()).add(case.id)
    yield from (f"in {cases(len(ids))} {words}" for words, ids in found.items())


def _agreement(result: RunResult) -> str:
    """In how many cases every candidate decided as the reference; those compared with nothing are counted apart."""
    alone = {case.id for case in result.compared if case.alone and case.procedure is None}
    both = {case.id for case in result.compared} - alone
    parts = []
    if both:
        parts.append(f"in {everything(len(both), 'case')} every candidate decided as the reference does")
    if alone:
        are = "is" if len(alone) == 1 else "are"
        parts.append(f"in {cases(len(alone))} that {are} not for the reference every candidate kept all rules")
    return "; ".join(parts) or "nothing differs"


def _share(some: Iterable[CaseResult], result: RunResult) -> str:
    """How many of the cases that were compared: ``2 of 11 cases``."""
    tried = _count(case for case in result.compared if case.status is not Status.NOT_RUN)
    return f"{_count(some)} of {cases(tried)}"


def _accepted(crashes: int) -> str:
    return number(crashes, "accepted crash", "accepted crashes")


def _count(some: Iterable[CaseResult]) -> int:
    return len({case.id for case in some})


def only_procedures(result: RunResult) -> bool:
    """Whether nothing ran but procedures."""
    ran = [case for case in result.cases if case.status is not Status.NOT_RUN]
    return bool(ran) and all(case.procedure for case in ran)
