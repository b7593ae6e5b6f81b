"""Bit masks and interval maps against what plain sets and dicts say."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from procset import ProcSet

from harness.compare.intervals import IntervalMap
from harness.compare.set_divisions import Parts
from harness.compare.sets import mask_of, mask_of_spans, members, procset, spans, spans_of

IDS = st.sets(st.integers(0, 200))


@given(IDS)
def test_masks_hold_just_the_ids(ids: set[int]) -> None:
    whole = ProcSet(*ids)
    mask = mask_of(whole)
    assert mask == mask_of(ids) == sum(1 << i for i in ids)
    assert list(members(mask)) == sorted(ids)
    assert procset(mask) == whole
    assert spans(mask) == spans_of(whole)
    assert len(ids) == mask.bit_count()


@pytest.mark.parametrize("count", [1, 29, 30, 31, 32, 70])
@pytest.mark.parametrize("longest", [1, 2, 9])
def test_masks_of_few_and_of_many_stretches(count: int, longest: int) -> None:
    """Many are put together in another way than few."""
    stretches = [(20 * n, 20 * n + n % longest) for n in range(count)]
    ids = [i for first, last in stretches for i in range(first, last + 1)]
    mask = mask_of_spans(stretches)
    assert mask == sum(1 << i for i in ids)
    assert spans(mask) == stretches
    assert mask_of(ids) == mask_of(ProcSet(*stretches)) == mask


def test_spans_include_both_ends_and_do_not_touch() -> None:
    assert spans(0b1110_0110) == [(1, 2), (5, 7)]
    assert spans(0) == []
    assert spans(1) == [(0, 0)]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10), st.integers(0, 3))))
def test_interval_map_is_a_dict(steps: list[tuple[int, int, int]]) -> None:
    occupancy: IntervalMap[int] = IntervalMap(0)
    plain: dict[int, int] = {}
    for first, length, value in steps:
        last = first + length
        found = occupancy.stretches(first, last)
        assert [i for begin, end, _ in found for i in range(begin, end + 1)] == list(range(first, last + 1))
        assert all(plain.get(i, 0) == v for begin, end, v in found for i in range(begin, end + 1))
        occupancy.put(first, last, [(begin, end, old + value) for begin, end, old in found])
        plain.update({i: plain.get(i, 0) + value for i in range(first, last + 1)})


def test_equal_neighbours_join() -> None:
    occupancy: IntervalMap[str] = IntervalMap("")
    occupancy.put(1, 6, [(1, 2, "a"), (3, 4, "b"), (5, 6, "b")])
    assert occupancy.stretches(1, 8) == [(1, 2, "a"), (3, 6, "b"), (7, 8, "")]


@given(st.dictionaries(st.integers(0, 200), st.integers(0, 30)), IDS | IDS.map(lambda ids: {2 * i for i in ids}))
def test_parts_count_alike_by_run_and_by_mask(parts: dict[int, int], ids: set[int]) -> None:
    expected = Counter(parts[i] for i in ids if i in parts)
    assert Parts(sorted(parts.items())).sizes(mask_of(ids)) == expected


def test_a_set_in_one_piece_is_as_well_counted_by_run() -> None:
    parts = Parts((i, i // 10) for i in range(100))
    assert parts.sizes(mask_of(range(5, 25))) == {0: 5, 1: 10, 2: 5}
    assert parts.sizes(mask_of(range(5, 95, 2))) == {0: 3, **dict.fromkeys(range(1, 9), 5), 9: 2}


def test_ids_of_no_part_between_two_of_one_do_not_count() -> None:
    parts = Parts([(0, "a"), (1, "a"), (3, "a"), (7, "b")])
    assert parts.sizes(mask_of(range(9))) == {"a": 3, "b": 1}
