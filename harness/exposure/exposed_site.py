"""A site's folder as exposure reads it: its configuration with the lines it stands in, its queues and resources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.exposure.asked_job import Column, Surroundings
from harness.exposure.request_facts import DOCUMENTED_LABELS
from harness.exposure.scenario_jobs import is_part_down
from harness.model.cluster import Cluster
from harness.model.combination import Combination, did_you_mean
from harness.model.fault import ConfigurationFault
from harness.model.oar_keys import KNOWN_KEYS, OAR2_KEYS, OAR3_KEYS
from harness.model.quota import Quota
from harness.model.reading import is_file, read_text
from harness.model.toml_reading import loads
from harness.oar2.conf import read_keys
from harness.site.site import FILE, Site, load_site
from harness.workload.queues import given_schedulers

_USUAL_QUEUES = {"admin": 10, "default": 2, "besteffort": 0}
_KEY = re.compile(r"^\s*([A-Z][A-Z0-9_]*)\s*=", re.M | re.A)
_RECORD = 64 << 20


@dataclass(frozen=True, slots=True)
class ConfLine:
    """A key of the site's oar.conf. :ivar place: file and line."""

    key: str
    value: str
    place: str


@dataclass(frozen=True, slots=True)
class ExposedSite:
    """A site, ready to be asked.

    :ivar here: what conditions are held to. :ivar database: the folder of its history; it may not be there.
    :ivar lines: the keys that are set, by name. :ivar labels: the levels that HIERARCHY_LABELS names.
    :ivar cap: SCHEDULER_FAIRSHARING_MAX_JOB_PER_USER. :ivar nodes: the property that ``nodes`` stands for.
    """

    site: Site
    here: Surroundings
    database: Path
    lines: Mapping[str, ConfLine] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    cap: int = 30
    security: int = 60

    @property
    def quotas(self) -> tuple[Quota, ...]:
        """Its quotas."""
        return self.site.quotas

    @property
    def cluster(self) -> Cluster:
        """Its resources."""
        return self.site.cluster

    def ignored(self) -> list[ConfLine]:
        """The keys that a program of OAR2 reads and none of OAR3."""
        return [line for key, line in self.lines.items() if key in OAR2_KEYS - OAR3_KEYS]

    def unread(self) -> list[ConfLine]:
        """The keys that neither reads."""
        return [line for key, line in self.lines.items() if key not in KNOWN_KEYS]


def read_site(folder: Path, combinations: Iterable[str] = ()) -> ExposedSite:
    """The site of a folder; raises ConfigurationFault with the first error it has.

    :param combinations: ids and patterns of those that are tried; none: the site's own, or all.
    """
    site = load_site(folder)
    folder = site.folder
    content = loads(read_text(folder / FILE))
    name = content.get("oar-conf", "")
    text = read_text(folder / name) if name else ""
    raw = read_keys(text)
    # What lanes get in place of programs of production says nothing of production.
    conf = {**raw, **{key: site.conf[key] for key in content.get("conf", {}) if key in site.conf}}
    lines = {key: ConfLine(key, value, _place(key, text, name, raw)) for key, value in conf.items()}
    given = given_schedulers(site.queues)
    tried = _tried(site, tuple(combinations))
    columns = {each.id: Column(each.id, each.aliases(given)) for each in (site.reference, *tried)}
    unknown = _not_imported(folder) - set(conf)
    if not name:
        unknown |= KNOWN_KEYS - set(conf)
    labels = conf.get("HIERARCHY_LABELS") or DOCUMENTED_LABELS
    possible: dict[str, tuple[str, ...]] = {key: _possible(value) for key, value in conf.items()}
    if site.quotas:
        # To keep them, OAR3 is to be told of them: D-QUOTAS-01.
        possible["QUOTAS"] = tuple(dict.fromkeys((conf.get("QUOTAS", ""), "yes")))
    resources = site.cluster.resources
    return ExposedSite(
        site,
        Surroundings(
            columns=tuple(columns.values()),
            conf=possible,
            unknown=frozenset(unknown - set(possible)),
            debian=site.debian if "debian" in content else "",
            queues={**_USUAL_QUEUES, **{queue.name: queue.priority for queue in site.queues}},
            upto=frozenset(f"{each.state}:{each.available_upto}" for each in resources),
            part_down=is_part_down(site.cluster),
            quotas=bool(site.quotas),
        ),
        folder / "database",
        lines,
        tuple(label.strip() for label in labels.split(",")),
        _number(conf.get("SCHEDULER_FAIRSHARING_MAX_JOB_PER_USER"), 30),
        _number(conf.get("SCHEDULER_JOB_SECURITY_TIME"), 60),
    )


def _possible(value: str) -> tuple[str, ...]:
    """What a value may mean: two quotes with nothing between are a text to OAR2, and nothing to OAR3."""
    return (value, "") if value in ('""', "''") else (value,)


def _tried(site: Site, wanted: tuple[str, ...]) -> list[Combination]:
    registry = site.registry
    found = []
    for pattern in wanted or site.combinations:
        fitting = registry.matching(pattern)
        if not fitting:
            known = [each.id for each in registry.all()]
            raise ConfigurationFault(
                f"no combination fits {pattern!r}", where="--combination", remedy=did_you_mean(pattern, known)
            )
        found += fitting
    registry.check_queues(found)
    if not found:
        found = [each for each in registry.all() if each.needs_oar3]
        # As OAR3's documentation has it: kamelot on the queue default, the others as they are.
        found += [registry.find(f"{name}+kamelot:default") for name in ("oar_meta_sched", "kao-external")]
    return found


def _place(key: str, text: str, name: str, raw: Mapping[str, str]) -> str:
    """File and line of the key's last line, which counts."""
    found = [match for match in _KEY.finditer(text) if match[1] == key] if key in raw else []
    return f"{name}:{text.count(chr(10), 0, found[-1].start(1)) + 1}" if found else f"{FILE}, [conf]"


def _not_imported(folder: Path) -> set[str]:
    """Keys of production that import-site left out, since their values may name a path, a host or a person."""
    path = folder / "import.json"
    if not is_file(path):
        return set()
    try:
        entries = json.loads(path.read_text("utf-8")[:_RECORD]).get("entries", [])
    except (OSError, ValueError, AttributeError):
        return set(KNOWN_KEYS)
    return {
        entry["what"]
        for entry in entries
        if isinstance(entry, dict)
        and entry.get("theme") == "oar.conf"
        and entry.get("label") == "not supported"
        and entry.get("what") in KNOWN_KEYS
    }


def _number(text: str | None, usual: int) -> int:
    return int(text) if text and text.isdigit() and len(text) < 10 else usual
