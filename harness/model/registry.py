"""The combinations there are: the shipped metaschedulers and schedulers, and those that a site adds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from harness.model.combination import (
    KAMELOT,
    KAO,
    KAO_EXTERNAL,
    NATIVE_SCHEDULERS,
    OAR_META_SCHED,
    Combination,
    Metascheduler,
    Scheduler,
    did_you_mean,
)
from harness.model.fault import ConfigurationFault


def is_pattern(name: str) -> bool:
    """Whether it stands for several."""
    return any(sign in name for sign in "*?[")


class Registry:
    """The metaschedulers and schedulers that are known; a site adds its own with :meth:`add`.

    :ivar given: the policy that the site gives each of its queues.
    """

    def __init__(self) -> None:
        self.given: dict[str, str] = dict.fromkeys(("admin", "default", "besteffort"), NATIVE_SCHEDULERS[0].name)
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
        """Add an entry; raises ConfigurationFault if its name is taken."""
        book: dict[str, Metascheduler] | dict[str, Scheduler]
        key = entry.name if isinstance(entry, Metascheduler) else entry.alias
        book = self.metaschedulers if isinstance(entry, Metascheduler) else self.schedulers
        if key in book:
            raise ConfigurationFault(
                f"there is a {type(entry).__name__.lower()} {key!r} already", remedy="choose another name"
            )
        book[key] = entry  # type: ignore[assignment]

    @property
    def extra(self) -> tuple[Scheduler, ...]:
        """The schedulers that were added."""
        shipped = (*NATIVE_SCHEDULERS, KAMELOT)
        return tuple(each for each in self.schedulers.values() if each not in shipped)

    def all(self) -> list[Combination]:
        """Every combination of the site: native ones first, then those with OAR3.

        Those that leave every queue its own scheduler are among them if the queues' schedulers differ.
        """
        return [each for each in self._known() if self.mixed or each.scheduler or each.metascheduler.schedules]

    def matching(self, pattern: str) -> list[Combination]:
        """Those of :meth:`all` whose id fits a pattern; one that is no pattern names any that :meth:`find` knows."""
        if not is_pattern(pattern):
            return [self.find(pattern)]
        return [each for each in self.all() if fnmatchcase(each.id, pattern)]

    @property
    def mixed(self) -> bool:
        """Whether the site's queues have different schedulers."""
        return len(set(self.given.values())) > 1

    def keeping(self, metascheduler: Metascheduler) -> Combination:
        """A metascheduler under which every queue keeps its scheduler; named by the one that all have, if so."""
        if metascheduler.schedules:
            return self._made(metascheduler, None)
        common = set(self.given.values()) or {NATIVE_SCHEDULERS[0].name}
        if len(common) > 1:
            return self._made(metascheduler, None)
        policy = common.pop()
        scheduler = next((s for s in self.schedulers.values() if s.name == policy), Scheduler(policy, policy))
        return replace(self._made(metascheduler, scheduler), kept=True)

    def _known(self) -> list[Combination]:
        combinations = [
            self._made(meta, scheduler)
            for meta in self.metaschedulers.values()
            for scheduler in ([None] if meta.schedules else [*self.schedulers.values(), None])
        ]
        return sorted(combinations, key=lambda c: c.needs_oar3)

    def _made(self, meta: Metascheduler, scheduler: Scheduler | None, queues: tuple[str, ...] = ()) -> Combination:
        of_oar3 = {each.name for each in self.schedulers.values() if each.oar3}
        left = () if meta.schedules or (scheduler and not queues) else set(self.given) - set(queues)
        return Combination(
            meta,
            scheduler,
            queues,
            extra=self.extra,
            oar3_kept=any(self.given[queue] in of_oar3 for queue in left),
        )

    def find(self, wanted: str, *, where: str = "--combination") -> Combination:
        """The combination of that id; raises ConfigurationFault with the nearest id if there is none.

        Whether the queues behind ``:`` are there, :meth:`check_queues` looks.
        """
        known = {c.id: c for c in self._known()}
        base, colon, behind = wanted.partition(":")
        if base not in known:
            raise ConfigurationFault(f"unknown combination {wanted!r}", where=where, remedy=did_you_mean(base, known))
        found = known[base]
        if not colon:
            return found
        if found.metascheduler.schedules:
            raise ConfigurationFault(
                f"{wanted!r}: {found.metascheduler.name} schedules all queues by itself and ignores the scheduler"
                " that a queue names, so it cannot be put on some of them",
                where=where,
                remedy=f"write {found.metascheduler.name}",
            )
        if found.scheduler is None:
            raise ConfigurationFault(
                f"{wanted!r} names queues and no scheduler to put on them",
                where=where,
                remedy=f"write {found.metascheduler.name}+kamelot:{behind or 'default'}",
            )
        queues = tuple(behind.split(","))
        if not all(queues) or len(set(queues)) < len(queues):
            raise ConfigurationFault(
                f"{wanted!r} names {'a queue twice' if all(queues) else 'no queue, or an empty one'}",
                where=where,
                remedy=f"write {base}:default, several queues with commas between them",
            )
        return self._made(found.metascheduler, found.scheduler, queues)

    def check_queues(
        self, combinations: Iterable[Combination], more: Iterable[str] = (), *, where: str = "--combination"
    ) -> None:
        """Raise ConfigurationFault if a combination names a queue that neither the site nor ``more`` has."""
        known = dict.fromkeys((*self.given, *more))
        for combination in combinations:
            for queue in combination.queues:
                if queue not in known:
                    raise ConfigurationFault(
                        f"{combination.id!r}: there is no queue {queue!r}",
                        where=where,
                        remedy=did_you_mean(queue, known),
                    )
