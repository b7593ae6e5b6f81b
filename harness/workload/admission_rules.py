"""A site's admission rules as files: one rule a file, which says in its name what OAR's table has beside the Perl.

``<priority>-<words>.pl``, ``.pl.disabled`` if it is not in force. ``rule<number>`` among the words gives its
number (``admission_rules.id``); else they are counted on, by priority and name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.model.reading import matching, read_text

_NAME = re.compile(r"(-?\d{1,9})(?:-(.*))?\.pl(\.disabled)?", re.A)
_NUMBER = re.compile(r"(?:^|-)rule(\d{1,9})(?:-|$)", re.A)


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
