"""A third opinion on a case: which side departs from the plainest documented behaviour. Never a verdict."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from harness.model.schedule import Placement


class Departs(StrEnum):
    """Who departs from what is documented, if the two sides differ on a job."""

    REFERENCE = "reference"
    CANDIDATE = "candidate"
    BOTH = "both"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class JobOpinion:
    """The opinion on one job that the two sides start otherwise.

    :ivar departs: who puts it elsewhere than the planner would after that side's own decisions on the jobs before it;
        ``neither``: the difference only follows from an earlier one.
    :ivar planned: where it stands in the planner's own plan; None if it has no place there.
    """

    job: str
    departs: Departs
    planned: Placement | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What our own planner says of a case.

    :ivar jobs: the jobs that differ in start or alternative, or have no place on one side.
    :ivar why: why no opinion is given; empty if one is.
    """

    jobs: tuple[JobOpinion, ...] = ()
    why: str = ""

    def __str__(self) -> str:
        """One line, without its heading."""
        if self.why:
            return f"none, {self.why}"
        count = Counter(job.departs for job in self.jobs)
        total = f"of {len(self.jobs)} job{'' if len(self.jobs) == 1 else 's'}"
        parts = [
            f"{who} from plain FIFO with backfilling for {count[departs]}"
            for departs, who in _WHO.items()
            if count[departs]
        ]
        if not parts:
            return f"neither side departs from plain FIFO with backfilling by itself for any {total}"
        return f"{', '.join(parts)} {total}"


_WHO = {
    Departs.REFERENCE: "the reference departs",
    Departs.CANDIDATE: "the candidate departs",
    Departs.BOTH: "both depart",
}
