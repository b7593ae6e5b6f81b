"""Rule ``quota``: no quota is used beyond its limits, at any moment."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.compare.quota_rules import Key, QuotaRules, counts
from harness.compare.validate.overlap import granted
from harness.compare.validate.violation import IndexedSchedule, PlacedJob, Violation
from harness.model.quota import Quota

_ROUNDING = 1e-3
"""Resource hours are fractions; a limit passed by less than this is kept."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a job takes of a quota.

    :ivar resources: those of type ``default``; no others count.
    :ivar new: whether the round decided on it, and so had to mind the quota.
    """

    placed: PlacedJob
    start: int
    stop: int
    resources: int
    new: bool


def quotas(indexed: IndexedSchedule) -> Iterator[Violation]:
    """No job starts while a quota that binds it (:class:`QuotaRules`) is used up.

    Counted are, at each start of a bound job, the bound jobs the round decided on that run then, and all that run
    since before it and count. Jobs that another, narrower quota binds instead count in OAR2 too, but only against
    those that are placed after them, and no schedule says in which order a round placed its jobs. So no good one is
    blamed, and some bad ones pass.

    - Containers do not count, the jobs inside them do (docs/source/user/mechanisms.rst, section "Quotas").
    - Best-effort jobs count in the queue ``besteffort`` only (the same), and if they wait for no longer than they
      are granted there; advance reservations are bound by no quota (``oar_meta_sched`` reads none).
    - Suspended jobs are left out: what they let go of differs.
    """
    if not indexed.situation.quotas:
        return
    rules = QuotaRules(indexed.situation.quotas)
    shares = list(_shares(indexed))
    bound: dict[tuple[Quota, Key, bool], list[Share]] = {}
    for share in shares:
        job = share.placed.job
        if share.new and job.reservation is None and _counts_in(job.queue == "besteffort", share):
            for quota, counter in rules.binding(job):
                bound.setdefault((quota, counter, job.queue == "besteffort"), []).append(share)
    for (quota, counter, besteffort), mine in bound.items():
        before = [s for s in shares if not s.new and _counts_in(besteffort, s) and counts(s.placed.job, counter)]
        yield from _sweep(indexed, quota, [*before, *mine])


def _counts_in(besteffort: bool, share: Share) -> bool:
    """Whether a job counts when the queue ``besteffort``, or another, is scheduled."""
    return besteffort or share.placed.job.type("besteffort") is None


def _shares(indexed: IndexedSchedule) -> Iterator[Share]:
    default = indexed.catalogue.of_type("default")
    grant = granted(indexed) - indexed.seconds("SCHEDULER_JOB_SECURITY_TIME", 60)
    for placed in indexed.placed:
        place, job = placed.placement, placed.job
        if job.type("container") is not None or placed.fate.state in ("Suspended", "Resuming"):
            continue
        stop = place.stop
        if placed.decided and placed.foretold and job.type("besteffort") is not None:
            stop = min(stop, place.start + grant)
        if stop > place.start:
            yield Share(placed, place.start, stop, (placed.resources & default).bit_count(), placed.decided)


def _sweep(indexed: IndexedSchedule, quota: Quota, shares: Iterable[Share]) -> Iterator[Violation]:
    """Follow what is in use from start to start."""
    running: list[tuple[int, int]] = []
    resources = weighted = 0
    for share in sorted(shares, key=lambda s: (s.start, s.new, s.placed.job.id)):
        while running and running[0][0] <= share.start:
            stop, gone = heapq.heappop(running)
            resources -= gone
            weighted -= gone * stop
        heapq.heappush(running, (share.stop, share.resources))
        resources += share.resources
        weighted += share.resources * share.stop
        seconds = weighted - resources * share.start
        used = (resources, len(running), seconds / 3600)
        limits = (quota.resources, quota.jobs, quota.hours)
        over = any(0 <= limit < so_many - _ROUNDING for limit, so_many in zip(limits, used, strict=True))
        if share.new and over:
            sums = ", ".join(f"{so_many:g}" for so_many in used)
            why = f"starts at {indexed.clock.at(share.start)}, where [{sums}] are in use of the quota {quota}"
            yield Violation("quota", (share.placed.job.name,), why)
