"""What judging says of a run: a status for each case and candidate, a verdict for each combination and the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from harness.model.difference import Difference, DifferenceClass
from harness.model.fault import ExitCode
from harness.model.opinion import Opinion
from harness.model.procedure import ProcedureResult
from harness.model.record import Adaptation, Kind, Missing


class Status(StrEnum):
    """The result of one case under one candidate (fixed)."""

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
class Refusal:
    """What ``oarsub`` refused of a case, said once for the jobs that one line submits.

    :ivar jobs: their names in the workload.
    :ivar words: oarsub's own, or why the line was not even typed.
    :ivar command: the line that was typed; empty if it is not recorded.
    :ivar expected: whether the scenario says that it is refused.
    """

    jobs: tuple[str, ...]
    words: str
    command: str = ""
    expected: bool = False

    @property
    def label(self) -> str:
        """The jobs: ``sweep[1]``, ``sweep[1] to sweep[9]``."""
        return self.jobs[0] if len(self.jobs) == 1 else f"{self.jobs[0]} to {self.jobs[-1]}"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case under one candidate, judged.

    :ivar differences: those that are not ``identical``; ``counts`` has all of them by class, those that the reference
        shows against itself under UNSTABLE.
    :ivar unstable: the jobs on which the reference does not decide alike when it is asked again.
    :ivar about_reference: those of the notes that concern the reference: its noise.
    :ivar notes: what a user would notice although it is no difference between schedules.
    :ivar reproduce: one command line that runs just this again.
    :ivar opinion: which side departs from the plainest documented behaviour; None if that is no question. It has
        no part in status or verdict.
    :ivar procedure: the steps of a procedure, and what it left; None in a case of another kind.
    :ivar refused: what ``oarsub`` refused of it, expected or not.
    :ivar alone: whether it is judged by itself, being not for the reference.
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
    refused: tuple[Refusal, ...] = ()
    alone: bool = False
    unstable: tuple[str, ...] = ()
    about_reference: tuple[str, ...] = ()

    @property
    def faulty(self) -> bool:
        """Whether it crashes, breaks a rule or differs, unexplained, and the reference does not do the same."""
        if self.status not in (Status.CRASH, Status.INVALID, Status.DIFFERS):
            return False
        return not self.shared

    @property
    def shared(self) -> tuple[Difference, ...]:
        """What the reference breaks too, if nothing else is unexplained: look at the scenario, or at OAR2."""
        left = [d for d in self.differences if d.known is None and not d.harmless]
        return tuple(left) if left and all(d.shared for d in left) else ()

    @property
    def accepted_crashes(self) -> int:
        """How many crashes a known difference accepts."""
        return sum(d.kind is DifferenceClass.CRASH and d.known is not None for d in self.differences)


@dataclass(frozen=True, slots=True)
class CombinationResult:
    """One combination over all its cases, judged.

    :ivar cases: how many of them were compared; of the reference, how many were judged.
    :ivar accepted_crashes: crashes that a known difference accepts.
    """

    id: str
    verdict: Verdict
    adaptations: tuple[Adaptation, ...] = ()
    cases: int = 0
    differences: Mapping[str, int] = field(default_factory=dict)
    accepted_crashes: int = 0


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
    """How one entry of the known differences was used in a run.

    :ivar differences: how many it explained.
    :ivar expired: whether its date has passed, so that it explained none.
    :ivar expires: its last day. :ivar days: how many are left until then, negative if it has passed; None if
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
        """EXPIRED; else UNUSED if it explains nothing any more, NOT_MET if no case ran that it is for; else
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
    :ivar ended_early: why the run did not come to its end; empty if it did.
    :ivar warnings: the record's (:class:`~harness.model.record.RunRecord`).
    """

    verdict: Verdict
    exit_code: ExitCode
    environment: Mapping[str, Any]
    reference: str
    combinations: tuple[CombinationResult, ...]
    cases: tuple[CaseResult, ...]
    missing: tuple[Missing, ...] = ()
    known: tuple[KnownUse, ...] = ()
    ended_early: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def compared(self) -> tuple[CaseResult, ...]:
        """The cases under candidates: what a verdict is about. In a procedure there is no reference."""
        return tuple(c for c in self.cases if c.candidate != self.reference or c.kind is Kind.PROCEDURE)

    @property
    def by_reference(self) -> tuple[CaseResult, ...]:
        """The reference's own rows: what it breaks by itself."""
        return tuple(c for c in self.cases if c.candidate == self.reference and c.kind is not Kind.PROCEDURE)
