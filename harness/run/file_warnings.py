"""What of a site's and its scenarios' files is probably not meant so: for ``list``, the end of a run and reports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from harness.model.combination import Combination, did_you_mean, named_under
from harness.model.fault import ConfigurationFault
from harness.run.case import Case
from harness.run.relative_paths import relative
from harness.site.site import Site
from harness.workload.scenario import Scenario

_PLACE = re.compile(r"(?P<file>.+?)(?P<rest>:\d+: .*)", re.S)


def warnings_of(site: Site, cases: Iterable[Case]) -> tuple[str, ...]:
    """Each in one line with its place, once however many cases it concerns."""
    scenarios = {id(case.scenario): case.scenario for case in cases}.values()
    found = [_placed(warning) for warning in site.warnings]
    for scenario in scenarios:
        found += [_placed(warning) for warning in scenario.warnings]
        found += _idle_patterns(site, scenario)
    return tuple(dict.fromkeys(found))


def _placed(warning: str) -> str:
    at = _PLACE.match(warning)
    return f"{relative(at['file'])}{at['rest']}" if at else warning


def _idle_patterns(site: Site, scenario: Scenario) -> Iterator[str]:
    """Patterns of combinations that fit none: a scenario with such an ``only`` is not run at all."""
    known = site.registry.all()
    for key, patterns in (("only", scenario.only), ("[not-applicable]", scenario.not_applicable)):
        for pattern in patterns:
            combination = pattern.partition(" on ")[0]
            if not any(_fits(each, combination) for each in known):
                hint = did_you_mean(combination, [each.id for each in known])
                yield f"{relative(scenario.source)}: {key}: {pattern!r} is for no combination — {hint}"


def _fits(combination: Combination, pattern: str) -> bool:
    names = [combination.id]
    if combination.scheduler:
        names.append(named_under(combination.id, combination.scheduler.alias))
    # A pattern may name queues, of which no combination that is known by itself has any.
    return any(fnmatchcase(name, each) for name in names for each in (pattern, pattern.partition(":")[0]))


def check_schedulers(site: Site, scenarios: Iterable[Scenario]) -> None:
    """Raise ConfigurationFault if a queue of a scenario names a scheduler that nobody knows, or one of OAR3.

    What OAR3 is tried on is said by combinations; a site that runs kamelot today may give it to its queues.
    """
    known = {scheduler.name: scheduler for scheduler in site.registry.schedulers.values()}
    for scenario in scenarios:
        for queue in scenario.queues:
            found, what = known.get(queue.scheduler), f"[[queue]] {queue.name!r}"
            if queue.scheduler and not found:
                raise ConfigurationFault(
                    f"{what}: unknown scheduler {queue.scheduler!r}",
                    where=scenario.source,
                    remedy=f"{did_you_mean(queue.scheduler, known)} (your own: [[scheduler]] in site.toml)",
                )
            if found and found.oar3 and found.name not in site.registry.given.values():
                raise ConfigurationFault(
                    f"{what}: {found.name} is OAR3's, and no queue of the site has it",
                    where=scenario.source,
                    remedy=f"remove it, and run --combination oar_meta_sched+{found.alias}:{queue.name}",
                )
