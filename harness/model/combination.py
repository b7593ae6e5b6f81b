"""A combination: a metascheduler with its mode, and a scheduler. Both come from a registry a site can extend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from harness.model.fault import ConfigurationFault

_SHOWN = 20
"""Names that a hint lists at most."""


@dataclass(frozen=True, slots=True)
class Metascheduler:
    """One entry of the registry of metaschedulers.

    :ivar name: the part of a combination's id before ``+``.
    :ivar command: value of ``META_SCHED_CMD`` (Almighty, ``meta_scheduler``: run as ``$OARDIR/<command>``).
    :ivar conf: further keys of oar.conf that select it.
    :ivar oar3: whether it comes from OAR3.
    :ivar schedules: whether it decides itself and ignores ``queues.scheduler_policy`` (kao's internal mode).
    :ivar log_mark: a piece of text that only it writes to OAR's log in every round.
    """

    name: str
    command: str
    conf: tuple[tuple[str, str], ...] = ()
    oar3: bool = False
    schedules: bool = False
    log_mark: str = ""


@dataclass(frozen=True, slots=True)
class Scheduler:
    """One entry of the registry of schedulers.

    :ivar name: the program's name in ``$OARDIR/schedulers``, and value of ``queues.scheduler_policy``.
    :ivar alias: the short name in a combination's id.
    :ivar oar3: whether it comes from OAR3.
    :ivar log_marks: pieces of text that only it writes to OAR's log.
    :ivar link: where the program lies if ``$OARDIR/schedulers`` must be given a link to it.
    """

    name: str
    alias: str
    oar3: bool = False
    link: str = ""
    log_marks: tuple[str, ...] = ()


_NATIVE = "oar_sched_gantt_with_timesharing"

NATIVE_SCHEDULERS = tuple(
    # The last is what those of OAR 2.5.9 call themselves where kao runs them.
    Scheduler(_NATIVE + suffix, _NATIVE + suffix, log_marks=(f"|{mark}/", f"[{mark}]", f"[{_NATIVE + suffix}]"))
    for suffix, mark in (
        ("_and_fairsharing_and_quotas", "SchedFSTSQ"),
        ("", "SchedFifoTS"),
        ("_and_fairsharing", "SchedFSTS"),
        ("_and_placeholder", "SchedFifoTSPH"),
        ("_and_fairsharing_and_placeholder", "SchedFSTSPH"),
    )
)
"""The schedulers of OAR2; the first is Debian's default for every queue."""

KAMELOT = Scheduler("kamelot", "kamelot", oar3=True, link="/usr/lib/oar/kamelot", log_marks=("[oar.kamelot::main",))

OAR_META_SCHED = Metascheduler("oar_meta_sched", "oar_meta_sched", log_mark="Starting Meta Scheduler")
_KAO_ON_OAR2 = ("METASCHEDULER_OAR3_WITH_OAR2", "yes")
KAO = Metascheduler(
    "kao",
    "kao",
    (_KAO_ON_OAR2, ("METASCHEDULER_MODE", "internal")),
    oar3=True,
    schedules=True,
    log_mark="[oar.kao.meta_sched::meta_schedule",
)
KAO_EXTERNAL = Metascheduler(
    "kao-external",
    "kao",
    (_KAO_ON_OAR2, ("METASCHEDULER_MODE", "external"), ("SCHEDULERS_PATH", "/usr/lib/oar/schedulers")),
    oar3=True,
    log_mark="[oar.kao.meta_sched::meta_schedule",
)


@dataclass(frozen=True, slots=True)
class Combination:
    """A metascheduler and, unless it schedules by itself, a scheduler."""

    metascheduler: Metascheduler
    scheduler: Scheduler | None

    @property
    def id(self) -> str:
        """The fixed id: ``oar_meta_sched+<scheduler>``, ``kao``, ``kao-external+<scheduler>``."""
        return self.metascheduler.name + (f"+{self.scheduler.alias}" if self.scheduler else "")

    @property
    def needs_oar3(self) -> bool:
        """Whether any part of it comes from OAR3."""
        return self.metascheduler.oar3 or bool(self.scheduler and self.scheduler.oar3)


class Registry:
    """The metaschedulers and schedulers that are known; a site adds its own with :meth:`add`."""

    def __init__(self) -> None:
        self.metaschedulers: dict[str, Metascheduler] = {}
        self.schedulers: dict[str, Scheduler] = {}
        shipped: tuple[Metascheduler | Scheduler, ...] = (
            OAR_META_SCHED,
            KAO,
            KAO_EXTERNAL,
            *NATIVE_SCHEDULERS,
            KAMELOT,
        )
        for entry in shipped:
            self.add(entry)

    def add(self, entry: Metascheduler | Scheduler) -> None:
        """Add an entry; raises ConfigurationFault where its name is taken."""
        book: dict[str, Metascheduler] | dict[str, Scheduler]
        key = entry.name if isinstance(entry, Metascheduler) else entry.alias
        book = self.metaschedulers if isinstance(entry, Metascheduler) else self.schedulers
        if key in book:
            raise ConfigurationFault(
                f"there is a {type(entry).__name__.lower()} {key!r} already", remedy="choose another name"
            )
        book[key] = entry  # type: ignore[assignment]

    def all(self) -> list[Combination]:
        """Every combination there is: native ones first, then those with OAR3."""
        combinations = [
            Combination(meta, scheduler)
            for meta in self.metaschedulers.values()
            for scheduler in ([None] if meta.schedules else self.schedulers.values())
        ]
        return sorted(combinations, key=lambda c: c.needs_oar3)

    def find(self, wanted: str, *, where: str = "--combination") -> Combination:
        """The combination of that id; raises ConfigurationFault with the nearest id where there is none."""
        known = {c.id: c for c in self.all()}
        if wanted in known:
            return known[wanted]
        raise ConfigurationFault(f"unknown combination {wanted!r}", where=where, remedy=did_you_mean(wanted, known))


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """A hint for a mistyped name: the nearest of the known ones, or the first of them."""
    names = list(known)
    near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return "known are: " + ", ".join(names[:_SHOWN]) + more
