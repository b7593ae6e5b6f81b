"""Which quotas bind a job, and which jobs count in them, after ``OAR::Schedulers::QuotaStorage`` of OAR2 2.6.1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from harness.model.job import Job
from harness.model.quota import EVERY, PER, Quota

Key = tuple[str, str, str, str]


def types_of(job: Job) -> tuple[str, ...]:
    """The names of a job's types, without their values (``get_job_types_hash``)."""
    return tuple(dict.fromkeys(entry.partition("=")[0] for entry in job.types))


class QuotaRules:
    """A site's quotas. Of a ``*`` or ``/`` and a word of the job's own, the word binds, and the others do not.

    That is decided from the queue down (``check_quotas``): a quota of the job's queue, if one fits the rest of the
    job, does away with those of ``*`` and ``/`` queues; then in the same way its project, its types, its user.
    """

    def __init__(self, quotas: Iterable[Quota]) -> None:
        self._quotas = {quota.key: quota for quota in quotas}
        self._bound: dict[tuple[str, str, tuple[str, ...], str], tuple[tuple[Quota, Key], ...]] = {}

    def binding(self, job: Job) -> tuple[tuple[Quota, Key], ...]:
        """The quotas that bind a job, each with the counter it is measured by, where ``/`` is the job's own word."""
        key = (job.queue, job.project, types_of(job), job.user)
        if key not in self._bound:
            self._bound[key] = tuple(self._binding(*key))
        return self._bound[key]

    def _binding(self, queue: str, project: str, types: tuple[str, ...], user: str) -> Iterator[tuple[Quota, Key]]:
        some, users = (*types, EVERY), (user, EVERY, PER)
        for quota in self._quotas.values():
            q, p, t, u = quota.key
            if q not in (queue, EVERY, PER) or p not in (project, EVERY, PER) or t not in some or u not in users:
                continue
            if q != queue and self._any((queue,), (project, EVERY, PER), some, users):
                continue
            if p != project and self._any((q,), (project,), some, users):
                continue
            if t == EVERY and self._any((q,), (p,), types, users):
                continue
            if u != user and (q, p, t, user) in self._quotas:
                continue
            if max(quota.resources, quota.jobs, quota.hours) >= 0:
                yield quota, (queue if q == PER else q, project if p == PER else p, t, user if u == PER else u)

    def _any(self, *words: Iterable[str]) -> bool:
        return any(key in self._quotas for key in product(*words))


def counts(job: Job, counter: Key) -> bool:
    """Whether a job counts in a counter (``update_accounting_slot_data``)."""
    queue, project, kind, user = counter
    return (
        queue in (EVERY, job.queue)
        and project in (EVERY, job.project)
        and kind in (EVERY, *types_of(job))
        and user in (EVERY, job.user)
    )
