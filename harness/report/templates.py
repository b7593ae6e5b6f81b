"""The pages for people, report.html and report.md: their templates, and what stands in both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.model.result import RunResult
from harness.report import grouping
from harness.report.leftovers import listed, packages
from harness.report.sentence import sentence
from harness.report.wording import (
    EXIT_CODES,
    STATUSES,
    adaptations_of,
    all_combinations,
    copies_of,
    counts_of,
    flat,
    remark,
)


def render(
    template: str,
    result: RunResult,
    own: Mapping[str, Any],
    filters: Mapping[str, Any],
    **options: Any,
) -> str:
    """A page.

    :param template: its file's name in ``harness/report/templates``.
    :param own: what only this page shows, by the names its template has for it.
    :param filters: functions by the names its template has for them.
    :param options: those of Jinja's environment in which the pages differ, escaping above all.
    """
    environment = Environment(
        loader=PackageLoader("harness.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )
    environment.filters.update(filters)
    return environment.get_template(template).render(**_shared(result), **own)


def _shared(result: RunResult) -> dict[str, Any]:
    return {
        "result": result,
        "sentence": sentence(result),
        "exit_code": int(result.exit_code),
        "exit_meaning": EXIT_CODES[result.exit_code],
        "combinations": all_combinations(result),
        "adaptations": adaptations_of(result),
        "counts": lambda combination: counts_of(result, combination),
        "statuses": STATUSES,
        "worst": grouping.worst(result),
        "by_reference": grouping.by_reference(result),
        "refused": grouping.refused(result),
        "known": grouping.known(result),
        "about_reference": grouping.about_reference(result),
        "entries": [(use, remark(use)) for use in result.known],
        "environment": [(key, value) for key, value in flat(result.environment) if value],
        "copies": list(copies_of(result.environment)),
        "procedures": [case for case in result.cases if case.procedure],
        "listed": listed,
        "packages": packages,
    }
