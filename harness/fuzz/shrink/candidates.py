"""All smaller scenarios, the boldest cut first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.fuzz.generate.detect import features_of
from harness.fuzz.generate.feature import title_of
from harness.fuzz.shrink.features import fewer_features, plainer_jobs
from harness.fuzz.shrink.fewer_jobs import fewer_jobs, shorter_arrays
from harness.fuzz.shrink.fewer_placed_jobs import lower_places, sound
from harness.fuzz.shrink.fewer_resources import smaller_clusters
from harness.fuzz.shrink.values import earlier_moments, plainer_names, shorter_walltimes, smaller_counts
from harness.fuzz.shrink.weight import weight
from harness.model.fault import ConfigurationFault
from harness.model.record import Kind
from harness.workload.case_ids import digest
from harness.workload.scenario import Scenario, parse_scenario
from harness.workload.scenario_dump import dump_scenario

_CUTS = (
    fewer_jobs,
    shorter_arrays,
    fewer_features,
    smaller_clusters,
    plainer_jobs,
    smaller_counts,
    shorter_walltimes,
    earlier_moments,
    lower_places,
    plainer_names,
)
_GENERATED = title_of(frozenset()).partition(":")[0] + ":"


def content(scenario: Scenario) -> str:
    """The digest of what is run: the same for scenarios that differ in nothing else."""
    return digest(scenario, Kind.PLAN)


def smaller(scenario: Scenario) -> Iterator[Scenario]:
    """Scenarios that are less by :func:`harness.fuzz.shrink.weight.weight`, each different from the others.

    Each is read back from its file as the same, and what is placed in it from the beginning can have come about, if
    that was so before.
    """
    limit, seen, before = weight(scenario), {content(scenario)}, sound(scenario)
    for cut in _CUTS:
        for attempt in cut(scenario):
            try:
                found = attempt()
            except ConfigurationFault:
                continue
            if found is None or weight(found) >= limit:
                continue
            found = _titled(found)
            key = content(found)
            if key not in seen and (sound(found) or not before) and _readable(found):
                seen.add(key)
                yield found


def _titled(scenario: Scenario) -> Scenario:
    """Titles of generated scenarios name their features."""
    if not scenario.title.startswith(_GENERATED):
        return scenario
    return replace(scenario, title=title_of(features_of(scenario)))


def _readable(scenario: Scenario) -> bool:
    try:
        return parse_scenario(dump_scenario(scenario), scenario.source) == scenario
    except ConfigurationFault:
        return False
