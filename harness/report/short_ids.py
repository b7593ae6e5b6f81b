"""Ids of combinations are long and mostly the same: short forms to show, with a legend that gives the ids back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_JOINING = ("and", "with")


@dataclass(frozen=True, slots=True)
class Names:
    """How ids are shown.

    :ivar short: the form shown, by id; different for different ids.
    :ivar stem: the text that ``…`` stands for; empty if nothing was shortened.
    """

    short: Mapping[str, str]
    stem: str = ""

    def __getitem__(self, combination: str) -> str:
        return self.short.get(combination, combination)

    @property
    def legend(self) -> str:
        """One line that says how to read the short forms; empty if there are none."""
        return f"… stands for {self.stem}" if self.stem else ""


def shorten(combinations: Iterable[str], *, at_most: int = 40) -> Names:
    """Short forms for ids: if one is longer than ``at_most``, the longest stem the schedulers share becomes ``…``.

    A stem is a whole number of words joined by ``_``, shared by two schedulers or more, chosen so that most is
    saved: ``kao-external+oar_sched_gantt_with_timesharing_and_fairsharing`` is shown as
    ``kao-external+…_and_fairsharing``.
    """
    ids = list(dict.fromkeys(combinations))
    if max(map(len, ids), default=0) <= at_most:
        return Names({i: i for i in ids})
    schedulers = {i: i.partition("+")[2] for i in ids}
    stem = _stem(set(schedulers.values()) - {""})
    short = {i: i.replace(f"+{stem}", "+…", 1) if stem and _has(schedulers[i], stem) else i for i in ids}
    if not stem or len(set(short.values())) < len(ids):
        return Names({i: i for i in ids})
    return Names(short, stem)


def _has(scheduler: str, stem: str) -> bool:
    return scheduler == stem or scheduler.startswith(f"{stem}_")


def _stem(schedulers: set[str]) -> str:
    stems = {
        "_".join(words[:count])
        for words in (scheduler.split("_") for scheduler in schedulers)
        for count in range(1, len(words) + 1)
        # "…_and_quotas" can be read, "…_quotas" is guesswork.
        if words[count - 1] not in _JOINING
    }
    shared = [s for s in sorted(stems) if sum(_has(one, s) for one in schedulers) > 1 or len(schedulers) == 1]
    # A stem that is a scheduler itself is a name its reader knows.
    return max(shared, key=lambda s: (s in schedulers, len(s) * sum(_has(one, s) for one in schedulers)), default="")
