"""What is asked for, and what that means: a site, its columns, its cases."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from harness.model import bounds
from harness.model.combination import did_you_mean
from harness.model.debian import CODENAMES
from harness.model.fault import ConfigurationFault
from harness.model.reading import files_below, is_folder
from harness.model.record import Kind, Missing
from harness.oar3.source import Oar3Source
from harness.run.case import Case, select_cases
from harness.run.columns import Column, choose
from harness.run.file_warnings import check_schedulers
from harness.shipped import COMMAND, SCENARIOS, located
from harness.site.site import DEMO, Site, load_site
from harness.workload.case_ids import case_id
from harness.workload.scenario import KINDS, Scenario, load_scenario

PROCEDURES = SCENARIOS / "procedures"
"""The documented procedures, for sites that have none of their own."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is asked for.

    :ivar site: the site's folder; None: the demonstration.
    :ivar combinations: ids; empty: all that can be had.
    :ivar oar3: values of ``--oar3``.
    :ivar debian: code name; empty: what the site says.
    :ivar cases: beginnings of cases' ids; empty: all.
    :ivar kinds: kinds of case; empty: all that the scenarios name.
    :ivar scenarios: in place of the site's own; empty: the site's.
    :ivar files: the same as files, or folders of them.
    :ivar known: folders of known differences, in place of the site's; empty: the site's.
    :ivar reports: the folder below which the run's folder is made.
    :ivar lanes: live lanes at a time.
    :ivar cold: see :class:`~harness.run.plan_cases.Plans`.
    :ivar command: what the user typed, for the report's ``reproduce``.
    """

    site: Path | None = None
    combinations: tuple[str, ...] = ()
    oar3: tuple[str, ...] = ()
    debian: str = ""
    reference: str = ""
    cases: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    files: tuple[Path, ...] = ()
    known: tuple[Path, ...] = ()
    reports: Path = Path("reports")
    lanes: int = 6
    cold: bool = False
    command: str = f"{COMMAND} run"


def site_of(request: RunRequest) -> Site:
    """The request's site, with the Debian release and the reference that the request names."""
    site = load_site(located(request.site) if request.site else DEMO)
    if request.debian:
        if request.debian not in CODENAMES:
            raise ConfigurationFault(
                f"unknown Debian release {request.debian!r}",
                where="--oar2",
                remedy=did_you_mean(request.debian, CODENAMES),
            )
        site = replace(site, debian=request.debian)
    if request.reference:
        site = replace(site, reference=site.registry.find(request.reference, where="--reference"))
    return site


def check_kinds(request: RunRequest) -> None:
    """Raise ConfigurationFault if a kind asked for is none."""
    known = {kind.value for kind in KINDS}
    for kind in request.kinds:
        if kind not in known:
            raise ConfigurationFault(f"unknown kind {kind!r}", where="--kind", remedy=did_you_mean(kind, known))


def columns_of(
    site: Site, request: RunRequest, found: tuple[Oar3Source, ...] | Missing, *, lacking: bool = False
) -> list[Column]:
    """The columns asked for (:func:`~harness.run.columns.choose`), given what there is of OAR3.

    Raises ConfigurationFault if the reference needs OAR3 and there is none: nothing can be compared then.
    :func:`check_queues` looks whether there are the queues that they name.
    """
    sources = () if isinstance(found, Missing) else found
    if isinstance(found, Missing) and site.reference.needs_oar3:
        raise ConfigurationFault(
            f"the reference {site.reference.id} needs OAR3, and there is none: {found.why}",
            where="--reference",
            remedy=found.how,
        )
    return choose(site.registry, wanted(site, request), site.reference, sources, lacking=lacking)


def wanted(site: Site, request: RunRequest) -> tuple[str, ...]:
    """The ids of the combinations to try: those asked for, else the site's; empty: all."""
    if request.combinations:
        return request.combinations
    found = (each.id for name in site.combinations for each in site.registry.matching(name))
    return tuple(dict.fromkeys(found))


