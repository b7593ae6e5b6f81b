"""The chart: what is in use when, and the earliest moment at which something fits. Of a mask, 0b010 is id 1."""

from __future__ import annotations

from harness.compare.third_opinion.occupancy import Occupancy

ONE, TWO, BOTH = 0b010, 0b100, 0b110


def any_two(free: int) -> int:
    return free if free.bit_count() >= 2 else 0


def test_two_holds_that_overlap_add_up() -> None:
    occupancy = Occupancy()
    occupancy.hold(10, 20, ONE)
    occupancy.hold(5, 15, TWO)
    free = {at: occupancy.free(at, at + 1, BOTH, 0) for at in (4, 5, 9, 10, 14, 15, 19, 20)}
    assert free == {4: BOTH, 5: ONE, 9: ONE, 10: 0, 14: 0, 15: TWO, 19: TWO, 20: BOTH}


def test_what_is_free_is_free_for_the_whole_stretch() -> None:
    occupancy = Occupancy()
    occupancy.hold(10, 20, ONE)
    assert [occupancy.free(0, stop, BOTH, 1) for stop in (10, 11)] == [BOTH, TWO]


def test_fewer_than_needed_are_as_good_as_none() -> None:
    occupancy = Occupancy()
    occupancy.hold(10, 20, ONE)
    assert [occupancy.free(10, 20, BOTH, least) for least in (0, 1, 2)] == [TWO, TWO, 0]


def test_a_hold_of_no_length_holds_nothing() -> None:
    occupancy = Occupancy()
    for stop in (10, 5):
        occupancy.hold(10, stop, BOTH)
    assert occupancy.free(0, 100, BOTH, 2) == BOTH


def test_a_start_is_never_before_what_was_asked_for() -> None:
    occupancy = Occupancy()
    occupancy.hold(0, 10, BOTH)
    occupancy.hold(20, 30, BOTH)
    assert occupancy.earliest(20, 5, 0, BOTH, 2, any_two) == (30, BOTH)
    assert occupancy.earliest(12, 5, 0, BOTH, 2, any_two) == (12, BOTH)


def test_a_start_is_where_something_is_let_go() -> None:
    """What is chosen of fewer free resources may serve if more do not: that a job takes some is no start."""
    occupancy = Occupancy()
    occupancy.hold(10, 20, ONE)
    assert occupancy.earliest(0, 5, 0, BOTH, 1, lambda free: free if free == TWO else 0) is None


def test_a_hole_must_last_but_not_at_the_first_moment() -> None:
    occupancy = Occupancy()
    occupancy.hold(0, 10, BOTH)
    occupancy.hold(15, 20, BOTH)
    assert occupancy.earliest(10, 5, 5, BOTH, 2, any_two) == (10, BOTH)
    assert occupancy.earliest(5, 5, 6, BOTH, 2, any_two) == (20, BOTH)
    assert occupancy.earliest(10, 5, 6, BOTH, 2, any_two) == (10, BOTH)
