"""The files of a site's folder that people read: ``site.toml`` and what it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.model.cluster import Resource
from harness.model.combination import KAMELOT, NATIVE_SCHEDULERS
from harness.model.quota import Quota
from harness.model.toml import pairs
from harness.oar2.conf import set_keys
from harness.site_import.found_levels import Hierarchy
from harness.site_import.production import ProductionQueue
from harness.workload.admission_rules import AdmissionRule
from harness.workload.quota_file import dump_quotas
from harness.workload.resource_table import write_resources

SITE, RESOURCES, CONF, QUOTAS, OAR3_QUOTAS, RULES, DATABASE = (
    "site.toml",
    "resources.tsv",
    "oar.conf",
    "scheduler_quotas.conf",
    "quotas.json",
    "rules",
    "database",
)
"""What stands in the folder."""


def write_site(
    folder: Path,
    title: str,
    debian: str,
    resources: Iterable[Resource],
    hierarchy: Hierarchy,
    queues: Iterable[ProductionQueue],
    conf: Mapping[str, str] | None,
    quotas: Iterable[Quota],
    rules: Iterable[AdmissionRule] | None,
) -> None:
    """Write ``site.toml`` and the files that it names."""
    (folder / RESOURCES).write_text(write_resources(resources), encoding="utf-8")
    lines = [
        "# Written by oar-compat import-site; import.md says what was taken, and what was not. Yours to edit.",
        *pairs({"title": title, "debian": debian}),
    ]
    if conf is not None:
        (folder / CONF).write_text(set_keys("", conf), encoding="utf-8")
        lines += pairs({"oar-conf": CONF})
    quotas = tuple(quotas)
    if quotas:
        (folder / QUOTAS).write_text(dump_quotas(quotas), encoding="utf-8")
        lines += pairs({"quotas": QUOTAS})
    if rules is not None:
        _write_rules(folder / RULES, rules)
        lines += pairs({"admission": RULES})
    lines += ["", "[cluster]", *pairs({"resources": RESOURCES}), "# From the widest to the narrowest:"]
    lines += [f"#   {level.name}: {level.why}" for level in hierarchy.levels]
    lines += pairs({"hierarchy": [level.name for level in hierarchy.levels]})
    known = {scheduler.name for scheduler in (*NATIVE_SCHEDULERS, KAMELOT)}
    own: dict[str, None] = {}
    for queue in queues:
        lines += ["", "[[queue]]", *pairs(_queue(queue))]
        if queue.scheduler and queue.scheduler not in known:
            own[queue.scheduler] = None
    for scheduler in own:
        lines += ["", "# A scheduler of your own: its program must be in the servers' image.", "[[scheduler]]"]
        lines += pairs({"name": scheduler})
    (folder / SITE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _queue(queue: ProductionQueue) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": queue.name, "priority": queue.priority}
    if queue.scheduler:
        entry["scheduler"] = queue.scheduler
    return entry if queue.state == "Active" else {**entry, "state": queue.state}


def _write_rules(folder: Path, rules: Iterable[AdmissionRule]) -> None:
    folder.mkdir()
    for rule in rules:
        (folder / rule.file).write_text(rule.text, encoding="utf-8", newline="")
