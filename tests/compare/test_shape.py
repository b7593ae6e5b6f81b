"""Shapes of placements."""

from __future__ import annotations

from dataclasses import replace

from harness.compare.catalogue import Catalogue
from harness.compare.shape import Shapes, Spread, differ
from harness.model.cluster import Resource
from tests.compare.making import cluster, ids, situation


def shape(given: str, *resources: Resource) -> tuple[Spread, ...]:
    return Shapes(Catalogue(situation(resources=resources or cluster()))).of(ids(given))


def test_levels_from_the_widest_and_the_resources_last() -> None:
    found = shape("1-5 9")
    assert found == (
        Spread("host", ((1, 1), (5, 1))),
        Spread("cpu", ((1, 2), (4, 1))),
        Spread("core", ((1, 6),)),
        Spread("resource_id", ((1, 6),)),
    )
    assert [spread.blocks for spread in found] == [2, 3, 6, 6]
    assert str(found[1]) == "3 cpu (2x1, 1x4)"


def test_nothing_has_no_blocks() -> None:
    assert [spread.blocks for spread in shape("")] == [0, 0, 0, 0]


def test_names_do_not_count_but_numbers_do() -> None:
    assert shape("1-4 9-12") == shape("5-8 29-32")
    assert shape("1-4 9-12") != shape("1-8")
    assert shape("1-3 9") != shape("1-2 9-10")


def test_first_level_that_differs_is_told() -> None:
    assert differ(shape("1-4 9-12"), shape("1-8")) == "2 host (2x4) → 1 host (1x8)"
    assert differ(shape("1-4"), shape("2-5")) == "1 cpu (1x4) → 2 cpu (1x1, 1x3)"
    assert differ(shape("1-4"), shape("9-12")) == ""


def test_resources_without_a_value_are_one_block() -> None:
    licences = [replace(cluster()[0], id=n, node="", type="licence", properties={}) for n in (40, 41, 45)]
    found = shape("1-8 40-45", *cluster(), *licences)
    assert found[0] == Spread("host", ((3, 1), (8, 1)))


def test_columns_of_oars_own() -> None:
    catalogue = Catalogue(situation(resources=[replace(cluster()[0], type="licence")]))
    columns = {name: catalogue.column(name)[1] for name in ("resource_id", "network_address", "type", "cpu", "none")}
    assert columns == {"resource_id": 1, "network_address": "node1", "type": "licence", "cpu": 1, "none": None}


def test_blocks_that_are_scattered_over_the_ids() -> None:
    striped = [replace(r, properties={**r.properties, "host": f"n{r.id % 2}"}) for r in cluster()]
    assert shape("1-5", *striped)[0] == Spread("host", ((2, 1), (3, 1)))
    assert shape("2 4 6", *striped)[0] == Spread("host", ((3, 1),))


def test_ids_with_gaps_between_them() -> None:
    some = [r for r in cluster() if r.id not in (3, 4, 5, 6)]
    assert shape("1-8", *some)[0] == Spread("host", ((4, 1),))
    assert shape("4-9", *some)[0] == Spread("host", ((1, 1), (2, 1)))


def test_nothing_has_no_block_on_any_level() -> None:
    bare = [r for r in cluster() if r.id % 8 == 1]
    for resources in (cluster(), bare):
        assert [(spread.blocks, spread.sizes) for spread in shape("", *resources)] == [(0, ())] * 4
