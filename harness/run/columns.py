"""The columns of a run: each combination asked for, with the copy of OAR3 it is tried with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.model.combination import Combination
from harness.model.record import Missing
from harness.model.registry import Registry
from harness.oar3.source import Oar3Source


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    :ivar id: the combination's id; with several copies of OAR3 ``@`` and the copy's name follow.
    :ivar source: the copy of OAR3; None if the combination needs none.
    """

    id: str
    combination: Combination
    source: Oar3Source | None = None


def choose(
    registry: Registry,
    wanted: Iterable[str],
    reference: Combination,
    sources: Sequence[Oar3Source],
    *,
    lacking: bool = False,
) -> list[Column]:
    """The columns of a run, the reference first: all combinations, or those wanted.

    A combination that needs OAR3 has one column for each copy of it. If there is no copy it has none, or with
    ``lacking`` one without a source, which can be named and not be run.
    Raises ConfigurationFault for an unknown combination.
    """
    asked = list(wanted)
    combinations = [registry.find(name) for name in asked] or registry.all()
    copies: list[Oar3Source | None] = [*sources] or ([None] if lacking else [])
    columns = [Column(reference.id, reference)] if not reference.needs_oar3 else []
    for combination in dict.fromkeys([reference, *combinations]):
        if combination.needs_oar3:
            several = len(sources) > 1
            columns += [
                Column(
                    f"{combination.id}@{source.name}" if several and source else combination.id, combination, source
                )
                for source in copies
            ]
        elif combination != reference:
            columns.append(Column(combination.id, combination))
    return columns


def lost(registry: Registry, wanted: Iterable[str], missing: Missing | None) -> tuple[Missing, ...]:
    """What cannot be tried without a copy of OAR3: one entry that names the columns."""
    asked = list(wanted)
    combinations = [registry.find(name) for name in asked] or registry.all()
    names = [combination.id for combination in combinations if combination.needs_oar3]
    if missing is None or not names:
        return ()
    return (Missing(f"{missing.what}, and with it {', '.join(names)}", missing.why, missing.how),)
