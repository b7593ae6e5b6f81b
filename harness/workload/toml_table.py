"""Strict reading of TOML files: every error is one line that says what is wrong, where, and what to do."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from harness.model import bounds
from harness.model.combination import did_you_mean
from harness.model.duration import parse_duration
from harness.model.fault import ConfigurationFault
from harness.model.toml_reading import NotToml, loads

Step = str | int

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]\[]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_LONG = 1_000
"""A line of more characters is no place that is pointed at: the patterns take the square of its length, or more."""
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


@dataclass(frozen=True, slots=True)
class Source:
    """A TOML file's name and text, kept to point at lines."""

    name: str
    text: str = ""

    def line(self, path: tuple[Step, ...]) -> int:
        """The first line with the longest beginning of ``path`` that is found; 1 if none is."""
        best, found, here = 0, 1, tuple[Step, ...]()
        counts: dict[str, int] = {}
        for number, line in enumerate(self.text.splitlines(), 1):
            if len(line) > _LONG:
                continue
            if header := _HEADER.fullmatch(line):
                here = tuple(part.strip("\"'") for part in _PART.findall(header[2]))
                if header[1] == "[[":
                    counts[header[2]] = counts.get(header[2], -1) + 1
                    here = (*here, counts[header[2]])
                candidate = here
            elif key := _KEY.match(line):
                candidate = (*here, *(part.strip("\"'") for part in _PART.findall(key[1])))
            else:
                continue
            common = min(len(candidate), len(path))
            if common > best and path[:common] == candidate[:common]:
                best, found = common, number
        return found


class Table:
    """One table of a TOML file whose keys are all known.

    :param keys: the keys it may have; None: any.
    :param path: where it stands in the file, such as ``("job", 2)``.
    :param label: what it is called in messages, such as ``[[job]] 'wide'``.
    """

    def __init__(
        self,
        content: Mapping[str, Any],
        source: Source,
        keys: Collection[str] | None,
        path: tuple[Step, ...] = (),
        label: str = "",
    ) -> None:
        self.content = content
        self.source = source
        self.path = path
        self.label = label
        for key in content:
            if keys is not None and key not in keys:
                self.fault(f"unknown key {key!r}", did_you_mean(key, keys), key)

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def where(self, *steps: Step) -> str:
        """``file:line`` of a key of this table."""
        return f"{self.source.name}:{self.source.line((*self.path, *steps))}"

    def fault(self, what: str, remedy: str, *steps: Step) -> NoReturn:
        """Raise ConfigurationFault for a key of this table."""
        what = f"{self.label}: {what}" if self.label else what
        what, remedy = (" ".join(text.splitlines()) for text in (what, remedy))
        raise ConfigurationFault(what, where=self.where(*steps), remedy=remedy)

    def _typed(self, key: str, kind: type, example: str) -> Any:
        value = self.content.get(key)
        if value is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            self.fault(f"{key} is {value!r}", f"write for example {key} = {example}", key)
        return value

    def text(self, key: str, default: str | None = None, *, most: int = bounds.LINE) -> str:
        """A string of at most ``most`` characters; required, and not empty, if there is no default."""
        value = self._typed(key, str, '"…"')
        if value is not None and len(value) > most:
            self.fault(f"{key} is {len(value):,} characters long", f"write at most {most:,}", key)
        if value is None and default is None:
            self.fault(f"{key} is missing", f'add {key} = "…"')
        if default is None and not value.strip():
            self.fault(f"{key} is empty", f'write {key} = "…"', key)
        return default if value is None and default is not None else str(value)

    def flag(self, key: str) -> bool:
        """A truth value; false if it is left out."""
        return bool(self._typed(key, bool, "true"))

    def integer(self, key: str, default: int, *, least: int = 0, most: int = bounds.GREATEST) -> int:
        """A whole number from ``least`` to ``most``."""
        value = self._typed(key, int, str(max(default, least)))
        if value is not None and value < least:
            self.fault(f"{key} is {value}", f"it must be at least {least}", key)
        if value is not None and value > most:
            self.fault(f"{key} is {value}", f"it must be at most {most}", key)
        return default if value is None else int(value)

    def number(self, key: str, default: float, *, least: float = 0) -> float:
        """A number, whole or not, of at least ``least``, such as the database can hold."""
        value = self.content.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.fault(f"{key} is {value!r}", f"write for example {key} = 1.5", key)
        if key in self and value < least:
            self.fault(f"{key} is {value}", f"it must be at least {least}", key)
        if value > bounds.GREATEST:
            self.fault(f"{key} is {value}", f"it must be at most {bounds.GREATEST}", key)
        return float(value)

    def duration(self, key: str, default: int | None = None) -> int | None:
        """Seconds; None if there is neither the key nor a default."""
        if key not in self.content:
            return default
        prefix = f"{self.label}: " if self.label else ""
        try:
            return parse_duration(self.content[key], where=self.where(key), what=key)
        except ConfigurationFault as fault:
            raise ConfigurationFault(prefix + fault.what, where=fault.where, remedy=fault.remedy) from None

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of strings; one string alone counts as a list of one."""
        value = self.content.get(key)
        if value is None:
            return default
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
            self.fault(f"{key} is {value!r}", f'write for example {key} = ["…"]', key)
        return tuple(value)

    def strings(self, key: str) -> dict[str, str]:
        """A table of strings, such as ``[conf]``."""
        content = self.content.get(key, {})
        if not isinstance(content, dict):
            self.fault(f"{key} is {content!r}", f"make it a table: [{key}]", key)
        for name, value in content.items():
            if not isinstance(value, str):
                plain = isinstance(value, int | float) and not isinstance(value, bool)
                right = f'write it as a string: {name} = "{value if plain else "…"}"'
                self.fault(f"[{key}] {name} is {value!r}", right, key, name)
        return dict(content)

    def table(self, key: str, keys: Collection[str] | None = None, label: str = "") -> Table:
        """The table below ``key``, called ``label`` in messages; an empty one if there is none."""
        content = self.content.get(key, {})
        if not isinstance(content, dict):
            self.fault(f"{key} is {content!r}", f"make it a table: [{key}]", key)
        label = label or ", ".join(part for part in (self.label, f"[{key}]") if part)
        return Table(content, self.source, keys, (*self.path, key), label)

    def tables(self, key: str, keys: Collection[str]) -> list[Table]:
        """The tables of ``[[key]]``; each is called by its ``name`` if it has one."""
        entries = self.content.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self.fault(f"{key} is {entries!r}", f"make it a list of tables: [[{key}]]", key)
        return [
            Table(entry, self.source, keys, (*self.path, key, index), self._entry_label(key, index, entry))
            for index, entry in enumerate(entries)
        ]

    def _entry_label(self, key: str, index: int, entry: Mapping[str, Any]) -> str:
        dotted = ".".join((*(str(step) for step in self.path if isinstance(step, str)), key))
        return (
            f"[[{dotted}]] {entry['name']!r}" if isinstance(entry.get("name"), str) else f"[[{dotted}]] {index + 1}"
        )


def parse_toml(text: str, name: str, keys: Collection[str]) -> Table:
    """The top table of a TOML text; raises ConfigurationFault, ``where`` being ``file:line``, if it is none."""
    try:
        content = loads(text)
    except NotToml as error:
        raise ConfigurationFault(
            error.what,
            where=name if error.line is None else f"{name}:{error.line}",
            remedy="mend that line (toml.io shows the syntax)" if error.line else "mend the file",
        ) from None
    return Table(content, Source(name, text), keys)
