"""Files of departures: TOML tables ``[[departure]]`` with the fields of a Departure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import msgspec

from harness.model.departure import Departure
from harness.model.fault import ConfigurationFault
from harness.model.reading import files_in, is_folder, read_text
from harness.model.toml_reading import NotToml, loads

CONDITION_WORDS = ("when", "when-unknown", "at-most", "unseen", "kept", "round-only")
"""Words of an entry that say when it happens; :mod:`harness.exposure` reads them, reports do not."""


@dataclass(frozen=True, slots=True)
class _DeparturesFile:
    departure: tuple[Departure, ...] = ()


def read_departures(folder: Path) -> tuple[Departure, ...]:
    """All departures of a folder's ``*.toml``, by file and in each file's order.

    Raises ConfigurationFault, with the file, for what is no such entry, for an empty field, and for an id twice.
    """
    if not is_folder(folder):
        raise ConfigurationFault("there is no such folder", where=str(folder), remedy="name another by --departures")
    found: dict[str, Departure] = {}
    for path in files_in(folder):
        for entry in parse_departures(read_text(path), str(path)):
            if entry.id in found:
                raise ConfigurationFault(f"the id {entry.id!r} is taken", where=str(path), remedy="choose another")
            found[entry.id] = entry
    return tuple(found.values())


def parse_departures(text: str, where: str) -> tuple[Departure, ...]:
    """The departures of a TOML text; raises ConfigurationFault as :func:`read_departures` does."""
    try:
        data = loads(text)
    except NotToml as error:
        place = where if error.line is None else f"{where}:{error.line}"
        raise ConfigurationFault(error.what, where=place, remedy="mend the line") from None
    names = {field.name for field in fields(Departure)}
    for entry in data.get("departure", []) if isinstance(data.get("departure"), list) else []:
        if isinstance(entry, dict) and (unknown := sorted(set(entry) - names - set(CONDITION_WORDS))):
            raise ConfigurationFault(f"unknown word {unknown[0]!r}", where=where, remedy=", ".join(sorted(names)))
    try:
        entries = msgspec.convert(data, _DeparturesFile).departure
    except msgspec.ValidationError as error:
        raise ConfigurationFault(str(error), where=where, remedy="each entry needs every field but known") from None
    for entry in entries:
        empty = [name for name in sorted(names - {"known"}) if not getattr(entry, name)]
        if empty:
            raise ConfigurationFault(f"{entry.id}: {empty[0]} is empty", where=where, remedy="fill it in")
    return entries
