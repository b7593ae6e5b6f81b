"""A combination: a metascheduler with its mode, and a scheduler. Both come from a registry a site can extend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType

AGAIN = "again"
"""What follows ``@`` in a column's id if a combination is compared with itself."""

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
    # The last is what those of OAR 2.5.9 call themselves when kao runs them.
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
    """A metascheduler and, unless it schedules by itself, the scheduler that is put on queues.

    :ivar scheduler: None: the metascheduler schedules by itself, or every queue keeps the scheduler it has.
    :ivar queues: the queues that it is put on, the others keep theirs; empty: all of them.
    :ivar kept: whether it is put on none: every queue keeps the scheduler it has, and this is what the site's have.
    :ivar extra: schedulers beyond the shipped ones, which a queue may have.
    :ivar oar3_kept: whether a queue that keeps its scheduler has one of OAR3.
    """

    metascheduler: Metascheduler
    scheduler: Scheduler | None
    queues: tuple[str, ...] = ()
    kept: bool = field(default=False, compare=False)
    extra: tuple[Scheduler, ...] = field(default=(), compare=False, repr=False)
    oar3_kept: bool = field(default=False, compare=False)

    @property
    def id(self) -> str:
        """The fixed id: ``oar_meta_sched+<scheduler>``, ``kao``, ``kao-external+<scheduler>``.

        ``:`` and the names of queues follow if it is put on those alone; the metascheduler alone, such as
        ``oar_meta_sched``, leaves every queue its own.
        """
        name = self.metascheduler.name + (f"+{self.scheduler.alias}" if self.scheduler else "")
        return name + (f":{','.join(self.queues)}" if self.queues else "")

    @property
    def needs_oar3(self) -> bool:
        """Whether any part of it comes from OAR3."""
        return self.metascheduler.oar3 or bool(self.scheduler and self.scheduler.oar3) or self.oar3_kept

    @property
    def leaves(self) -> bool:
        """Whether a queue keeps the scheduler that it is given."""
        return not self.metascheduler.schedules and (self.scheduler is None or self.kept or bool(self.queues))

    def on(self, queue: str, policy: str) -> Scheduler | None:
        """The scheduler that plans a queue; None: the metascheduler itself.

        :param policy: what the queue is given: the name of a program.
        """
        if self.metascheduler.schedules:
            return None
        if self.scheduler and not self.kept and (not self.queues or queue in self.queues):
            return self.scheduler
        known = (*self.extra, *NATIVE_SCHEDULERS, KAMELOT)
        return next((each for each in known if each.name == policy), Scheduler(policy, policy))

    def plan(self, given: Mapping[str, str]) -> dict[str, Scheduler]:
        """The scheduler of each queue, by queue; none if the metascheduler schedules by itself.

        :param given: the policy that each queue is given.
        """
        found = {queue: self.on(queue, policy) for queue, policy in given.items()}
        return {queue: scheduler for queue, scheduler in found.items() if scheduler}

    def aliases(self, given: Mapping[str, str]) -> dict[str, str]:
        """The same by alias, for records; empty unless the id alone leaves open what plans a queue."""
        named = {self.scheduler} if self.scheduler and not self.queues else set()
        plan = self.plan(given)
        return {} if set(plan.values()) <= named else {queue: each.alias for queue, each in plan.items()}


def named_under(combination: str, scheduler: str) -> str:
    """What an id comes to for a queue: that of its metascheduler with the scheduler (its alias) that plans the queue.

    ``oar_meta_sched+kamelot:default`` is ``oar_meta_sched+kamelot`` for the queue ``default``. An id that leaves no
    queue its own stays as it is but for the copy of OAR3 behind ``@``.
    """
    name = combination.partition("@")[0]
    return f"{name.partition('+')[0].partition(':')[0]}+{scheduler}" if scheduler else name


def fits(
    pattern: str, column: str, schedulers: Mapping[str, str] = MappingProxyType({}), queues: Iterable[str] = ()
) -> bool:
    """Whether a pattern (``*``, ``?``) fits a column's id, with the copy of OAR3 behind ``@`` or without.

    A combination that leaves queues their own is, for a pattern without ``:``, what it comes to in each queue
    (:func:`named_under`): ``oar_meta_sched+kamelot`` fits ``oar_meta_sched+kamelot:default`` in the queue ``default``
    alone, and there ``oar_meta_sched+oar_sched*`` does not. A pattern with ``:`` is held to the id as it stands.

    :param schedulers: aliases by queue (:meth:`Combination.aliases`); empty: the id alone is known.
    :param queues: where it should fit, in one of them at least; none: anywhere.
    """
    name = column.partition("@")[0]
    base = name.partition(":")[0]
    names = [column, name]
    if ":" not in pattern and schedulers:
        aliases = [schedulers[queue] for queue in queues if queue in schedulers] or list(schedulers.values())
        names = [named_under(name, alias) for alias in aliases] + [name] * ("+" not in name)
    elif ":" not in pattern:
        names.append(base)
    return any(fnmatchcase(each, pattern) for each in names)


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """A hint for a mistyped name: the nearest of the known ones, or the first of them; never what was typed."""
    names = [name for name in dict.fromkeys(known) if name != wanted]
    if not names:
        return "there is no other"
    near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return "known are: " + ", ".join(names[:_SHOWN]) + more
