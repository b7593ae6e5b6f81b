"""What judging says of a run: a status for each case and candidate, a verdict for each combination and the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from harness.model.difference import Difference
from harness.model.fault import ExitCode
from harness.model.opinion import Opinion
from harness.model.procedure import ProcedureResult
from harness.model.record import Adaptation, Kind, Missing


class Status(StrEnum):
    """What became of one case under one candidate (fixed)."""

    AGREES = "agrees"
    DIFFERS = "differs"
    KNOWN = "known"
    INVALID = "invalid"
    CRASH = "crash"
    NOT_RUN = "not-run"


class Verdict(StrEnum):
    """The verdict on a combination, or on a whole run (fixed)."""

    COMPATIBLE = "compatible"
    COMPATIBLE_WITH_KNOWN_DIFFERENCES = "compatible-with-known-differences"
    INCOMPATIBLE = "incompatible"
    INCONCLUSIVE = "inconclusive"

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a command that ends in it."""
        return {
            Verdict.COMPATIBLE: ExitCode.COMPATIBLE,
            Verdict.COMPATIBLE_WITH_KNOWN_DIFFERENCES: ExitCode.COMPATIBLE,
            Verdict.INCOMPATIBLE: ExitCode.INCOMPATIBLE,
            Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
        }[self]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case under one candidate, judged.

    :ivar differences: those that are not ``identical``; ``counts`` has all of them by class.
    :ivar notes: what a user would notice although it is no difference between schedules.
    :ivar reproduce: one command line that runs just this again.
    :ivar opinion: which side departs from the plainest documented behaviour; None where that is no question. It has
        no part in status or verdict.
    :ivar procedure: the steps of a procedure, and what it left; None in a case of another kind.
    """

    id: str
    kind: Kind
    title: str
    candidate: str
    status: Status
    seconds: float
    differences: tuple[Difference, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    artefacts: str = ""
    reproduce: str = ""
    why: str = ""
    notes: tuple[str, ...] = ()
    opinion: Opinion | None = None
    procedure: ProcedureResult | None = None


@dataclass(frozen=True, slots=True)
class CombinationResult:
    """One combination over all its cases, judged."""

    id: str
    verdict: Verdict
    adaptations: tuple[Adaptation, ...] = ()
    cases: int = 0
    differences: Mapping[str, int] = field(default_factory=dict)


class KnownState(StrEnum):
    """Whether somebody has to look at an entry of the known differences."""

    USED = "used"
    EXPIRING = "expiring"
    UNUSED = "unused"
    NOT_MET = "not-met"
    EXPIRED = "expired"


EXPIRING_DAYS = 30
"""How many days before its last one an entry is warned about."""


@dataclass(frozen=True, slots=True)
class KnownUse:
    """What became of one entry of the known differences in a run.

    :ivar differences: how many it explained.
    :ivar expired: whether its date has passed, so that it explained none.
    :ivar expires: its last day. :ivar days: how many are left until then, negative where it has passed; None where
        the run is judged by no date.
    :ivar cases: how many cases ran, each under each candidate counted, that are what it asks of a case.
    """

    id: str
    title: str
    owner: str
    differences: int = 0
    expired: bool = False
    expires: date | None = None
    days: int | None = None
    cases: int = 0

    @property
    def state(self) -> KnownState:
        """EXPIRED; else UNUSED where it explains nothing any more, NOT_MET where no case ran that it is for; else
        EXPIRING within EXPIRING_DAYS; else USED."""
        if self.expired:
            return KnownState.EXPIRED
        if not self.differences:
            return KnownState.UNUSED if self.cases else KnownState.NOT_MET
        return KnownState.EXPIRING if self.days is not None and self.days <= EXPIRING_DAYS else KnownState.USED


@dataclass(frozen=True, slots=True)
class RunResult:
    """A whole run, judged: what every report is written from.

    :ivar known: every entry of the known differences that was given, the expired and the unused among them.
    """

    verdict: Verdict
    exit_code: ExitCode
    environment: Mapping[str, Any]
    reference: str
    combinations: tuple[CombinationResult, ...]
    cases: tuple[CaseResult, ...]
    missing: tuple[Missing, ...] = ()
    known: tuple[KnownUse, ...] = ()
