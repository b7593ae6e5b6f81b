"""Which further rounds, without the causes that known differences name, may explain what is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.compare.case_judge import CaseJudge
from harness.compare.judge_settings import JudgeSettings
from harness.compare.known.condition import applies
from harness.model.record import CaseRecord, Kind
from harness.model.removed_cause import Without


def to_confirm(
    record: CaseRecord, settings: JudgeSettings, environment: Mapping[str, Any]
) -> list[tuple[Without, tuple[str, ...]]]:
    """The further rounds that may explain what is left: how the case is to be changed, and for which columns.

    Those of entries whose conditions hold for an unexplained difference, and that have not been made yet.
    """
    if record.kind not in (Kind.PLAN, Kind.FUZZ):
        return []
    wanted: list[tuple[Without, list[str]]] = []
    judge = CaseJudge(record, settings, environment)
    entries = [e for e in settings.known if e.without is not None and not e.expired(settings.today)]
    for column in record.observations if entries else ():
        here = None
        if column == record.reference or column.endswith("@again") or record.observations[column].crashes:
            continue
        for difference in judge.judge(column).differences:
            if difference.known or difference.harmless:
                continue
            here = here or judge.circumstances(column)
            for entry in entries:
                assert entry.without is not None
                if not _made(record, entry.without, column) and applies(entry.when, difference, here):
                    columns = next((known for without, known in wanted if without == entry.without), None)
                    if columns is None:
                        wanted.append((entry.without, [column]))
                    elif column not in columns:
                        columns.append(column)
    return [(without, tuple(columns)) for without, columns in wanted]


def _made(record: CaseRecord, without: Without, column: str) -> bool:
    return any(made.without == without and column in made.observations for made in record.confirmations)
