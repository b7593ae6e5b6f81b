"""What two schedules disagree on, from harmless to fatal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.model.schedule import Placement


class DifferenceClass(StrEnum):
    """The fixed classes, from harmless to fatal; ``harness.compare`` defines each exactly."""

    IDENTICAL = "identical"
    EQUIVALENT_PLACEMENT = "equivalent-placement"
    SHIFTED = "shifted"
    EARLIER = "earlier"
    LATER = "later"
    OTHER_MOLDABLE = "other-moldable"
    OTHER_SHAPE = "other-shape"
    ONLY_IN_REFERENCE = "only-in-reference"
    ONLY_IN_CANDIDATE = "only-in-candidate"
    OTHER_OUTCOME = "other-outcome"
    INVALID = "invalid"
    CRASH = "crash"

    @property
    def severity(self) -> int:
        """Its place in the order above; 0 is harmless."""
        return list(DifferenceClass).index(self)

    @property
    def harmless(self) -> bool:
        """Whether two schedules that differ only so still agree."""
        return self in (
            DifferenceClass.IDENTICAL,
            DifferenceClass.EQUIVALENT_PLACEMENT,
            DifferenceClass.SHIFTED,
        )


UNSTABLE = "unstable-reference"
"""What differences are counted as that the reference shows against itself, in place of their class."""
COUNTED = (*(kind.value for kind in DifferenceClass), UNSTABLE)
"""All names that differences are counted under."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One job on which two schedules disagree.

    :ivar job: the job's name in the workload; empty if the difference concerns the whole round (a crash).
    :ivar why: one line of explanation: what was seen, with figures.
    :ivar rules: names of the rules that the job breaks, if it is ``invalid``; an assertion is ``expected``.
    :ivar known: id of the known difference that explains it, else None.
    :ivar shared: whether the reference breaks the same, and the two do not differ otherwise: no fault of the
        candidate's.
    :ivar unstable: whether it is no more than the reference shows against itself when it is asked again.
    """

    job: str
    kind: DifferenceClass
    why: str
    reference: Placement | None = None
    candidate: Placement | None = None
    known: str | None = None
    rules: tuple[str, ...] = ()
    shared: bool = False
    unstable: bool = False

    @property
    def harmless(self) -> bool:
        """Whether two schedules that differ only so still agree."""
        return self.unstable or self.kind.harmless

    @property
    def counted(self) -> str:
        """Under which name it is counted: its class, or UNSTABLE."""
        return UNSTABLE if self.unstable else self.kind.value
