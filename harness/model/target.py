"""What one observation is to be made of, and where its files are kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from harness.model.combination import Combination


@dataclass(frozen=True, slots=True)
class Artefacts:
    """A folder for the files of an observation, below the folder of its run.

    :ivar run: the run's folder.
    :ivar name: this one's path relative to it, as records have it: ``cases/wide-job-waits-3f/logs/kao``.
    """

    run: Path
    name: str = ""

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.run / self.name

    def below(self, *parts: str) -> Artefacts:
        """A folder within it."""
        return replace(self, name="/".join(filter(None, (self.name, *parts))))


@dataclass(frozen=True, slots=True)
class Target:
    """A column to be observed: what observes a case is given one, and its observation has the same id.

    :ivar id: the column's id in records and reports: the combination's; with several copies of OAR3, or if a
        combination is compared with itself, ``@`` and a word follow.
    :ivar combination: what is put on the server.
    :ivar artefacts: the folder for the logs of this observation.
    """

    id: str
    combination: Combination
    artefacts: Artefacts

    def again(self, number: int = 1) -> Target:
        """The same column for a further observation, with a folder of its own."""
        name = f"{self.artefacts.name}-again-{number}"
        return replace(self, artefacts=replace(self.artefacts, name=name))
