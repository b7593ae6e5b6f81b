"""A site: one folder that says what a production server is like and what is to be tried on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from harness.model.cluster import Cluster
from harness.model.combination import (
    OAR_META_SCHED,
    Combination,
    Metascheduler,
    Scheduler,
    did_you_mean,
)
from harness.model.debian import CODENAMES, DEFAULT
from harness.model.fault import ConfigurationFault
from harness.model.owned_keys import TakenOver, take_over
from harness.model.quota import Quota
from harness.model.reading import files_below, is_file, is_folder, matching, read_text
from harness.model.registry import Registry, is_pattern
from harness.oar2.conf import read_keys
from harness.shipped import FIXTURES
from harness.workload.admission_rules import AdmissionRule, read_rules
from harness.workload.cluster_files import read_cluster
from harness.workload.conf_table import conf_warnings, read_conf
from harness.workload.queues import given_schedulers
from harness.workload.quota_file import parse_quotas
from harness.workload.quota_table import read_quotas
from harness.workload.scenario import Defaults, Queue, Scenario, load_scenario, read_queues
from harness.workload.toml_table import Table, parse_toml

FILE = "site.toml"
DEMO = FIXTURES / "sites" / "demo"
"""The site that is run if none is named."""

_MODE = "METASCHEDULER_MODE"
_DRAFT = "draft.toml"
"""How the names of files end that hold drafts of known differences; `oar-compat fuzz` leaves them by scenarios."""

_KEYS = (
    "title",
    "debian",
    "reference",
    "combinations",
    "cluster",
    "tolerance",
    "scenarios",
    "known-differences",
    "conf",
    "queue",
    "quota",
    "quotas",
    "oar-conf",
    "admission",
    "scheduler",
    "metascheduler",
)
_SCHEDULER_KEYS = ("name", "alias", "oar3", "link")
_METASCHEDULER_KEYS = ("name", "command", "conf", "oar3", "schedules", "log-mark")


@dataclass(frozen=True, slots=True)
class Site:
    """A site folder, read and checked.

    :ivar debian: code name of the Debian release its server runs.
    :ivar reference: the combination it trusts.
    :ivar conf: keys of its oar.conf.
    :ivar queues: its queues; empty: those a fresh OAR has.
    :ivar tolerance: seconds by which a start may differ and be called ``shifted``; None: the run's own.
    :ivar scenarios: its scenario files, in the order of its patterns, then by name.
    :ivar known_differences: the folders of its known differences.
    :ivar quotas: its quotas, for scenarios that have none of their own.
    :ivar rules: its admission rules in place of Debian's; None: Debian's.
    :ivar registry: the combinations there are, its own included.
    :ivar combinations: ids of those that are tried if none is named, and patterns of them; empty: all.
    :ivar warnings: what of its file is probably not meant so, each in one line with its place.
    """

    title: str
    folder: Path
    cluster: Cluster
    reference: Combination
    registry: Registry
    debian: str = DEFAULT
    conf: Mapping[str, str] = field(default_factory=dict)
    queues: tuple[Queue, ...] = ()
    tolerance: int | None = None
    scenarios: tuple[Path, ...] = ()
    known_differences: tuple[Path, ...] = ()
    quotas: tuple[Quota, ...] = ()
    combinations: tuple[str, ...] = ()
    rules: tuple[AdmissionRule, ...] | None = None
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def defaults(self) -> Defaults:
        """What it gives to scenarios that do not say it themselves."""
        return Defaults(self.cluster, self.conf, self.queues, self.tolerance, self.quotas, self.rules)

    def load_scenarios(self) -> tuple[Scenario, ...]:
        """Its scenarios, read; raises ConfigurationFault with the first error one of them has."""
        return tuple(load_scenario(path, self.defaults) for path in self.scenarios)


def load_site(path: Path) -> Site:
    """The site of a folder, or of the ``site.toml`` in it; raises ConfigurationFault with the first error it has."""
    file = path / FILE if is_folder(path) else path
    if not is_file(file):
        raise ConfigurationFault(
            "there is no site here",
            where=str(path),
            remedy=f"name a folder that has a {FILE}, as fixtures/sites/demo has",
        )
    folder = file.parent
    table = parse_toml(read_text(file), str(file), _KEYS)
    title = table.text("title")
    registry = _registry(table)
    queues = read_queues(table)
    _check_queues(table, queues, registry)
    registry.given = given_schedulers(queues)
    own = read_conf(table, columns=True)
    taken = _production_conf(table, folder)
    conf = {**taken.kept, **own}
    reference = _reference(table, registry, conf)
    return Site(
        title=title,
        folder=folder,
        cluster=read_cluster(table, "cluster", [folder]),
        reference=reference,
        registry=registry,
        combinations=_combinations(table, registry),
        debian=_debian(table),
        conf=conf,
        queues=queues,
        tolerance=table.duration("tolerance"),
        scenarios=_scenarios(table, folder),
        known_differences=_known_differences(table, folder),
        quotas=_quotas(table, folder),
        rules=_rules(table, folder),
        warnings=(
            *conf_warnings(table, own),
            *(f"{table.where('oar-conf')}: {each.note}" for each in taken.overridden),
            *_other_reference(table, reference, conf),
        ),
    )


def _quotas(table: Table, folder: Path) -> tuple[Quota, ...]:
    """``[[quota]]``, or those of the production file that ``quotas`` names."""
    name = table.text("quotas", "")
    if not name:
        return read_quotas(table)
    if "quota" in table:
        table.fault("there are [[quota]] and a file of quotas", "remove one of them", "quotas")
    if not is_file(folder / name):
        table.fault(f"there is no file {name!r}", "copy your scheduler_quotas.conf there", "quotas")
    return parse_quotas(read_text(folder / name), str(folder / name))


def _production_conf(table: Table, folder: Path) -> TakenOver:
    """What holds of the production file that ``oar-conf`` names; keys of the harness's own are named as warnings."""
    name = table.text("oar-conf", "")
    if not name:
        return TakenOver({}, ())
    if not is_file(folder / name):
        table.fault(f"there is no file {name!r}", "copy your oar.conf there", "oar-conf")
    return take_over(read_keys(read_text(folder / name)))


