"""The resources of a situation, indexed for judging: by state, and by runs of neighbours in one block."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from harness.compare.set_divisions import Parts
from harness.compare.sets import mask_of
from harness.model.cluster import Resource, Value
from harness.model.schedule import Situation

RESOURCE_ID = "resource_id"
FOREVER = 2147483646
"""``available_upto`` from which on a resource has no end (``OAR::IO::get_energy_saving_resources_availability``)."""


class Blocks(Parts[Value]):
    """How a property divides resources into blocks (all resources of one value); those without one are in None."""

    def __init__(self, values: Mapping[int, Value]) -> None:
        super().__init__(sorted(values.items()))
        self.single = len(set(values.values())) == len(values)


class Catalogue:
    """The resources of a situation; sets of them are masks."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.by_id: dict[int, Resource] = {r.id: r for r in situation.resources}
        self._columns: dict[str, dict[int, Value]] = {}
        self._blocks: dict[str, Blocks] = {}
        self._states: dict[str, int] = {}

    @cached_property
    def every(self) -> int:
        """All resources."""
        return mask_of(self.by_id)

    @cached_property
    def dead(self) -> int:
        """The Dead ones: OAR2 leaves them out of everything (``OAR::IO::get_possible_wanted_resources``)."""
        return self.in_state("Dead")

    @cached_property
    def leaving(self) -> int:
        """Those with an end to come: an ``available_upto`` that is neither 0 (never) nor without end.

        Source: ``OAR::IO::get_energy_saving_resources_availability``.
        """
        return mask_of(r.id for r in self.by_id.values() if 0 < r.available_upto < FOREVER)

    def in_state(self, state: str) -> int:
        """The resources in a state."""
        if state not in self._states:
            self._states[state] = mask_of(r.id for r in self.by_id.values() if r.state == state)
        return self._states[state]

    def in_state_at(self, state: str, moment: int) -> int:
        """Those that were in a state at any time in a second; as they stand if the situation has no changes.

        OAR notes whole seconds: a job that starts in the second of a change may have come before or after it.
        """
        if not self.situation.changes:
            return self.in_state(state)
        were = {r.id: {r.state} for r in self.by_id.values()}
        changed: set[int] = set()
        for change in self.situation.changes:
            if change.resource not in were:
                continue
            if change.at == moment and change.resource in changed:
                were[change.resource].add(change.state)
            elif change.at <= moment or change.resource not in changed:
                # The first change's state holds before it, too.
                were[change.resource] = {change.state}
            changed.add(change.resource)
        return mask_of(r for r, words in were.items() if state in words)

    def of_type(self, *types: str) -> int:
        """The resources of any of these types."""
        return mask_of(r.id for r in self.by_id.values() if r.type in types)

    @cached_property
    def added_to_every_job(self) -> int:
        """Resources that OAR2 adds to every job, shared by all: SCHEDULER_RESOURCES_ALWAYS_ASSIGNED_TYPE.

        Source: ``Resources_to_always_add`` in the native schedulers and ``oar_meta_sched``.
        """
        kind = self.situation.conf.get("SCHEDULER_RESOURCES_ALWAYS_ASSIGNED_TYPE", "")
        return self.of_type(kind) if kind else 0

    def column(self, name: str) -> dict[int, Value]:
        """One property of every resource, by id: a column of OAR's table, or a site's own."""
        if name not in self._columns:
            self._columns[name] = {r.id: _value(r, name) for r in self.by_id.values()}
        return self._columns[name]

    def blocks(self, name: str) -> Blocks:
        """How a property divides the resources."""
        if name not in self._blocks:
            self._blocks[name] = Blocks(self.column(name))
        return self._blocks[name]


def _value(resource: Resource, name: str) -> Value:
    if name == RESOURCE_ID:
        return resource.id
    if name == "network_address":
        return resource.node
    if name == "type":
        return resource.type
    return resource.properties.get(name)
