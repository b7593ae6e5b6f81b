"""Choosing resources: the lowest that serve, level by level, group by group."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.catalogue import Catalogue
from harness.compare.sets import mask_of, procset
from harness.compare.third_opinion.choose_resources import Picker, Pickers, choose_all
from harness.model.job import Group, Level, Moldable
from tests.compare.making import cluster, group, ids, situation

EIGHT = "1-8"
NODES = cluster("2 nodes x 2 cpus x 2 cores")
CATALOGUE = Catalogue(situation(resources=NODES))


def chosen(request: str, free: str = EIGHT, eligible: str = EIGHT) -> str:
    return str(procset(Picker(group(request, eligible), CATALOGUE).choose(mask_of(ids(free)))))


@pytest.mark.parametrize(
    ("request_", "free", "expected"),
    [
        ("host=1", EIGHT, "1-4"),
        ("host=1", "2-8", "5-8"),
        ("host=2/core=1", "2-4 7", "2 7"),
        ("cpu=2", "2-8", "3-6"),
        ("cpu=5", EIGHT, ""),
        ("host=-1/cpu=1", "3-8", "3-6"),
        ("host=-1/cpu=1", "1-4", ""),
        ("host=-2/cpu=1", "1-4", "1-2"),
        ("cpu=-2", "2-8", "3-8"),
        ("resource_id=1", "2 4 8", "2"),
        ("resource_id=2", "2 4 8", "2 4"),
        ("resource_id=3", "2 4 8", "2 4 8"),
        ("resource_id=4", "2 4 8", ""),
        ("resource_id=-1", EIGHT, EIGHT),
        ("resource_id=-1", "2-8", ""),
        ("resource_id=-2", "2-3", "2-3"),
        ("host=1/resource_id=3", "1-2 5-7", "5-7"),
        ("host=2/cpu=1/resource_id=1", "2-8", "2 5"),
        ("resource_id=0", EIGHT, ""),
        ("host=0", EIGHT, ""),
    ],
)
def test_the_lowest_that_serve(request_: str, free: str, expected: str) -> None:
    assert chosen(request_, free) == expected


def test_a_resource_without_a_value_on_a_level_serves_nothing_and_hides_nothing() -> None:
    known = [r if r.id != 1 else replace(r, properties={**r.properties, "cpu": None}) for r in NODES]
    picker = Picker(group("cpu=4", EIGHT), Catalogue(situation(resources=known)))
    assert str(procset(picker.usable)) == "2-8"
    assert str(procset(picker.choose(mask_of(ids("2-8"))))) == "2-8"


def test_how_many_it_takes_at_least() -> None:
    requests = {"host=1": 1, "host=2/core=3": 6, "host=2/cpu=3/resource_id=2": 12, "host=-1/core=2": 2}
    assert {r: Picker(group(r, EIGHT), CATALOGUE).least for r in requests} == requests


def test_groups_that_ask_for_the_same_of_others_are_told_apart() -> None:
    one, other = (Group((Level("core", 1),), "", ids(eligible)) for eligible in ("1-2", "5-6"))
    pickers = Pickers(CATALOGUE)
    both, again = pickers.of(Moldable(60, (one, other))), pickers.of(Moldable(60, (one,)))
    assert str(procset(choose_all(both, mask_of(ids(EIGHT))))) == "1 5"
    assert again[0] is both[0]
