"""A site's folder from production's own files: what is read first, what flows by, and what is written."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.model import bounds
from harness.model.cluster import Resource, Value
from harness.model.debian import RELEASES, by_schema
from harness.model.fault import ConfigurationFault, MachineFault
from harness.model.reading import named, read_text
from harness.oar2.conf import read_keys
from harness.site_import.conditions import PLAIN_COLUMNS, Conditions
from harness.site_import.conf_values import ConfNames, pass_conf
from harness.site_import.found_levels import Hierarchy, work_out
from harness.site_import.import_report import ImportReport, Label
from harness.site_import.import_tables import TableImport
from harness.site_import.printed_texts import read_json, read_oarnodes, read_oarstat, read_yaml
from harness.site_import.production import Production, ProductionQueue, ProductionRule
from harness.site_import.production_database import ProductionDatabase
from harness.site_import.pseudonyms import Pseudonyms
from harness.site_import.quota_names import oar3_quotas, read_quota_lines, renamed
from harness.site_import.read_small import read_small
from harness.site_import.recognised_sources import Kind, Position, Source, find_sources
from harness.site_import.renamer import Renamer
from harness.site_import.rule_texts import RuleTexts
from harness.site_import.site_files import DATABASE, OAR3_QUOTAS, write_site
from harness.site_import.source_rows import RowSource
from harness.workload.admission_rules import AdmissionRule, read_rules

JSON, MARKDOWN = "import.json", "import.md"

_USUAL_QUEUES = (
    ProductionQueue("admin", 10, "oar_sched_gantt_with_timesharing_and_fairsharing_and_quotas", "Active"),
    ProductionQueue("default", 2, "oar_sched_gantt_with_timesharing_and_fairsharing_and_quotas", "Active"),
    ProductionQueue("besteffort", 0, "oar_sched_gantt_with_timesharing_and_fairsharing_and_quotas", "Active"),
)

Tell = Callable[[str, Position], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What was written.

    :ivar jobs: how many jobs. :ivar resources: how many resources.
    """

    folder: Path
    report: ImportReport
    jobs: int
    resources: int


@dataclass(slots=True)
class _Given:
    """All sources, read as far as they are small."""

    production: Production = field(default_factory=Production)
    rows: list[RowSource] = field(default_factory=list)
    conf_name: str = ""
    quotas_name: str = ""
    oar3_name: str = ""
    rules_name: str = ""


def import_site(
    names: list[str],
    out: Path,
    pseudonyms: Pseudonyms,
    *,
    title: str = "",
    since: int | None = None,
    tell: Tell = lambda _, __: None,
) -> Imported:
    """Write the site's folder ``out``, which must not be there yet; nothing of it is there if something fails.

    Raises ConfigurationFault for a source that is none, and where no source has resources.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigurationFault(
            "it is there already", where=f"--out {named(out)}", remedy="name a new folder, or remove it first"
        )
    report = ImportReport()
    position = Position()
    given = _read_small(find_sources(names), report, position)
    production = given.production
    if not production.resources:
        raise ConfigurationFault(
            "no source has resources", where=" ".join(names), remedy="add a dump of OAR's database, or oarnodes -J"
        )
    columns = production.columns
    queues = production.queues or _USUAL_QUEUES
    types = {resource.type for resource in production.resources}
    conditions = Conditions(pseudonyms, columns, _values(production), types)
    renamer = Renamer(pseudonyms, conditions, columns, [queue.name for queue in queues])
    with _written(out) as folder:
        (folder / DATABASE).mkdir()
        tables = TableImport(
            folder / DATABASE, production, renamer, report, lambda table: tell(table, position), since
        )
        tables.take(given.rows)
        for source in given.rows:
            _tell_seen(source, report)
        resources = tuple(_resource(each, conditions, pseudonyms) for each in production.resources)
        conf = _conf(given, columns, [queue.name for queue in queues], pseudonyms, conditions, report)
        labels = (production.conf or {}).get("HIERARCHY_LABELS", "").split(",")
        hierarchy = work_out(production.resources, tables.levels, labels)
        _tell_hierarchy(hierarchy, report)
        _tell_queues(given, report)
        rules = _rules(given, renamer, report)
        quotas = [renamed(quota, renamer) for quota in production.quotas]
        write_site(
            folder,
            title or "imported site",
            _debian(production, report),
            resources,
            hierarchy,
            queues,
            conf,
            quotas,
            rules,
        )
        if production.oar3_quotas is not None:
            text = oar3_quotas(production.oar3_quotas, renamer, given.oar3_name, report)
            (folder / OAR3_QUOTAS).write_text(text, encoding="utf-8")
            report.approximated(
                "quotas", "OAR3's quotas", f"kept in {OAR3_QUOTAS}; lanes have those of OAR2's file", given.oar3_name
            )
        _tell_privacy(renamer, report)
        jobs = tables.rows.get("jobs", 0)
        facts = {
            "version": production.version,
            "names": "kept" if pseudonyms.keep else "pseudonyms",
            "resources": len(resources),
            "rows": tables.rows,
            "hierarchy": [{"level": each.name, "places": each.places, "why": each.why} for each in hierarchy.levels],
        }
        (folder / JSON).write_text(report.as_json(facts), encoding="utf-8")
        summary = f"{len(resources):,} resources, {len(queues)} queues, {jobs:,} jobs."
        (folder / MARKDOWN).write_text(report.as_markdown("Import", summary), encoding="utf-8")
    return Imported(out, report, jobs, len(resources))


@contextlib.contextmanager
def _written(out: Path) -> Iterator[Path]:
    """A folder beside the one that is wanted, which takes its place when all is written."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name[:40]}.", dir=out.parent))
    except OSError as error:
        raise _refused(out, error) from None
    try:
        yield folder
        folder.chmod(0o755)
        if out.is_dir():
            out.rmdir()
        folder.rename(out)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _refused(out, error) from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _refused(out: Path, error: OSError) -> MachineFault:
    what = f"cannot write it: {error.strerror or error}"
    return MachineFault(what, where=named(out), remedy="check the folder's rights and space")


