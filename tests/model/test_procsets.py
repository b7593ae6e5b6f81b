"""Interval sets made quickly are those that ProcSet makes slowly."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from procset import ProcSet

from harness.model.procsets import of_ids, of_spans, parse

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 6)).map(lambda p: (p[0], p[0] + p[1])))


@given(SPANS)
def test_they_are_what_procset_makes(spans: list[tuple[int, int]]) -> None:
    made, slow = of_spans(spans), ProcSet(*spans)
    assert made == slow
    assert list(made.intervals()) == list(slow.intervals())
    assert (str(made), len(made), hash(frozenset(made))) == (str(slow), len(slow), hash(frozenset(slow)))
    assert parse(str(slow)) == slow == ProcSet.from_str(str(made))
    assert of_ids(slow) == slow
    assert made | ProcSet(100) == slow | ProcSet(100)


@pytest.mark.parametrize("text", ["a", "1-", "3-1", "1--2", "-1", "1 x", " "])
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse(text)


def test_many_stretches_take_no_time() -> None:
    begun = time.process_time()
    text = " ".join(str(n) for n in range(1, 20_000, 2))
    assert len(parse(text)) == 10_000
    assert time.process_time() - begun < 2
