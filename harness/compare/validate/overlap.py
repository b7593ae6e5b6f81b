"""Rule ``overlap``: no resource is given twice at once, unless sharing or best effort allow it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.compare.intervals import IntervalMap
from harness.compare.sets import Span, spans
from harness.compare.sharing import Tenancy, may_share, tenancy
from harness.compare.validate.violation import IndexedSchedule, PlacedJob, Violation, some
from harness.model.procsets import of_spans

BESTEFFORT_SECONDS = 300
"""What a waiting best-effort job is granted for sure: ``$besteffort_duration`` of OAR2's native schedulers."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A job that holds resources.

    :ivar resources: mask of what it holds; a suspended job lets go of the types of resources named by
        SCHEDULER_AVAILABLE_SUSPENDED_RESOURCE_TYPE.
    :ivar yields: whether it is a best-effort job whose end is still a prediction: it is killed when others want
        its resources.
    :ivar sure: until when it holds against other best-effort jobs.
    """

    placed: PlacedJob
    tenancy: Tenancy
    resources: int
    yields: bool
    sure: int

    @property
    def name(self) -> str:
        """The job's name."""
        return self.placed.job.name

    @property
    def start(self) -> int:
        """Epoch seconds."""
        return self.placed.placement.start

    @property
    def stop(self) -> int:
        """Epoch seconds; it holds its resources until just before."""
        return self.placed.placement.stop


def granted(indexed: IndexedSchedule) -> int:
    """Seconds that a waiting best-effort job is granted against others of its kind, though its walltime is longer.

    The native schedulers look for a hole of 300 s, the security time or
    SCHEDULER_BESTEFFORT_KILL_DURATION_BEFORE_RESERVATION, whichever is longest (``$besteffort_duration``), and draw
    no more of it into their chart; the table of predictions shows the whole walltime.
    """
    return max(
        BESTEFFORT_SECONDS,
        indexed.seconds("SCHEDULER_JOB_SECURITY_TIME", 0),
        indexed.seconds("SCHEDULER_BESTEFFORT_KILL_DURATION_BEFORE_RESERVATION", 0),
    )


def allowed(first: Tenant, second: Tenant) -> bool:
    """Whether the second job may start while the first still holds the resource.

    Beside sharing there is best effort, in predictions only:

    - Another job may start on the resources of a best-effort job that started before it, which will be killed:
      the schedulers leave best-effort jobs out of their charts ("Do not take care of besteffort jobs", phase 1 of the
      native schedulers), and ``check_jobs_to_kill`` of ``oar_meta_sched`` kills what is in the way. The other way
      round it may not: a best-effort job never starts on what another job holds.
    - A best-effort job may be predicted on the resources of another one that waits too, once what that one is
      :func:`granted` is over; never on those of one that runs (it stands in the chart with its whole walltime).

    In what really ran neither counts: the best-effort job's real end must have come first.
    """
    if may_share(first.tenancy, second.tenancy):
        return True
    if not first.yields:
        return False
    return second.start >= first.sure if second.yields else second.start > first.start


Holders = tuple[Tenant, ...]


def _joined(holders: Holders, tenant: Tenant) -> Holders:
    """The holders of a stretch with one more, who starts last.

    Of jobs that share alike one speaks for all: the one that stays longest; of best-effort jobs the one that is sure
    of its place for longest, and the last to start. So however many share, a stretch has few holders.
    """
    same = [h for h in holders if h.tenancy == tenant.tenancy and h.yields == tenant.yields]
    others = [h for h in holders if h not in same]
    if tenant.yields:
        return (*others, *sorted(same, key=lambda h: h.sure)[-1:], tenant)
    return (*others, max((*same, tenant), key=lambda h: h.stop))


def tenants(indexed: IndexedSchedule) -> list[Tenant]:
    """Who holds what, in the order of the starts."""
    available = indexed.situation.conf.get("SCHEDULER_AVAILABLE_SUSPENDED_RESOURCE_TYPE", "default").split()
    let_go = indexed.catalogue.of_type(*available)
    grant = granted(indexed)
    found = []
    for placed in indexed.placed:
        place = placed.placement
        if place.stop > place.start:
            suspended = placed.fate.state in ("Suspended", "Resuming")
            tenant = Tenant(
                placed,
                tenancy(placed.job, indexed.jobs, indexed.ids),
                placed.resources & ~let_go if suspended else placed.resources,
                placed.foretold and placed.job.type("besteffort") is not None,
                min(place.stop, place.start + grant) if placed.decided else place.stop,
            )
            found.append(tenant)
    return found


def contended(everyone: Sequence[Tenant]) -> int:
    """Mask of the resources that are ever given twice at once, rightly or not; in one sweep over starts and stops."""
    starts = [(t.start, 1, t.resources) for t in everyone]
    stops = [(t.stop, 0, t.resources) for t in everyone]
    busy = twice = 0
    for _, begins, mask in sorted(starts + stops, key=lambda event: event[:2]):
        if begins:
            twice |= busy & mask
            busy |= mask
        else:
            busy &= ~mask
    return twice


def overlaps(indexed: IndexedSchedule) -> Iterator[Violation]:
    """Each job that starts on resources which another one holds; the later of the two is the one that breaks it.

    Resources that are never given twice, most of them as a rule, are put aside first.
    """
    everyone = tenants(indexed)
    disputed = contended(everyone)
    charts: IntervalMap[Holders] = IntervalMap(())
    for tenant in everyone:
        conflicts: defaultdict[str, list[Span]] = defaultdict(list)
        until: dict[str, int] = {}
        for first, last in spans(tenant.resources & disputed):
            stretches = []
            for begin, end, holders in charts.stretches(first, last):
                present = tuple(h for h in holders if h.stop > tenant.start)
                for holder in present:
                    if not allowed(holder, tenant):
                        conflicts[holder.name].append((begin, end))
                        until[holder.name] = holder.stop
                stretches.append((begin, end, _joined(present, tenant)))
            charts.put(first, last, stretches)
        for name, where in conflicts.items():
            both = of_spans(where)
            yield Violation(
                "overlap",
                (tenant.name, name),
                f"holds {len(both)} resources ({some(both)}) from {indexed.clock.at(tenant.start)} on, which {name} "
                f"holds until {indexed.clock.at(until[name])}",
            )
