"""Which queues a workload has, which scheduler each is given, and which of them its jobs go to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from harness.model.combination import NATIVE_SCHEDULERS
from harness.oarsub.submission import Submission
from harness.workload.quota_table import QUEUES

_DEFAULT = "default"


class Given(Protocol):
    """A queue as a site or a scenario gives it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def scheduler(self) -> str:
        """``queues.scheduler_policy``; empty: not said."""


def given_schedulers(queues: Iterable[Given], site: Iterable[Given] = ()) -> dict[str, str]:
    """The policy of each queue, those that a fresh OAR has included.

    A queue of which nothing is said has the scheduler of the site's queue of that name, else that of ``default``,
    which has Debian's if nothing is said of it either.

    :param site: queues of the site; those of the scenario replace them.
    """
    own, others = _named(queues), _named(site)
    usual = own.get(_DEFAULT) or others.get(_DEFAULT) or NATIVE_SCHEDULERS[0].name
    return {name: own.get(name) or others.get(name) or usual for name in dict.fromkeys((*QUEUES, *own))}


def _named(queues: Iterable[Given]) -> Mapping[str, str]:
    return {queue.name: queue.scheduler for queue in queues}


def queue_of(submission: Submission) -> str:
    """The queue that a job comes to: ``-q``, or ``besteffort`` by its type (OAR2's admission rules 2 and 6)."""
    if "besteffort" in submission.types:
        return "besteffort"
    return submission.queue or _DEFAULT
