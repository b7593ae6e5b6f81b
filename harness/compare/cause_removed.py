"""Whether a difference is gone once the cause that a known difference names is taken away."""

from __future__ import annotations

from datetime import UTC

from harness.compare.align import Aligned
from harness.compare.classify import classify
from harness.model.record import CaseRecord
from harness.model.removed_cause import Without


def gone(record: CaseRecord, candidate: str) -> tuple[tuple[Without, frozenset[str]], ...]:
    """For each change that a further round was made with, the jobs on which the two agree there.

    Returns nothing if a program crashed, or nothing was recorded, on either side.
    """
    found = []
    for made in record.confirmations:
        sides = [made.observations.get(column) for column in (record.reference, candidate)]
        schedules = [each.schedule for each in sides if each and each.schedule and not each.crashes]
        if len(schedules) == len(sides):
            aligned = Aligned(schedules[0], schedules[1], made.situation, made.situation)
            names = {each.job for each in classify(aligned, record.tolerance, UTC) if each.kind.harmless}
            found.append((made.without, frozenset(names)))
    return tuple(found)
