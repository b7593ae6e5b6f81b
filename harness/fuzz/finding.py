"""Findings: what was found, as small as it is by now, kept in a folder until somebody looks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from harness.fuzz.symptom import Symptom
from harness.model import codec
from harness.model.fault import ConfigurationFault
from harness.store.atomic import write_atomically
from harness.workload.case_ids import slug
from harness.workload.scenario import Defaults, Scenario, load_scenario
from harness.workload.scenario_dump import dump_scenario

FILE, SCENARIO, DRAFT = "finding.json", "scenario.toml", "draft.toml"


@dataclass(frozen=True, slots=True)
class Finding:
    """One bug, or what looks like one.

    :ivar symptom: what every comparison that shows it has in common.
    :ivar features: names of the features that its scenario is left with.
    :ivar scenario: the smallest so far that shows it.
    :ivar seen: comparisons that showed it.
    :ivar tried: digests of smaller scenarios that did not show it, so that shrinking can go on where it ended.
    :ivar minimal: whether nothing smaller is left to be tried.
    :ivar steady: whether it showed each time it was tried.
    :ivar why: the differences in the words of the report, a line each.
    """

    symptom: Symptom
    features: frozenset[str]
    scenario: Scenario
    seen: int = 1
    tried: frozenset[str] = frozenset()
    minimal: bool = False
    steady: bool = True
    why: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its folder: what it looks like, and 6 digits that tell it from others."""
        text = f"{self.symptom} {' '.join(sorted(self.features))}"
        digest = hashlib.sha256(f"{self.symptom!r} {sorted(self.features)}".encode()).hexdigest()
        return f"{slug(text, 50)}-{digest[:6]}"

    def covers(self, symptom: Symptom, features: frozenset[str]) -> bool:
        """Whether a comparison with that symptom, of a scenario with those features, may well show the same bug."""
        return self.symptom == symptom and self.features <= features


@dataclass(frozen=True, slots=True)
class _FindingFile:
    """finding.json: everything but the scenario, which stands beside it."""

    format: Literal["oar-compat-finding/1"]
    symptom: Symptom
    features: tuple[str, ...]
    seen: int
    tried: tuple[str, ...]
    minimal: bool
    steady: bool
    why: tuple[str, ...] = field(default=())


def save(finding: Finding, folder: Path, comment: str, draft: str = "") -> Path:
    """Write it below ``folder``; returns its own folder.

    :param comment: stands at the head of its scenario file.
    :param draft: a known difference to be filled in, should it be accepted; no file if it is empty.
    """
    place = folder / finding.name
    place.mkdir(parents=True, exist_ok=True)
    write_atomically(place / SCENARIO, dump_scenario(finding.scenario, comment=comment))
    content = _FindingFile(
        format="oar-compat-finding/1",
        symptom=finding.symptom,
        features=tuple(sorted(finding.features)),
        seen=finding.seen,
        tried=tuple(sorted(finding.tried)),
        minimal=finding.minimal,
        steady=finding.steady,
        why=finding.why,
    )
    write_atomically(place / FILE, codec.dumps(content))
    if draft:
        write_atomically(place / DRAFT, draft)
    else:
        (place / DRAFT).unlink(missing_ok=True)
    return place


def load(place: Path, defaults: Defaults | None = None) -> Finding:
    """The finding of a folder; raises ConfigurationFault if it cannot be read."""
    if not (place / FILE).is_file():
        raise ConfigurationFault(
            "there is no finding here", where=str(place), remedy="name a folder that `oar-compat fuzz` has written"
        )
    content = codec.load(place / FILE, _FindingFile)
    scenario = load_scenario(place / SCENARIO, defaults)
    return Finding(
        content.symptom,
        frozenset(content.features),
        replace(scenario, source=str(place / SCENARIO)),
        content.seen,
        frozenset(content.tried),
        content.minimal,
        content.steady,
        content.why,
    )