def _read_small(sources: list[Source], report: ImportReport, position: Position) -> _Given:
    given = _Given()
    production = given.production
    seen: set[Kind] = set()
    for source in sources:
        if (rows := _row_source(source, position)) is not None:
            before = len(production.resources)
            read_small(rows, production, report)
            given.rows.append(rows)
            if production.rules:
                given.rules_name = given.rules_name or source.name
            dump = source.kind in (Kind.PLAIN, Kind.CUSTOM, Kind.DATABASE)
            if dump and not (
                len(production.resources) > before or production.version or rows.seen.ended or rows.columns()
            ):
                report.left("sources", source.kind.value, "it has none of OAR's tables", source.name)
        elif source.kind in seen:
            report.left("sources", f"another {source.kind.value}", "the first counts", source.name)
        elif source.kind is Kind.CONF:
            production.conf, given.conf_name = read_keys(read_text(source.path)), source.name
        elif source.kind is Kind.QUOTAS:
            text = read_text(source.path)
            production.quotas, given.quotas_name = read_quota_lines(text, source.name, report), source.name
        elif source.kind is Kind.RULES:
            production.rules = tuple(_production_rule(rule) for rule in read_rules(source.path))
            given.rules_name = source.name
        elif source.kind is Kind.OAR3_QUOTAS:
            production.oar3_quotas, given.oar3_name = json.loads(read_text(source.path)), source.name
        seen.add(source.kind)
    return given


def _row_source(source: Source, position: Position) -> RowSource | None:
    """What gives the rows of a source; None if it has none."""
    if source.kind in (Kind.PLAIN, Kind.CUSTOM):
        return source.dump(position)
    if source.kind is Kind.DATABASE:
        return ProductionDatabase(source.url)
    readers = {Kind.JSON: read_json, Kind.YAML: read_yaml, Kind.NODES: read_oarnodes, Kind.JOBS: read_oarstat}
    if source.kind not in readers:
        return None
    return readers[source.kind](read_text(source.path, most=bounds.RECORD), source.name)


def _production_rule(rule: AdmissionRule) -> ProductionRule:
    return ProductionRule(rule.number, rule.priority, rule.enabled, rule.text)


def _values(production: Production) -> dict[str, list[str]]:
    """The values of the columns that have pseudonyms, for patterns of LIKE."""
    found: dict[str, dict[str, None]] = {"network_address": {}}
    for each in production.resources:
        found["network_address"][each.node] = None
        for name, value in each.properties.items():
            if name not in PLAIN_COLUMNS and isinstance(value, str):
                found.setdefault(name, {})[value] = None
    return {name: list(values) for name, values in found.items()}


def _resource(each: Resource, conditions: Conditions, pseudonyms: Pseudonyms) -> Resource:
    properties: dict[str, Value] = {
        name: conditions.value(name, value) if isinstance(value, str) else value
        for name, value in each.properties.items()
    }
    return Resource(each.id, pseudonyms.host(each.node), each.state, each.type, each.available_upto, properties)