def _rules(table: Table, folder: Path) -> tuple[AdmissionRule, ...] | None:
    """The rules of the folder that ``admission`` names."""
    name = table.text("admission", "")
    if not name:
        return None
    if not is_folder(folder / name):
        table.fault(f"there is no folder {name!r}", "make it, or remove the line for Debian's rules", "admission")
    return read_rules(folder / name)


def _debian(table: Table) -> str:
    name = table.text("debian", DEFAULT)
    if name not in CODENAMES:
        table.fault(f"unknown Debian release {name!r}", did_you_mean(name, CODENAMES), "debian")
    return name


def _registry(table: Table) -> Registry:
    registry = Registry()
    for entry in table.tables("scheduler", _SCHEDULER_KEYS):
        name = entry.text("name")
        own = Scheduler(name, entry.text("alias", name), entry.flag("oar3"), entry.text("link", ""))
        _add(registry, own, entry)
    for entry in table.tables("metascheduler", _METASCHEDULER_KEYS):
        meta = Metascheduler(
            entry.text("name"),
            entry.text("command"),
            tuple(read_conf(entry, columns=True).items()),
            entry.flag("oar3"),
            entry.flag("schedules"),
            entry.text("log-mark", ""),
        )
        _add(registry, meta, entry)
    return registry


def _add(registry: Registry, entry: Scheduler | Metascheduler, place: Table) -> None:
    if "+" in entry.name:
        place.fault("a + parts metascheduler and scheduler in a combination's id", "choose another name", "name")
    try:
        registry.add(entry)
    except ConfigurationFault as fault:
        place.fault(fault.what, fault.remedy, "name")


