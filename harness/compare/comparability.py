"""What a case's agreement rests on: whether anything was compared, and what was refused.

Two columns that both do nothing are no agreement. That no job has a place counts if the scenario says so, a job
that is refused, or in error, if the scenario names that state. A case that holds one that it does not expect says
nothing of what the scenario was written for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.compare.align import Aligned, Pair, decided
from harness.compare.expect.assertions import named, texts
from harness.model.job import ERROR_STATES, REJECTED, Job
from harness.model.procedure import Procedure, Way
from harness.model.record import Answer, CaseRecord, Kind
from harness.model.result import Refusal
from harness.model.schedule import Fate, Schedule

_SHOWN = 3
"""How many jobs are named in a sentence; ``refused`` has all of them."""
_LONGEST = 200


def refusals(schedule: Schedule, expect: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """What ``oarsub`` refused, in the order of the schedule; jobs of one line, with one answer, together."""
    found: dict[tuple[str, str, str, bool], list[str]] = {}
    for name, fate in schedule.fates.items():
        if fate.state == REJECTED:
            # Elements of an array have one line; so may two jobs that a file has twice.
            stem = name.partition("[")[0]
            found.setdefault((stem, fate.message, fate.command, expected(name, fate, expect)), []).append(name)
    return tuple(Refusal(tuple(names), words, command, meant) for (_, words, command, meant), names in found.items())


def expected(name: str, fate: Fate | None, expect: Mapping[str, Any]) -> bool:
    """Whether a scenario says that a job comes to this.

    Its ``state`` names it; or, of one that was not refused, ``placed`` is false or ``killed`` true. A refusal is
    expected by its state alone: a job that is to wait for ever is not there when ``oarsub`` refuses it.
    """
    state = fate.state if fate else ""
    for subject, wanted in expect.items():
        if not isinstance(wanted, Mapping) or not named(subject, (name,)):
            continue
        if "state" in wanted and state in texts(wanted["state"]):
            return True
        if state != REJECTED and (wanted.get("placed") is False or wanted.get("killed") is True):
            return True
    return False


def without_grounds(
    record: CaseRecord, aligned: Aligned, answers: tuple[Iterable[Answer], Iterable[Answer]] = ((), ())
) -> str:
    """Why two schedules that differ in nothing do not agree all the same; empty if they do.

    In a case that nobody wrote (fuzz) nobody says what is expected: it is enough that something was compared.
    """
    timeline = record.kind not in (Kind.PLAN, Kind.FUZZ)
    pairs, jobs = list(aligned.pairs()), aligned.jobs()
    compared = sum(_decided(pair, aligned, timeline) for pair in pairs) + _answers_compared(*answers)
    if record.kind is Kind.FUZZ:
        return "" if compared else "nothing was compared: no job was given a place"
    if not pairs and not compared:
        return "nothing was compared: there is no job"
    untold = [pair for pair in pairs if not expected(pair.name, _fate(pair), record.expect)]
    refused = [pair for pair in untold if _state(pair) == REJECTED]
    failed = [pair for pair in untold if _state(pair) in ERROR_STATES and not _ended(pair, jobs.get(pair.name))]
    reasons = [*_refused(refused, len(pairs)), *_failed(failed, len(pairs))]
    nowhere = [p for p in untold if not _placed(p) and p not in refused and p not in failed]
    # A plan's running jobs stand where they stood: no round decided that.
    standing = len(untold) == len(pairs) and not nowhere
    if not compared and not reasons and nowhere:
        reasons.append(
            f"{_of(nowhere, len(pairs))} {'has' if len(nowhere) == 1 else 'have'} no place, and the scenario "
            f"does not say that it should be so ({nowhere[0].name}.placed = false): {_named(nowhere)}"
        )
    elif not compared and not reasons and standing:
        reasons.append("no job was to be given a place, and the scenario expects nothing of any")
    return ("" if compared or not reasons else "nothing was compared: ") + "; ".join(reasons)


def procedure_without_grounds(procedure: Procedure) -> str:
    """Why a procedure in which nothing is wrong says nothing; empty if it does."""
    adapted = procedure.way(Way.ADAPTED)
    if adapted is None or not adapted.steps:
        return "nothing was compared: no step was carried out"
    if adapted.before is None or adapted.after is None:
        return "nothing was compared: the server was not looked at before and after"
    return ""


def _decided(pair: Pair, aligned: Aligned, timeline: bool) -> bool:
    """Whether what is judged gave the job a place, or had it killed, on either side."""
    sides = ((pair.reference, aligned.reference_in.now), (pair.candidate, aligned.candidate_in.now))
    return any(
        fate is not None
        and (fate.killed or (fate.placement is not None and decided(fate, fate.placement, now, timeline=timeline)))
        for fate, now in sides
    )


def _placed(pair: Pair) -> bool:
    return any(fate is not None and fate.placement is not None for fate in (pair.reference, pair.candidate))


def _ended(pair: Pair, job: Job | None) -> bool:
    """Whether a job in error failed in nothing: it was ended as its file says, for another, or by its walltime."""
    for fate in filter(None, (pair.reference, pair.candidate)):
        if fate.killed or fate.ended:
            continue
        place = fate.placement
        if place is None or job is None or not 0 <= place.moldable < len(job.moldables):
            return False
        if place.stop - place.start < job.moldables[place.moldable].walltime:
            return False
    return True


def _fate(pair: Pair) -> Fate | None:
    return pair.candidate or pair.reference


def _state(pair: Pair) -> str:
    fate = _fate(pair)
    return fate.state if fate else "absent"


def _answers_compared(reference: Iterable[Answer], candidate: Iterable[Answer]) -> int:
    before = {answer.action for answer in reference if answer.told is not None}
    return sum(answer.told is not None and answer.action in before for answer in candidate)


def _refused(pairs: list[Pair], total: int) -> Iterator[str]:
    if pairs:
        yield (
            f"oarsub refused {_of(pairs, total)}, which the scenario does not expect ({pairs[0].name}.state = "
            f'"{REJECTED}"): {_words(pairs)}'
        )


def _failed(pairs: list[Pair], total: int) -> Iterator[str]:
    if pairs:
        yield (
            f"{_of(pairs, total)} failed, which the scenario does not expect "
            f'({pairs[0].name}.state = "{_state(pairs[0])}"): {_words(pairs)}'
        )


def _of(pairs: list[Pair], total: int) -> str:
    if len(pairs) == total:
        return "the one job" if total == 1 else f"all {total} jobs"
    return f"{len(pairs)} of {total} jobs"


def _named(pairs: list[Pair]) -> str:
    more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
    return ", ".join(pair.name for pair in pairs[:_SHOWN]) + more


def _words(pairs: list[Pair]) -> str:
    lines = []
    for pair in pairs[:_SHOWN]:
        fate = _fate(pair)
        words = (fate.message if fate else "") or "without a word"
        line = f" (typed: {fate.command})" if fate and fate.command else ""
        lines.append(f"{pair.name}: {words[:_LONGEST]}{line[:_LONGEST]}")
    more = f"; and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
    return "; ".join(lines) + more
