"""The conditions of departures: what stands in ``fixtures/departures/`` beside what reports say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from harness.compare.known.known_file import when_words
from harness.exposure.asked_condition import OF_A_JOB, OF_THE_SITE, AskedCondition, said
from harness.model.departure import Departure
from harness.model.fault import ConfigurationFault
from harness.model.reading import files_in, read_text
from harness.model.toml_reading import loads
from harness.report.departures import CONDITION_WORDS, read_departures


@dataclass(frozen=True, slots=True)
class Conditioned:
    """A departure with its condition.

    :ivar when: it happens if one of these holds; empty: ``unknown`` says why that cannot be told.
    :ivar unknown: why a job's data and the configuration do not tell whether it happens.
    :ivar at_most: what else it takes, which only a round shows: not each job of which the condition holds is hit.
    :ivar unseen: in which ways it happens that the condition does not see: jobs of which it does not hold may be hit.
    :ivar kept: scenarios beside its own in which the condition must not hold.
    :ivar round_only: scenarios of its own in which only a round shows it.
    """

    departure: Departure
    when: tuple[AskedCondition, ...] = ()
    unknown: str = ""
    at_most: str = ""
    unseen: str = ""
    kept: tuple[str, ...] = ()
    round_only: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """That of the departure."""
        return self.departure.id


def read_conditions(folder: Path) -> tuple[Conditioned, ...]:
    """All departures of a folder, in the order of :func:`~harness.report.departures.read_departures`.

    Raises ConfigurationFault, with file and id, for a departure that says neither when it happens nor why that cannot
    be told, for a word that its data do not answer, and as reading departures does.
    """
    departures = {each.id: each for each in read_departures(folder)}
    found = {}
    for path in files_in(folder):
        for entry in loads(read_text(path)).get("departure", []):
            found[entry["id"]] = _read(departures[entry["id"]], entry, str(path))
    return tuple(found[name] for name in departures)


def _read(departure: Departure, entry: dict[str, Any], path: str) -> Conditioned:
    where = f"{path}: {departure.id}"
    given = {word: entry[word] for word in CONDITION_WORDS if word in entry}
    when = tuple(_conditions(given.pop("when", []), where))
    names = {"when-unknown": "unknown"}
    rest = {names.get(word, word.replace("-", "_")): value for word, value in given.items()}
    try:
        found = msgspec.convert({"departure": departure, "when": when, **rest}, Conditioned)
    except msgspec.ValidationError as error:
        raise ConfigurationFault(str(error), where=where, remedy="see docs/sites.md, Exposure") from None
    if bool(found.when) == bool(found.unknown):
        raise ConfigurationFault(
            "it says neither when it happens nor why that cannot be told"
            if not found.when
            else "it says when it happens, and that this cannot be told",
            where=where,
            remedy="write [[departure.when]], or when-unknown",
        )
    if found.round_only and not found.unseen:
        raise ConfigurationFault(
            "round-only without unseen", where=where, remedy="say what the condition does not see"
        )
    return found


def _conditions(tables: object, where: str) -> Iterator[AskedCondition]:
    if not isinstance(tables, list):
        raise ConfigurationFault("when is no list", where=where, remedy="write [[departure.when]]")
    for table in tables:
        words = when_words(table, AskedCondition, where)
        try:
            when = msgspec.convert(words, AskedCondition)
        except msgspec.ValidationError as error:
            raise ConfigurationFault(str(error), where=where, remedy="see docs/sites.md, Exposure") from None
        _check(said(when), where)
        yield when


def _check(names: Iterable[str], where: str) -> None:
    known = (*OF_A_JOB, *OF_THE_SITE)
    for name in names:
        if name not in known:
            word = name.replace("_", "-")
            raise ConfigurationFault(
                f"{word} is answered by a round, not by a job's data", where=where, remedy="say when-unknown"
            )
