"""Judging a procedure: what it left on the server, how the jobs fared meanwhile, and how far its words carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.compare.footprint_diff import accept, idle, leftovers
from harness.compare.invariants import INVARIANTS, Breach, breaches, name_of
from harness.model.difference import Difference, DifferenceClass
from harness.model.procedure import Leftover, Pass, Procedure, ProcedureResult, Way


def result(procedure: Procedure) -> ProcedureResult:
    """For the reports: the passes, what the adapted one left, and the rules its jobs were held to."""
    adapted = procedure.way(Way.ADAPTED)
    judged = tuple(INVARIANTS) if adapted and adapted.histories and adapted.histories[-1].settled else ()
    passes = tuple(replace(each, before=None, after=None, histories=()) for each in procedure.passes)
    return ProcedureResult(passes, _left(procedure), judged)


def _left(procedure: Procedure) -> tuple[Leftover, ...]:
    adapted = procedure.way(Way.ADAPTED)
    if adapted is None or adapted.before is None or adapted.after is None:
        return ()
    return accept(leftovers(adapted.before, adapted.after), procedure.accepted)


def differences(procedure: Procedure) -> list[Difference]:
    """Of the adapted pass: each job whose invariants hold is identical; each leftover that nobody accepts differs.

    A leftover is ``other-outcome``, of no job; so is a job in error. Any other broken invariant is ``invalid``.
    """
    adapted = procedure.way(Way.ADAPTED)
    if adapted is None:
        return []
    broken: dict[str, list[Breach]] = {}
    for breach in breaches(adapted.histories):
        broken.setdefault(breach.job, []).append(breach)
    found = [_difference(job, of_job) for job, of_job in broken.items()]
    if adapted.histories:
        names = (name_of(entry) for entry in adapted.histories[-1].jobs)
        found += [
            Difference(name, DifferenceClass.IDENTICAL, "every invariant holds")
            for name in names
            if name not in broken
        ]
    for left in _left(procedure):
        if not left.because:
            why = f"not as before: {left.name} {left.how}: {left.why}"
            found.append(Difference("", DifferenceClass.OTHER_OUTCOME, why))
    return found


def remarks(procedure: Procedure) -> tuple[str, ...]:
    """Lines for people: how far the documented words carry, and what the adapted pass added to them."""
    return tuple(_remarks(procedure))


def _difference(job: str, of_job: list[Breach]) -> Difference:
    rules = tuple(breach.rule for breach in of_job if breach.rule != "error")
    why = "; ".join(f"broken: {INVARIANTS[breach.rule]}: {breach.why}" for breach in of_job)
    return Difference(job, DifferenceClass.INVALID if rules else DifferenceClass.OTHER_OUTCOME, why, rules=rules)


def _remarks(procedure: Procedure) -> Iterator[str]:
    written, adapted = procedure.way(Way.AS_WRITTEN), procedure.way(Way.ADAPTED)
    if written is not None:
        yield as_written(written)
    if adapted is not None:
        done = "; ".join(each.what for each in adapted.adaptations) or "nothing was added to the documented words"
        before = "OAR3 was installed and adapted before; since then, " if procedure.installed else ""
        yield f"adapted: {before}{done}"
        left = _left(procedure)
        if adapted.after is not None:
            kept = sum(1 for each in left if each.because)
            yield f"left behind: {len(left) - kept} that nobody expects, {kept} named in the scenario with a reason"
            yield from (
                f"the scenario expects {pattern} to be left, and it was not"
                for pattern in idle(left, procedure.accepted)
            )


def as_written(written: Pass) -> str:
    """In one line: whether the documented words suffice, else at which step they do not, why, and what would help."""
    failed = written.failed
    if failed is None:
        return f"as written: all {len(written.steps)} steps can be carried out"
    help_ = f"; what would help: {written.remedy}" if written.remedy else ""
    total = len(written.steps) + len(written.skipped)
    return f"as written: fails at step {len(written.steps)} of {total}, {failed.name!r}: {failed.problem}{help_}"
