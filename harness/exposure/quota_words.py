"""What of a site's quotas binds a job, as words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.model.quota import EVERY, PER, Quota


class QuotaWords:
    """The words of :attr:`~harness.exposure.asked_condition.AskedCondition.quota` for jobs of a site."""

    def __init__(self, quotas: Iterable[Quota]) -> None:
        self._quotas = tuple(quota for quota in quotas if max(quota.resources, quota.jobs, quota.hours) >= 0)
        self.users = frozenset(quota.user for quota in self._quotas) - {EVERY, PER}
        self.projects = frozenset(quota.project for quota in self._quotas) - {EVERY, PER}

    def __bool__(self) -> bool:
        return bool(self._quotas)

    def words(self, queue: str, project: str, types: Sequence[str], user: str) -> frozenset[str]:
        """What binds a job."""
        if not self._quotas:
            return frozenset()
        names = [kind.partition("=")[0].partition(":")[0] for kind in types]
        binding = [quota for quota in self._quotas if _binds(quota, queue, project, (*types, *names), user)]
        found = set()
        if binding:
            found.add("any")
        if len(binding) > 1:
            found.add("several")
        if any(quota.hours >= 0 for quota in binding):
            found.add("hours")
        first = {*types[:1], *names[:1]}
        if any(quota.type != EVERY and quota.type not in first for quota in binding):
            found.add("later-type")
        if binding and any(_hides(quota, queue, project, (*types, *names), user) for quota in self._quotas):
            found.add("hidden")
        return frozenset(found)


def _binds(quota: Quota, queue: str, project: str, types: Sequence[str], user: str) -> bool:
    return (
        quota.queue in (EVERY, PER, queue)
        and quota.project in (EVERY, PER, project)
        and (quota.type == EVERY or quota.type in types)
        and quota.user in (EVERY, PER, user)
    )


def _hides(quota: Quota, queue: str, project: str, types: Sequence[str], user: str) -> bool:
    """Whether it names the job's queue, project or type, and is somebody else's."""
    named = quota.queue == queue or quota.project == project or quota.type in types
    return named and not _binds(quota, queue, project, types, user)