def check_queues(site: Site, request: RunRequest, scenarios: Iterable[Scenario]) -> None:
    """Raise ConfigurationFault if the request names a queue that neither the site nor any of those scenarios has."""
    more = {queue for scenario in scenarios for queue in scenario.schedulers}
    site.registry.check_queues([site.reference], more, where="--reference")
    site.registry.check_queues(map(site.registry.find, request.combinations), more)


def cases_of(request: RunRequest, site: Site, broken: list[Missing] | None = None) -> list[Case]:
    """The cases asked for; raises ConfigurationFault if a wanted one is not there.

    :param broken: is given the scenario files that cannot be read, so that one of them does not end a run of the
        others; without it the first one is raised, and so it is if a file was named itself, or none can be read.
    """
    named = _load(scenario_files(request.files), site, broken, [located(file) for file in request.files])
    check_kinds(request)
    scenarios = [each.on(site.debian) for each in request.scenarios or named or _scenarios(request, site, broken)]
    check_schedulers(site, scenarios)
    cases = select_cases(scenarios, lambda scenario, kind: case_id(scenario, kind, site.debian))
    for wanted in request.cases:
        if not any(case.id.startswith(wanted) for case in cases):
            raise ConfigurationFault(
                f"there is no case {wanted!r}",
                where="--case",
                remedy=did_you_mean(wanted, [case.id for case in cases]),
            )
    return [
        case
        for case in cases
        if (not request.cases or case.id.startswith(request.cases))
        and (not request.kinds or case.kind.value in request.kinds)
    ]


def scenario_files(paths: tuple[Path, ...]) -> list[Path]:
    """Those files, and of a folder all scenario files below it; raises ConfigurationFault for one that has none."""
    found: list[Path] = []
    for path in map(located, paths):
        below = files_below(path) if is_folder(path) else [path]
        if not below:
            raise ConfigurationFault("holds no scenario file", where=str(path), remedy="name another by --scenario")
        found += below
    return list(dict.fromkeys(found))


def _load(
    files: Iterable[Path], site: Site, broken: list[Missing] | None, by_name: Collection[Path] = ()
) -> tuple[Scenario, ...]:
    """The scenarios of files; of those that are none, all but the ones in ``by_name`` are added to ``broken``."""
    found: list[Scenario] = []
    faults: list[ConfigurationFault] = []
    resources = 0
    for file in files:
        try:
            scenario = load_scenario(file, site.defaults)
        except ConfigurationFault as fault:
            if broken is None or file in by_name:
                raise
            faults.append(fault)
            continue
        # A cluster that the site gives is one, however many scenarios have it.
        resources += 0 if scenario.cluster is site.cluster else len(scenario.cluster.resources)
        if resources > bounds.ALL_RESOURCES:
            raise ConfigurationFault(
                f"with it the scenarios have more than {bounds.ALL_RESOURCES:,} resources",
                where=str(file),
                remedy="run them by parts: --scenario FOLDER",
            )
        found.append(scenario)
    if faults and not found:
        raise faults[0]
    if broken is not None:
        broken += (Missing(f"the scenario {fault.where}", fault.what, fault.remedy) for fault in faults)
    return tuple(found)


def _scenarios(request: RunRequest, site: Site, broken: list[Missing] | None) -> tuple[Scenario, ...]:
    """The site's; if procedures are asked for and it has none of its own, the documented ones on its cluster.

    A case that is wanted by its id may be one of them.
    """
    own = _load(site.scenarios, site, broken)
    wanted = Kind.PROCEDURE.value in request.kinds or bool(request.cases and not request.kinds)
    if not wanted or any(Kind.PROCEDURE in scenario.kinds for scenario in own):
        return own
    return (*own, *(load_scenario(path, site.defaults) for path in sorted(PROCEDURES.glob("*.toml"))))


def of_use(columns: list[Column], cases: list[Case], request: RunRequest) -> list[Column]:
    """The columns without those that nobody asked for and no case is for, as with procedures; the reference stays."""
    if request.combinations:
        return columns
    used = [
        column
        for column in columns[1:]
        if any(not case.scenario.not_for(column.combination) for case in cases) or not cases
    ]
    return [columns[0], *used]
