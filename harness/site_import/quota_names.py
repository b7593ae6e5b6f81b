"""Quotas with pseudonyms: OAR2's lines, and OAR3's JSON, which has periods and shares that OAR2 has not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.model.bounds import DEPTH, GREATEST
from harness.model.fault import ConfigurationFault
from harness.model.quota import EVERY, PER, Quota
from harness.site_import.import_report import ImportReport
from harness.site_import.renamer import Renamer
from harness.workload.quota_file import each_quota

_SECTIONS = ("quotas", "quotas_oneshot", "quotas_weekly", "quotas_monthly", "quotas_yearly", "periodical", "oneshot")
_PERIODS = frozenset(_SECTIONS[1:])


def read_quota_lines(text: str, where: str, report: ImportReport) -> tuple[Quota, ...]:
    """The quotas of a production file, the last of each key; lines that are none are named in ``report``."""
    found: dict[tuple[str, str, str, str], Quota] = {}
    for each in each_quota(text, where):
        if isinstance(each, ConfigurationFault):
            # What it says shows the line, which may hold names.
            report.left("quotas", "a statement", "it is more Perl than OAR documents, and is not run", each.where)
            continue
        found.pop(each.key, None)
        found[each.key] = each
    if found:
        report.taken("quotas", f"{len(found)} quotas", "as the natives with quotas read them", where)
    return tuple(found.values())


def renamed(quota: Quota, renamer: Renamer) -> Quota:
    """The same with pseudonyms."""
    queue, project, kind, user = quota.key
    return replace(
        quota, queue=queue_of(queue, renamer), project=project_of(project, renamer), type=renamer.type_key(kind),
        user=user_of(user, renamer),
    )  # fmt: skip


def queue_of(word: str, renamer: Renamer) -> str:
    """A queue in a quota."""
    return word if word in (EVERY, PER) else renamer.queue(word)


def project_of(word: str, renamer: Renamer) -> str:
    """A project in a quota."""
    return word if word in (EVERY, PER) else renamer.pseudonyms.project(word)


def user_of(word: str, renamer: Renamer) -> str:
    """A user in a quota."""
    return word if word in (EVERY, PER) else renamer.pseudonyms.user(word)


def oar3_quotas(content: Mapping[str, Any], renamer: Renamer, where: str, report: ImportReport) -> str:
    """OAR3's file with pseudonyms. Periods and shares such as ``"0.5*ALL"`` are kept for OAR3."""
    shares = False
    labels: dict[str, str] = {}

    def label(word: str) -> str:
        return labels.setdefault(word, word if word in _SECTIONS else f"rules_{len(labels) + 1}")

    def key(word: str) -> str:
        parts = word.split(",")
        if len(parts) != 4:
            return label(word)
        queue, project, kind, user = (part.strip() for part in parts)
        kept = (queue_of(queue, renamer), project_of(project, renamer), renamer.type_key(kind))
        return ",".join((*kept, user_of(user, renamer)))

    def value(given: Any, depth: int = 0) -> Any:
        nonlocal shares
        if depth > DEPTH:
            return None
        if isinstance(given, dict):
            return {key(str(word)): value(each, depth + 1) for word, each in given.items()}
        if isinstance(given, list):
            return [value(each, depth + 1) for each in given]
        if isinstance(given, bool) or given is None:
            return given
        if isinstance(given, int | float):
            return given if abs(given) <= GREATEST else None
        return text(str(given))

    def text(word: str) -> str:
        nonlocal shares
        if _is_share(word):
            shares = True
            return word
        return word if _is_period(word) else labels.get(word) or label(word)

    out: dict[str, Any] = {}
    for section, given in content.items():
        if section == "job_types" and isinstance(given, list):
            out[section] = [renamer.type_key(str(each)) for each in given]
        else:
            out[key(section)] = value(given)
    if shares:
        report.approximated("quotas", 'limits such as "0.5*ALL"', "kept for OAR3; OAR2 has no counterpart", where)
    if _PERIODS & set(content):
        report.approximated("quotas", "periods", "kept for OAR3; OAR2 has no counterpart", where)
    return json.dumps(out, indent=1) + "\n"


def _is_share(word: str) -> bool:
    number, _, all_ = word.partition("*")
    return word == "ALL" or (all_ == "ALL" and number.replace(".", "", 1).isdigit())


def _is_period(word: str) -> bool:
    """Moments and days such as ``08:00-19:00 mon-wed``: digits and the names of days and months."""
    words = "".join(sign if sign.isalpha() else " " for sign in word).lower().split()
    return all(each in _DAYS for each in words)


_DAYS = frozenset(
    (
        *("mon", "tue", "wed", "thu", "fri", "sat", "sun", "all", "w", "weeks", "week", "day", "days", "default"),
        *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    )
)
