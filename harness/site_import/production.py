"""A production site as the sources tell of it: what is small stands here, jobs stay in the sources and flow by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.model.cluster import Resource
from harness.model.quota import Quota


@dataclass(frozen=True, slots=True)
class ProductionQueue:
    """A row of ``queues``.

    :ivar scheduler: ``scheduler_policy``. :ivar state: ``Active`` or ``notActive``.
    """

    name: str
    priority: int
    scheduler: str
    state: str


@dataclass(frozen=True, slots=True)
class ProductionRule:
    """A row of ``admission_rules``: ``id``, ``priority``, ``enabled`` and the Perl in ``rule``."""

    number: int
    priority: int
    enabled: bool
    text: str


@dataclass(slots=True)
class Production:
    """What is known of the site, with production's own names.

    :ivar version: ``schema.version``; empty: not known.
    :ivar resources: in the order of their ids.
    :ivar numeric: the properties whose columns hold numbers.
    :ivar conf: the keys of its oar.conf; None: there was none.
    :ivar quotas: those of OAR2's file. :ivar oar3_quotas: OAR3's file; None: there was none.
    """

    version: str = ""
    resources: tuple[Resource, ...] = ()
    numeric: frozenset[str] = frozenset()
    queues: tuple[ProductionQueue, ...] = ()
    rules: tuple[ProductionRule, ...] = ()
    conf: Mapping[str, str] | None = None
    quotas: tuple[Quota, ...] = ()
    oar3_quotas: Mapping[str, object] | None = None
    rule_files: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The properties of the site's resources."""
        return tuple(dict.fromkeys(name for resource in self.resources for name in resource.properties))