def _conf(
    given: _Given,
    columns: tuple[str, ...],
    queues: list[str],
    pseudonyms: Pseudonyms,
    conditions: Conditions,
    report: ImportReport,
) -> dict[str, str] | None:
    if given.production.conf is None:
        report.left("oar.conf", "oar.conf", "no source has it: lanes have Debian's")
        return None
    types = dict.fromkeys(resource.type for resource in given.production.resources)
    names = ConfNames(columns, types, queues)
    return pass_conf(given.production.conf, given.conf_name, names, pseudonyms, conditions, report)


def _rules(given: _Given, renamer: Renamer, report: ImportReport) -> list[AdmissionRule] | None:
    production = given.production
    if not production.rules:
        report.left("admission rules", "admission rules", "no source has any: lanes have Debian's")
        return None
    plain = {queue.name for queue in production.queues} | set(production.columns)
    plain |= {resource.type for resource in production.resources}
    texts = RuleTexts(renamer.pseudonyms, plain, _known(production, renamer))
    rules = []
    for rule in production.rules:
        text = texts.renamed(rule.text)
        rules.append(AdmissionRule(rule.number, rule.priority, rule.enabled, text.text))
        what, place = f"rule {rule.number}", f"{given.rules_name}, rule {rule.number}"
        state = "in force" if rule.enabled else "disabled"
        if text.usual:
            report.taken("admission rules", what, f"it is Debian's own; {state}", place)
        elif text.comments or text.words:
            why = f"{text.words} words have pseudonyms, {text.comments} comments are left out; {state}"
            report.approximated("admission rules", what, why, place)
        else:
            report.taken("admission rules", what, state, place)
        if text.reads and not text.usual:
            report.left("admission rules", f"files that {what} reads", "lanes do not have them", place)
    return rules


def _known(production: Production, renamer: Renamer) -> Callable[[str], str | None]:
    """The pseudonym of a word that is a user, a project, a host or a value of a property."""
    hosts = {resource.node for resource in production.resources} - {""}
    values = {
        value: renamer.conditions.value(name, value)
        for resource in production.resources
        for name, value in resource.properties.items()
        if isinstance(value, str) and name not in PLAIN_COLUMNS
    }

    def known(word: str) -> str | None:
        if word in renamer.users:
            return renamer.pseudonyms.user(word)
        if word in renamer.projects:
            return renamer.pseudonyms.project(word)
        if word in hosts:
            return renamer.pseudonyms.host(word)
        found = values.get(word)
        return None if found == word else found

    return known


def _debian(production: Production, report: ImportReport) -> str:
    if release := by_schema(production.version):
        codename = release.codename
        report.taken("sources", f"the schema {production.version}", f"it is that of OAR2 on Debian's {codename}")
        return codename
    what = f"the schema {production.version}" if production.version else "the version of OAR2"
    newest = RELEASES[0]
    report.approximated("sources", what, f"lanes have OAR {newest.oar2} of Debian's {newest.codename}")
    return newest.codename


def _tell_seen(source: RowSource, report: ImportReport) -> None:
    for what, place in source.seen.told:
        report.left("sources", "a part of it", what, place)
    if source.seen.ended:
        report.approximated("sources", "a dump that is not whole", source.seen.ended, source.name)
    else:
        report.taken("sources", "a source", "read to its end", source.name)


def _tell_hierarchy(hierarchy: Hierarchy, report: ImportReport) -> None:
    for level in hierarchy.levels:
        report.taken("resources", f"level {level.name}", level.why)
    for name, why in hierarchy.others.items():
        report.left("resources", f"{name} as a level", why)


def _tell_queues(given: _Given, report: ImportReport) -> None:
    if not given.production.queues:
        report.approximated("queues", "queues", "no source has them: those of a fresh OAR2 stand for them")
    for queue in given.production.queues:
        state = "" if queue.state == "Active" else "; it is closed"
        report.taken("queues", f"queue {queue.name}", f"priority {queue.priority}, {queue.scheduler}{state}")


def _tell_privacy(renamer: Renamer, report: ImportReport) -> None:
    for why, count in renamer.lost.items():
        report.approximated("privacy", f"{count:,} times", why)
    if renamer.pseudonyms.keep:
        report.approximated("privacy", "names", "kept as they are (--keep-names); commands and paths are not")
    else:
        report.taken("privacy", "names", "users, projects, jobs, hosts and values of properties have pseudonyms")


def is_whole(report: ImportReport) -> bool:
    """Whether no source broke off."""
    return not any(e.label is Label.APPROXIMATED and e.what == "a dump that is not whole" for e in report.entries)
