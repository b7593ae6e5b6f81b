"""Files of known differences: TOML read into entries, and everything that is no entry refused in one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from harness.compare.invariants import INVARIANTS
from harness.compare.known.condition import Condition
from harness.compare.known.known_differences import KnownDifference
from harness.compare.validate.violation import EXPECTED, RULES
from harness.model.combination import did_you_mean
from harness.model.difference import DifferenceClass
from harness.model.fault import ConfigurationFault
from harness.model.patterns import trouble_of
from harness.model.removed_cause import Without
from harness.model.toml_reading import NotToml, loads

_TO_FILL_IN = ("reason", "owner", "expires", "title")
_PATTERNS = ("message", "crash")


@dataclass(frozen=True, slots=True)
class _KnownFile:
    known: tuple[KnownDifference, ...] = ()


def parse_known(text: str, where: str) -> tuple[KnownDifference, ...]:
    """The entries of a TOML text: tables ``[[known]]`` with an entry's fields, and ``[known.when]`` below each.

    Single values may be written without brackets if several are allowed; ``-`` joins words if a field has
    ``_``. Raises ConfigurationFault, naming ``where``, for anything that is no such entry: bad TOML, unknown or
    missing words, what a draft leaves to be filled in, a bad pattern, an id twice.
    """
    try:
        data = loads(text)
    except NotToml as error:
        place = where if error.line is None else f"{where}:{error.line}"
        raise ConfigurationFault(error.what, where=place, remedy="mend the line") from None
    data = _known_words(data, ["known"], where)
    data["known"] = list(_entries(data.get("known", []), where))
    try:
        found = msgspec.convert(data, _KnownFile).known
    except msgspec.ValidationError as error:
        raise ConfigurationFault(str(error), where=where, remedy="see docs on known differences") from None
    _check(found, where)
    return found


def _entries(values: object, where: str) -> Iterator[object]:
    for entry in values if isinstance(values, list) else [values]:
        if not isinstance(entry, dict):
            yield entry
            continue
        entry = _known_words(entry, [field.name for field in fields(KnownDifference)], where)
        for word in _TO_FILL_IN:
            if isinstance(entry.get(word), str) and not entry[word].strip():
                what = f"{entry.get('id') or 'an entry'}: {word} is not filled in"
                raise ConfigurationFault(what, where=where, remedy=f"fill in its {word}, or remove the entry")
        if isinstance(entry.get("without"), dict):
            known = [field.name.replace("_", "-") for field in fields(Without)]
            without = _known_words(entry["without"], known, where)
            entry["without"] = {word.replace("-", "_"): value for word, value in without.items()}
        if isinstance(entry.get("when"), dict):
            entry["when"] = when_words(entry["when"], Condition, where)
        yield entry


def _known_words(data: Mapping[str, Any], names: list[str], where: str) -> dict[str, Any]:
    for word in data:
        if word not in names:
            raise ConfigurationFault(f"unknown word {word!r}", where=where, remedy=did_you_mean(word, names))
    return dict(data)


def when_words(data: Mapping[str, Any], kind: type[Condition], where: str) -> dict[str, Any]:
    """A table of conditions as the fields of ``kind``: ``_`` for ``-``, and a list where one value stands alone.

    Raises ConfigurationFault for a word that is none of its fields.
    """
    words = [field.name.replace("_", "-") for field in fields(kind)]
    several = {f.name for f in fields(kind) if str(f.type).startswith("tuple[") and "..." in str(f.type)}
    found = _known_words(data, words, where)
    return {word.replace("-", "_"): _listed(word.replace("-", "_"), value, several) for word, value in found.items()}


_BOUNDS = [f.name for f in fields(Condition) if str(f.type).startswith("tuple[int, int]")]


def _listed(word: str, value: object, several: set[str]) -> object:
    if word == "conf" and isinstance(value, dict):
        return {key: one if isinstance(one, list) else [one] for key, one in value.items()}
    return [value] if word in several and not isinstance(value, list) else value


def _check(entries: tuple[KnownDifference, ...], where: str) -> None:
    seen: set[str] = set()
    for entry in entries:
        if not entry.id or entry.id in seen:
            what = f"the id {entry.id!r} is taken" if entry.id else "an entry without an id"
            raise ConfigurationFault(what, where=where, remedy="give each entry an id of its own")
        seen.add(entry.id)
        if entry.without == Without():
            what = f"{entry.id}: [known.without] takes nothing away"
            raise ConfigurationFault(what, where=where, remedy="say what is changed, or remove it")
        for what, remedy in _wrong(entry.when):
            raise ConfigurationFault(f"{entry.id}: {what}", where=where, remedy=remedy)


def _wrong(when: Condition) -> Iterator[tuple[str, str]]:
    """What can never hold in a condition, and what to do about it."""
    for name in _PATTERNS:
        pattern = getattr(when, name)
        if trouble := trouble_of(pattern):
            yield f"no regular expression {pattern!r}: {trouble}", f"mend when.{name}"
    for name in _BOUNDS:
        pair = getattr(when, name)
        if pair and pair[0] > pair[1]:
            word = name.replace("_", "-")
            yield f"when.{word} goes from {pair[0]} down to {pair[1]}", "write the smaller number first"
    known = (*RULES, EXPECTED, *INVARIANTS)
    for pattern in when.rule:
        if not any(fnmatchcase(rule, pattern) for rule in known):
            yield f"there is no rule {pattern!r}", did_you_mean(pattern, known)
    if when.rule and DifferenceClass.INVALID not in when.classes:
        yield "when.rule is of no use", 'add "invalid" to when.classes'
