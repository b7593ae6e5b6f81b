"""Known differences: entries that explain one, each with a reason, an owner and a date by which it expires."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from typing import Any

import msgspec

from harness.compare.condition import Circumstances, Condition, applies
from harness.model.combination import did_you_mean
from harness.model.difference import Difference, DifferenceClass
from harness.model.fault import ConfigurationFault
from harness.model.result import KnownUse


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """One entry.

    :ivar id: such as ``KD-003``.
    :ivar reason: why the two differ, and why that is acceptable.
    :ivar owner: who looks after the entry.
    :ivar upstream: where it is reported; empty where it is not.
    :ivar expires: the last day on which it explains anything.
    """

    id: str
    title: str
    reason: str
    owner: str
    expires: date
    when: Condition = field(default_factory=Condition)
    upstream: str = ""

    def expired(self, today: date | None) -> bool:
        """Whether its last day has passed; never where no date is given."""
        return today is not None and today > self.expires


def explain(
    differences: Iterable[Difference],
    here: Circumstances,
    entries: Iterable[KnownDifference],
    today: date | None = None,
) -> list[Difference]:
    """The same differences, those that an entry explains with its id; the first entry that applies explains.

    ``identical`` ones need no explanation. An expired entry explains nothing, but ``why`` says that it would have.
    """
    entries = tuple(entries)
    return [_explained(difference, here, entries, today) for difference in differences]


def _explained(
    difference: Difference, here: Circumstances, entries: tuple[KnownDifference, ...], today: date | None
) -> Difference:
    if difference.kind is DifferenceClass.IDENTICAL:
        return difference
    fitting = [entry for entry in entries if applies(entry.when, difference, here)]
    for entry in fitting:
        if not entry.expired(today):
            return replace(difference, known=entry.id)
    if fitting:
        why = f"{difference.why} ({fitting[0].id} explained it, but expired on {fitting[0].expires})"
        return replace(difference, why=why)
    return difference


def uses(
    entries: Iterable[KnownDifference], differences: Iterable[Difference], today: date | None = None
) -> tuple[KnownUse, ...]:
    """What became of each entry, given all the differences of a run: how many it explains, whether it expired."""
    counts: dict[str | None, int] = {}
    for difference in differences:
        counts[difference.known] = counts.get(difference.known, 0) + 1
    return tuple(KnownUse(e.id, e.title, e.owner, counts.get(e.id, 0), e.expired(today)) for e in entries)


@dataclass(frozen=True, slots=True)
class _File:
    known: tuple[KnownDifference, ...] = ()


def parse_known(text: str, where: str) -> tuple[KnownDifference, ...]:
    """The entries of a TOML text: tables ``[[known]]`` with the fields above, and ``[known.when]`` below each.

    Single values may be written without brackets where several are allowed. Raises ConfigurationFault, naming
    ``where``, for anything that is no such entry: bad TOML, unknown or missing words, a bad pattern, an id twice.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationFault(f"no TOML: {error}", where=where, remedy="mend the line") from None
    data = _known_words(data, _File, where)
    entries = data.get("known")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("when"), dict):
            entry["when"] = {k: _listed(k, v) for k, v in entry["when"].items()}
    try:
        found = msgspec.convert(data, _File).known
    except msgspec.ValidationError as error:
        raise ConfigurationFault(str(error), where=where, remedy="see docs on known differences") from None
    _check(found, where)
    return found


def _check(entries: tuple[KnownDifference, ...], where: str) -> None:
    seen: set[str] = set()
    for entry in entries:
        if not entry.id or entry.id in seen:
            what = f"the id {entry.id!r} is taken" if entry.id else "an entry without an id"
            raise ConfigurationFault(what, where=where, remedy="give each entry an id of its own")
        seen.add(entry.id)
        try:
            re.compile(entry.when.message)
        except re.error as error:
            what = f"{entry.id}: no regular expression {entry.when.message!r}: {error}"
            raise ConfigurationFault(what, where=where, remedy="mend when.message") from None
        bounds = {"shift": entry.when.shift, "moldables": entry.when.moldables, "groups": entry.when.groups}
        for name, pair in bounds.items():
            if pair and pair[0] > pair[1]:
                what = f"{entry.id}: when.{name} goes from {pair[0]} down to {pair[1]}"
                raise ConfigurationFault(what, where=where, remedy="write the smaller number first")


def _listed(name: str, value: object) -> object:
    several = name in {f.name for f in fields(Condition) if str(f.type).startswith("tuple[") and "..." in str(f.type)}
    return [value] if several and not isinstance(value, list) else value


def _known_words(data: dict[str, Any], kind: type, where: str) -> dict[str, Any]:
    """Refuse words that the dataclass does not have, at every depth; a copy."""
    assert is_dataclass(kind)
    names = [f.name for f in fields(kind)]
    for word in data:
        if word not in names:
            raise ConfigurationFault(f"unknown word {word!r}", where=where, remedy=did_you_mean(word, names))
    copy = dict(data)
    for word, inner in (("known", KnownDifference), ("when", Condition)):
        if word in copy and word in names:
            copy[word] = _inside(copy[word], inner, where)
    return copy


def _inside(value: object, kind: type, where: str) -> object:
    if isinstance(value, list):
        return list(_each(value, kind, where))
    return _known_words(value, kind, where) if isinstance(value, dict) else value


def _each(values: list[object], kind: type, where: str) -> Iterator[object]:
    for value in values:
        yield _known_words(value, kind, where) if isinstance(value, dict) else value
