"""Which observation comes next on which server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from harness.model.record import Kind
from harness.model.registry import Registry
from harness.run.arms import Arm
from harness.run.case import Case
from harness.run.turns import Turn, Turns
from tests.run.world import NATIVE, case

FIRST = Arm("first", Registry().find(NATIVE))
SECOND = Arm("second", Registry().find("oar_meta_sched+oar_sched_gantt_with_timesharing_and_placeholder"))
REAL = 'nodes = "real"'


def turns(*work: tuple[Case, Arm]) -> Turns:
    return Turns(Turn(each, arm) for each, arm in work)


def live(title: str, more: str = "") -> Case:
    return case(title, Kind.LIVE, more)


def test_a_server_is_kept_for_the_turns_of_its_column() -> None:
    left = turns((live("a"), FIRST), (live("a"), SECOND), (live("b"), FIRST), (live("b"), SECOND))
    turn = left.first()
    assert turn
    with left.serving(turn.kind):
        following = left.next(turn.kind)
        assert following
        assert (following.arm, following.case.title) == (turn.arm, "b")
        assert left.next(turn.kind) is None
        assert len(left) == 2, "the other column's wait for another server"
    other = left.first()
    assert other
    assert other.arm != turn.arm


def test_cases_with_real_nodes_go_first_and_only_with_others_of_the_same_nodes() -> None:
    left = turns((live("a"), FIRST), (live("b"), FIRST), (live("real", REAL), FIRST), (live("real", REAL), SECOND))
    real = [left.first(), left.first()]
    assert [turn.case.title for turn in real if turn] == ["real", "real"]
    assert [left.next(turn.kind) for turn in real if turn] == [None, None]
    assert [turn.case.title for turn in (left.first(), left.first()) if turn] == ["a", "b"]
    assert left.first() is None


def test_a_new_server_is_for_the_column_of_which_most_is_left_for_each_of_its_servers() -> None:
    left = turns(*((live(title), FIRST) for title in "abcd"), *((live(title), SECOND) for title in "ef"))
    seen = []
    with ExitStack() as servers:
        while turn := left.first():
            seen.append(turn.arm.id)
            servers.enter_context(left.serving(turn.kind))
    assert seen == ["first", "second", "first", "first", "second", "first"]
    assert len(left) == 0


def test_every_turn_is_taken_once_by_whichever_worker() -> None:
    cases = [live(f"case {number}", REAL if number % 7 == 0 else "") for number in range(40)]
    work = [(each, arm) for each in cases for arm in (FIRST, SECOND)]
    left = turns(*work)

    def take(_: int) -> list[tuple[str, str]]:
        mine = []
        while turn := left.first():
            with left.serving(turn.kind):
                following: Turn | None = turn
                while following:
                    assert following.kind == turn.kind
                    mine.append((following.case.title, following.arm.id))
                    following = left.next(turn.kind)
        return mine

    with ThreadPoolExecutor(5) as pool:
        taken = [each for mine in pool.map(take, range(5)) for each in mine]
    assert sorted(taken) == sorted((each.title, arm.id) for each, arm in work)
