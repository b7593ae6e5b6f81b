"""The departures that ship, ``fixtures/departures/``: each is told in whole, of scenarios and known differences that
are there."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from harness.model.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "fixtures" / "departures").glob("*.toml"))
KNOWN = "".join(path.read_text() for path in (ROOT / "fixtures" / "known-differences").rglob("*.toml"))
COLUMNS = [combination.id for combination in Registry().all()]
COLUMNS += ["oar_meta_sched+kamelot:default", "kao-external+kamelot:default"]
WORDS = ("id", "title", "promised", "cause", "consequence", "remedy")
LISTS = ("scenarios", "candidates", "known")
CONDITION = {"when", "when-unknown", "round-only", "at-most", "unseen", "kept"}
"""What exposure reads (``tests/exposure``); either when or when-unknown is there."""

Departure = dict[str, str | list[str]]


def departures(path: Path) -> list[Departure]:
    found: list[Departure] = tomllib.loads(path.read_text())["departure"]
    return found


EVERY = [pytest.param(each, id=str(each["id"])) for path in FILES for each in departures(path)]


def test_ids_are_unique() -> None:
    count = Counter(str(each["id"]) for path in FILES for each in departures(path))
    assert count
    assert [name for name, times in count.items() if times > 1] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_ids_are_of_the_theme_and_rise(path: Path) -> None:
    ids = [str(each["id"]) for each in departures(path)]
    assert [each for each in ids if not re.fullmatch(rf"D-{path.stem.upper()}-\d\d", each)] == []
    assert ids == sorted(ids)


@pytest.mark.parametrize("departure", EVERY)
def test_it_is_told_in_whole(departure: Departure) -> None:
    assert set(departure) - CONDITION == {*WORDS, *LISTS}
    assert len({"when", "when-unknown"} & set(departure)) == 1
    for word in WORDS:
        value = departure[word]
        assert isinstance(value, str), word
        assert value.strip(), word
        assert value == value.strip(), word
        assert "\n" not in value, word
    for word in LISTS:
        assert isinstance(departure[word], list), word
    assert departure["scenarios"]
    assert departure["candidates"]


@pytest.mark.parametrize("departure", EVERY)
def test_what_it_names_is_there(departure: Departure) -> None:
    scenarios = departure["scenarios"]
    assert len(scenarios) == len(set(scenarios))
    assert [name for name in scenarios if not (ROOT / "scenarios" / f"{name}.toml").is_file()] == []
    assert [name for name in departure["known"] if f'id = "{name}"' not in KNOWN] == []
    for pattern in departure["candidates"]:
        assert any(fnmatchcase(column, pattern) for column in COLUMNS), pattern


def test_a_departure_that_is_named_in_another_is_there() -> None:
    text = "".join(path.read_text() for path in FILES)
    ids = {str(each["id"]) for path in FILES for each in departures(path)}
    assert set(re.findall(r"D-[A-Z]+-\d\d", text)) == ids
