"""What became of each thing: taken, approximated or not supported, with the reason. Nothing is dropped silently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from harness.model.bounds import one_line


class Label(StrEnum):
    """What became of a thing."""

    TAKEN = "taken"
    APPROXIMATED = "approximated"
    NOT_SUPPORTED = "not supported"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing.

    :ivar what: what it is. :ivar why: the reason; of what is taken, how much of it there is.
    :ivar place: where it stands, ``file, line`` or ``file, table``; empty: it has no one place.
    """

    theme: str
    label: Label
    what: str
    why: str
    place: str = ""


THEMES = ("sources", "resources", "queues", "quotas", "admission rules", "oar.conf", "jobs", "privacy")


@dataclass(slots=True)
class ImportReport:
    """All entries, in the order in which they were made."""

    entries: list[Entry] = field(default_factory=list)

    def taken(self, theme: str, what: str, why: str, place: str = "") -> None:
        """Something came along as it is."""
        self._add(theme, Label.TAKEN, what, why, place)

    def approximated(self, theme: str, what: str, why: str, place: str = "") -> None:
        """Something came along nearly as it is."""
        self._add(theme, Label.APPROXIMATED, what, why, place)

    def left(self, theme: str, what: str, why: str, place: str = "") -> None:
        """Something did not come along."""
        self._add(theme, Label.NOT_SUPPORTED, what, why, place)

    def _add(self, theme: str, label: Label, what: str, why: str, place: str) -> None:
        self.entries.append(Entry(theme, label, one_line(what), one_line(why), one_line(place)))

    def count(self, label: Label) -> int:
        """How many things became that."""
        return sum(entry.label is label for entry in self.entries)

    def as_json(self, facts: dict[str, Any]) -> str:
        """``import.json``."""
        content = {
            "schema": "oar-compat-import/1",
            **facts,
            "entries": [
                {"theme": e.theme, "label": e.label.value, "what": e.what, "why": e.why, "place": e.place}
                for e in self.entries
            ],
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def as_markdown(self, title: str, summary: str) -> str:
        """``import.md``."""
        return "\n".join([f"# {title}", "", summary, "", *self._lines()]) + "\n"

    def _lines(self) -> Iterator[str]:
        counts = ", ".join(f"{self.count(label)} {label.value}" for label in Label)
        yield f"{len(self.entries)} things: {counts}."
        themes = dict.fromkeys((*THEMES, *(entry.theme for entry in self.entries)))
        for theme in themes:
            found = [entry for entry in self.entries if entry.theme == theme]
            if not found:
                continue
            yield from ("", f"## {theme[0].upper()}{theme[1:]}", "", "| | what | why | place |", "|---|---|---|---|")
            for entry in found:
                cells = (entry.label.value, entry.what, entry.why, entry.place)
                yield "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    for sign in "\\|<>`*_[]":
        text = text.replace(sign, f"\\{sign}")
    return text
