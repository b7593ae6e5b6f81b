"""What takes the cause of a known difference away, so that a further round shows whether it is the cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Without:
    """How a case is changed for a further round of reference and candidate.

    :ivar conf: keys of oar.conf, on both sides.
    :ivar one_user: whether all jobs are the first job's user's.
    :ivar security: seconds by which the candidate's SCHEDULER_JOB_SECURITY_TIME is longer; the reference's stays.
    """

    conf: Mapping[str, str] = field(default_factory=dict)
    one_user: bool = False
    security: int = 0

    def __str__(self) -> str:
        words = [f"{key}={value}" for key, value in self.conf.items()]
        words += ["one user"] if self.one_user else []
        words += [f"{self.security} s more between the candidate's jobs"] if self.security else []
        return ", ".join(words)
