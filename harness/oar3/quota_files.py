"""Quotas on a server: the files that OAR2's and OAR3's schedulers read, from one description.

Of both, OAR2 2.6.1 and OAR3 3.0.2:

- OAR2: ``oar_sched_gantt_with_timesharing_and_fairsharing_and_quotas`` reads a file of Perl whose name it does not
  take from oar.conf; no other native scheduler knows quotas.
- OAR3: ``Quotas.load_quotas_rules`` (oar/kao/quotas.py) reads the JSON file that ``QUOTAS_CONF_FILE`` names, where
  ``QUOTAS`` is ``yes``: ``{"quotas": {"queue,project,type,user": [resources, jobs, hours]}, "job_types": [...]}``.
  Types that ``job_types`` does not name are not counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from harness.model.quota import EVERY, Quota
from harness.oar2.server import Oar2Server
from harness.workload.quota_file import dump_quotas

OAR2_FILE = "/etc/oar/scheduler_quotas.conf"
OAR3_FILE = "/etc/oar/quotas_conf.json"
"""The default of OAR3's ``QUOTAS_CONF_FILE`` (oar/lib/configuration.py)."""


def quota_conf(quotas: Iterable[Quota]) -> dict[str, str]:
    """The keys of oar.conf by which OAR3 minds these quotas; none where there are none."""
    return {"QUOTAS": "yes", "QUOTAS_CONF_FILE": OAR3_FILE} if tuple(quotas) else {}


def quotas_json(quotas: Iterable[Quota]) -> str:
    """OAR3's file. Hours are written as they are; OAR3 cuts off their fractions (``quotas_rules_fromJson``)."""
    quotas = tuple(quotas)
    rules = {",".join(quota.key): [quota.resources, quota.jobs, _plain(quota.hours)] for quota in quotas}
    types = dict.fromkeys(quota.type for quota in quotas if quota.type != EVERY)
    return json.dumps({"quotas": rules, "job_types": list(types)}, indent=4) + "\n"


class QuotaFiles:
    """The two files of one server, which nobody else writes; where there are no quotas they are as they were."""

    def __init__(self, server: Oar2Server) -> None:
        self._container = server.container
        self._before: dict[str, str | None] = {}
        self._there: tuple[Quota, ...] | None = ()

    def put(self, quotas: tuple[Quota, ...]) -> None:
        """Give both schedulers these quotas and no others."""
        if quotas == self._there:
            return
        self._there = None
        for path, text in ((OAR2_FILE, dump_quotas(quotas)), (OAR3_FILE, quotas_json(quotas))):
            if path not in self._before:
                self._before[path] = self._read(path)
            self._write(path, text if quotas else self._before[path])
        self._there = quotas

    def _read(self, path: str) -> str | None:
        found = self._container.run("cat", path, check=False)
        return found.stdout if found.exit_code == 0 else None

    def _write(self, path: str, text: str | None) -> None:
        if text is None:
            self._container.run("rm", "-f", path)
            return
        self._container.write(path, text)


def _plain(hours: float) -> float | int:
    return int(hours) if float(hours).is_integer() else hours