def _check_queues(table: Table, queues: tuple[Queue, ...], registry: Registry) -> None:
    known = [scheduler.name for scheduler in registry.schedulers.values()]
    for index, queue in enumerate(queues):
        if queue.scheduler and queue.scheduler not in known:
            table.fault(
                f"[[queue]] {queue.name!r}: unknown scheduler {queue.scheduler!r}",
                did_you_mean(queue.scheduler, known),
                "queue",
                index,
                "scheduler",
            )


def _reference(table: Table, registry: Registry, conf: dict[str, str]) -> Combination:
    """The combination named by ``reference``, else what oar.conf and queues name today, each queue its own."""
    if wanted := table.text("reference", ""):
        return _found(table, registry, wanted, "reference")
    command = _program(conf.get("META_SCHED_CMD", OAR_META_SCHED.command))
    metas = [entry for entry in registry.metaschedulers.values() if _program(entry.command) == command]
    if not metas:
        known = (entry.command for entry in registry.metaschedulers.values())
        table.fault(f"unknown metascheduler {command!r}", did_you_mean(command, known), "conf", "META_SCHED_CMD")
    mode = conf.get(_MODE)
    modes = [each for entry in metas if (each := dict(entry.conf).get(_MODE))]
    if mode is not None and modes and mode not in modes:
        table.fault(f"unknown mode {mode!r} of {command}", did_you_mean(mode, modes), "conf", _MODE)
    meta = next((entry for entry in metas if mode and dict(entry.conf).get(_MODE) == mode), metas[0])
    return registry.keeping(meta)


def _program(command: str) -> str:
    """A metascheduler's program: META_SCHED_CMD may be a path, or a name in OAR's folder."""
    return PurePosixPath(command).name


def _other_reference(table: Table, reference: Combination, conf: Mapping[str, str]) -> tuple[str, ...]:
    """A warning if ``reference`` is not what ``[conf]`` says that the site runs."""
    command = conf.get("META_SCHED_CMD")
    if "reference" not in table or command is None or _program(command) == _program(reference.metascheduler.command):
        return ()
    return (
        f"{table.where('reference')}: the reference is {reference.id}, though META_SCHED_CMD in [conf] says {command}"
        " — remove one of them if your site runs the other",
    )


def _combinations(table: Table, registry: Registry) -> tuple[str, ...]:
    wanted = table.texts("combinations")
    for index, name in enumerate(wanted):
        if is_pattern(name):
            if not registry.matching(name):
                known = [each.id for each in registry.all()]
                table.fault(f"no combination fits {name!r}", did_you_mean(name, known), "combinations", index)
        else:
            _found(table, registry, name, "combinations", index)
    return wanted


def _found(table: Table, registry: Registry, wanted: str, *key: str | int) -> Combination:
    try:
        found = registry.find(wanted)
        registry.check_queues([found])
    except ConfigurationFault as fault:
        table.fault(fault.what, fault.remedy, *key)
    return found


def _scenarios(table: Table, folder: Path) -> tuple[Path, ...]:
    found: dict[Path, None] = {}
    for pattern in table.texts("scenarios", ("scenarios",)):
        if pattern.startswith("/"):
            base, relative = Path("/"), pattern.lstrip("/")
        else:
            base, relative = folder, pattern
        place = base / relative
        there = is_folder(place)
        files = files_below(place) if there else matching(base, relative)
        files = [file for file in files if not file.name.endswith(_DRAFT)]
        if not files and ("scenarios" in table or there):
            table.fault(f"no scenario file matches {pattern!r}", "name a folder or a pattern of files", "scenarios")
        found |= dict.fromkeys(files)
    return tuple(found)


def _known_differences(table: Table, folder: Path) -> tuple[Path, ...]:
    usual = folder / "known-differences"
    if "known-differences" not in table:
        return (usual,) if is_folder(usual) else ()
    names = table.texts("known-differences")
    for name in names:
        if not is_folder(folder / name):
            table.fault(f"there is no folder {name!r}", "make it, or remove it from the line", "known-differences")
    return tuple(folder / name for name in names)
