"""What a failing step calls for: named if it is carried out as written, done if it is adapted."""

from __future__ import annotations

import re

from harness.model.adaptation import Adaptation
from harness.oar2.server import Oar2Server
from harness.oar3.adapt import Adapter
from harness.oar3.diagnose import Need, diagnose
from harness.oar3.source import Oar3Source

_LABEL = re.compile(r"find_resource_hierarchies_job\n(?:.*\n)*?^KeyError: '(?P<label>\w+)'", re.M)
_KEY = "HIERARCHY_LABELS"


class Repairer:
    """Knows what would help on one server.

    :param labels: value of HIERARCHY_LABELS that the cluster needs.
    """

    def __init__(self, server: Oar2Server, source: Oar3Source | None, labels: str) -> None:
        self._server = server
        self._adapter = Adapter(server, source) if source else None
        self._labels = labels
        self.done: list[Adaptation] = []

    def advise(self, log: str) -> str:
        """What would help against the error in a log, in one line; empty if nobody knows."""
        if lacking := _LABEL.search(log):
            return f'{_KEY}="{self._labels}" in oar.conf: {lacking["label"]!r} is asked for, and not among them'
        need = diagnose(log)
        if need is None or self._adapter is None:
            return ""
        if need.kind == "column":
            return f"a column {need.name} in OAR's database"
        return str(self._adapter.remedy(need))

    def repair(self, log: str) -> Adaptation | None:
        """Do it; None if nobody knows what, or it was done before and did not help."""
        known = {each.id for each in self.done}
        found = self._conf(log) or self._meet(diagnose(log))
        if found is None or found.id in known:
            return None
        self.done.append(found)
        return found

    def _conf(self, log: str) -> Adaptation | None:
        lacking = _LABEL.search(log)
        if not lacking:
            return None
        self._server.set_conf({_KEY: self._labels})
        return Adaptation(
            f"conf:{_KEY}", f'{_KEY}="{self._labels}" in oar.conf', f"KeyError: {lacking['label']!r} in a round"
        )

    def _meet(self, need: Need | None) -> Adaptation | None:
        return self._adapter.meet(need) if self._adapter and need else None
