"""Known differences: entries that explain one, each with a reason, an owner and a date by which it expires."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from harness.compare.known.circumstances import Circumstances
from harness.compare.known.condition import Condition, applies, concerns
from harness.model.difference import Difference, DifferenceClass
from harness.model.removed_cause import Without
from harness.model.result import KnownUse


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """One entry.

    :ivar id: such as ``KD-003``.
    :ivar reason: why the two differ, and why that is acceptable.
    :ivar owner: who looks after the entry.
    :ivar upstream: where it is reported; empty if it is not.
    :ivar expires: the last day on which it explains anything.
    :ivar without: how its cause is taken away, if conditions are not enough: it then explains a difference only if a
        further round was recorded without the cause (:class:`~harness.model.record.Confirmation`), in which the
        difference is gone.
    """

    id: str
    title: str
    reason: str
    owner: str
    expires: date
    when: Condition = field(default_factory=Condition)
    upstream: str = ""
    without: Without | None = None

    def expired(self, today: date | None) -> bool:
        """Whether its last day has passed; never if no date is given."""
        return today is not None and today > self.expires


def explain(
    differences: Iterable[Difference],
    here: Circumstances,
    entries: Iterable[KnownDifference],
    today: date | None = None,
) -> list[Difference]:
    """The same differences, those that an entry explains with its id; the first entry that applies explains.

    ``identical`` ones need no explanation. An expired entry explains nothing, but ``why`` says that it would have.
    """
    entries = tuple(entries)
    return [_explained(difference, here, entries, today) for difference in differences]


def _explained(
    difference: Difference, here: Circumstances, entries: tuple[KnownDifference, ...], today: date | None
) -> Difference:
    if difference.kind is DifferenceClass.IDENTICAL:
        return difference
    fitting = [
        entry
        for entry in entries
        if applies(entry.when, difference, here) and here.confirms(entry.without, difference.job)
    ]
    for entry in fitting:
        if not entry.expired(today):
            return replace(difference, known=entry.id)
    if fitting:
        why = f"{difference.why} ({fitting[0].id} explained it, but expired on {fitting[0].expires})"
        return replace(difference, why=why)
    return difference


def uses(
    entries: Iterable[KnownDifference],
    differences: Iterable[Difference],
    today: date | None = None,
    cases: Iterable[Circumstances] = (),
) -> tuple[KnownUse, ...]:
    """How each entry was used in a run.

    :param differences: all of the run's.
    :param today: the date by which entries expire; None: none does, and none is about to.
    :param cases: the circumstances of each case under each candidate that ran.
    """
    counts: dict[str | None, int] = {}
    for difference in differences:
        counts[difference.known] = counts.get(difference.known, 0) + 1
    ran = tuple(cases)
    return tuple(
        KnownUse(
            e.id,
            e.title,
            e.owner,
            counts.get(e.id, 0),
            e.expired(today),
            e.expires,
            None if today is None else (e.expires - today).days,
            sum(concerns(e.when, here) for here in ran),
        )
        for e in entries
    )
