"""What figures of rounds are taken on: lanes with OAR3, and the questions put to them."""

from __future__ import annotations

from harness.compare.judge_settings import JudgeSettings
from harness.fuzz.evaluate import Question
from harness.model.combination import NATIVE_SCHEDULERS, Combination
from harness.model.registry import Registry
from harness.oar3.source import Oar3Source
from harness.run.case import DEFAULT_TOLERANCE
from harness.run.columns import Column

_REGISTRY = Registry()
REFERENCE = _REGISTRY.find(f"oar_meta_sched+{NATIVE_SCHEDULERS[0].alias}")
"""Debian's default."""

NATIVE = _REGISTRY.find(f"oar_meta_sched+{NATIVE_SCHEDULERS[2].alias}")
KAMELOT = _REGISTRY.find("oar_meta_sched+kamelot")
KAO = _REGISTRY.find("kao")


def question(candidate: Combination, debian: str) -> Question:
    """The reference and a candidate, with no known differences."""
    return Question(REFERENCE, candidate, JudgeSettings(), DEFAULT_TOLERANCE, debian)


def column(source: Oar3Source | None) -> Column | None:
    """What servers are prepared for: OAR3 if there is a copy of it."""
    return Column("bench", KAO, source) if source else None


def runnable(wanted: tuple[Combination, ...], source: Oar3Source | None) -> list[Combination]:
    """Those that can be run here."""
    return [each for each in wanted if source or not each.needs_oar3]
