"""A site's admission rules as files: one rule a file, which says in its name what OAR's table has beside the Perl.

``<priority>-<words>.pl``, ``.pl.disabled`` if it is not in force. ``rule<number>`` among the words gives its
number (``admission_rules.id``); else they are counted on, by priority and name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.model.reading import matching, read_text

_NAME = re.compile(r"(-?\d{1,9})(?:-(.*))?\.pl(\.disabled)?", re.A)
_NUMBER = re.compile(r"(?:^|-)rule(\d{1,9})(?:-|$)", re.A)


USUAL_RULES = (
    *("ddf7647ecc6a8264", "847ebc85f7456953", "b2359cc42facbd86", "083c1045e09dcdc0", "28cc4e8fe3bac70b"),
    *("53c9edd9b0e91823", "d6419e873e2f7f46", "9e0f80c33bdb437c", "c00a629672af0f18", "07534b9c6c7764e2"),
    *("505953187ed79112", "b8807b18ee7d3f8e", "ce45ad9c40666ae3", "ed55ab41c92fdbec", "11be0e16c6327fd4"),
    *("9e72e0e35e4e9c9e", "85d4e8c40ff55b2b"),
)
"""The rules of a fresh OAR2 by their numbers, from 1 on (Debian's 2.5.9 and 2.6.1 have the same), each as
:func:`rule_hash` gives it."""

_DISABLED = 13


def rule_hash(text: str) -> str:
    """The first 16 digits of the SHA-256 of a rule's Perl, without blanks around it."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]


def are_usual(rules: Iterable[AdmissionRule]) -> bool:
    """Whether these are the rules of a fresh OAR2, all of them and none else."""
    found = [(rule.number, rule.priority, rule.enabled, rule_hash(rule.text)) for rule in rules]
    return found == [(n, n, n != _DISABLED, text) for n, text in enumerate(USUAL_RULES, 1)]


@dataclass(frozen=True, slots=True)
class AdmissionRule:
    """A row of ``admission_rules``.

    :ivar number: its ``id``. :ivar text: the Perl.
    """

    number: int
    priority: int
    enabled: bool
    text: str

    @property
    def file(self) -> str:
        """The name of a file that is read as this rule."""
        return f"{self.priority:03d}-rule{self.number}.pl" + ("" if self.enabled else ".disabled")


def read_rules(folder: Path) -> tuple[AdmissionRule, ...]:
    """The rules of a folder, by priority and number; raises ConfigurationFault for a file that is none."""
    files = [file for pattern in ("*.pl", "*.pl.disabled") for file in matching(folder, pattern)]
    found: list[tuple[int, str, int, AdmissionRule]] = []
    numbers: set[int] = set()
    for file in files:
        match = _NAME.fullmatch(file.name)
        if not match:
            raise ConfigurationFault(
                "its name does not begin with a priority", where=str(file), remedy="call it for example 010-ours.pl"
            )
        given = _NUMBER.search(match[2] or "")
        number = int(given[1]) if given else 0
        if number > bounds.GREATEST or (number and number in numbers):
            raise ConfigurationFault(
                f"two rules have the number {number}", where=str(file), remedy="give it another name"
            )
        numbers.add(number)
        rule = AdmissionRule(number, int(match[1]), not match[3], read_text(file))
        found.append((rule.priority, "" if number else file.name, number, rule))
    following = max(numbers, default=0)
    rules = []
    for priority, _, number, rule in sorted(found, key=lambda each: each[:3]):
        if not number:
            following += 1
            rule = AdmissionRule(following, priority, rule.enabled, rule.text)
        rules.append(rule)
    return tuple(sorted(rules, key=lambda rule: (rule.priority, rule.number)))
