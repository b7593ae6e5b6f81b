"""What a campaign is to observe."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.compare.judge_settings import JudgeSettings
from harness.live.live_limits import LiveLimits
from harness.model.record import Missing
from harness.model.registry import Registry
from harness.oar3.source import Oar3Source
from harness.run.case import Case
from harness.run.columns import Column


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is to be observed: a request with everything looked up that needs no container.

    :ivar debian: code name of the Debian release of the servers.
    :ivar columns: the columns, the reference first.
    :ivar missing: what was asked for and cannot be had.
    :ivar reproduce: the record's (:class:`~harness.model.record.RunRecord`).
    :ivar lanes: live servers at a time.
    :ivar pairs: the cases' and columns' ids to observe; None: each case under each column.
    :ivar cold: see :class:`~harness.run.plan_cases.PlanObserver`.
    :ivar registry: the combinations there are.
    :ivar settings: how the run is to be judged: if a column differs then, the reference is observed again.
    :ivar warnings: what of the site's and the scenarios' files is probably not meant so.
    :ivar live_limits: how long a live case is given.
    """

    debian: str
    columns: list[Column]
    cases: list[Case]
    missing: tuple[Missing, ...] = ()
    reproduce: str = ""
    lanes: int = 6
    pairs: frozenset[tuple[str, str]] | None = None
    cold: bool = False
    registry: Registry = field(default_factory=Registry)
    settings: JudgeSettings = field(default_factory=JudgeSettings)
    warnings: tuple[str, ...] = ()
    live_limits: LiveLimits = field(default_factory=LiveLimits)

    @property
    def sources(self) -> tuple[Oar3Source, ...]:
        """The copies of OAR3 that its columns need."""
        return tuple({column.source.name: column.source for column in self.columns if column.source}.values())
