"""The folder in which findings are kept from one run to the next.

<folder>/<finding>/            scenario.toml, finding.json, draft.toml
<folder>/waiting/<finding>/    what there was no time to look at
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterable
from pathlib import Path

from harness.fuzz.evaluate import Evaluation
from harness.fuzz.finding import FILE, SCENARIO, Finding, load, save
from harness.fuzz.finding_sheet import sheet
from harness.workload.scenario import Defaults

_WAITING = "waiting"


class FindingsFolder:
    """A folder of findings; need not be there yet.

    :ivar folder: where it is.
    """

    def __init__(self, folder: Path, defaults: Defaults | None = None) -> None:
        self.folder = folder
        self._defaults = defaults
        self._loaded: set[Path] = set()

    def findings(self) -> list[Finding]:
        """Those of earlier runs, in the order of their names; raises ConfigurationFault if one cannot be read."""
        return self._load(self.folder)

    def waiting(self) -> list[Finding]:
        """What earlier runs had no time to look at."""
        return self._load(self.folder / _WAITING)

    def place(self, finding: Finding) -> Path:
        """The finding's own folder."""
        return self.folder / finding.name

    def keep(self, finding: Finding, seen: Evaluation | None, command: str, draft: str = "") -> None:
        """Write a finding, and what showed it.

        :param command: the command line that runs a scenario again, but for the scenario.
        :param draft: see :func:`~harness.fuzz.finding.save`.
        """
        again = f"{command} --scenario {shlex.quote(str(self.place(finding) / SCENARIO))}"
        save(finding, self.folder, sheet(finding, seen, again), draft)

    def leave(self, findings: Iterable[Finding], waiting: Iterable[Finding]) -> None:
        """Make the folder hold those and no others: what became another by shrinking is taken away."""
        kept = {self.place(finding) for finding in findings}
        for finding in waiting:
            kept.add(save(finding, self.folder / _WAITING, sheet(finding, None, "")))
        for place in self._loaded - kept:
            shutil.rmtree(place, ignore_errors=True)

    def _load(self, folder: Path) -> list[Finding]:
        places = [path.parent for path in sorted(folder.glob(f"*/{FILE}"))]
        self._loaded.update(places)
        return [load(place, self._defaults) for place in places]
