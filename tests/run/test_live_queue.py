"""Which observation comes next on which server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from harness.model.record import Kind
from harness.model.registry import Registry
from harness.run.case import Case
from harness.run.columns import Column
from harness.run.live_queue import LiveQueue, LiveTask
from tests.run.broken_provisioner import NATIVE, case

FIRST = Column("first", Registry().find(NATIVE))
SECOND = Column("second", Registry().find("oar_meta_sched+oar_sched_gantt_with_timesharing_and_placeholder"))
REAL = 'nodes = "real"'


def queue(*work: tuple[Case, Column]) -> LiveQueue:
    return LiveQueue(LiveTask(each, column) for each, column in work)


def live(title: str, more: str = "") -> Case:
    return case(title, Kind.LIVE, more)


def test_a_server_is_kept_for_the_turns_of_its_column() -> None:
    left = queue((live("a"), FIRST), (live("a"), SECOND), (live("b"), FIRST), (live("b"), SECOND))
    task = left.first()
    assert task
    with left.serving(task.kind):
        following = left.next(task.kind)
        assert following
        assert (following.column, following.case.title) == (task.column, "b")
        assert left.next(task.kind) is None
        assert len(left) == 2, "the other column's wait for another server"
    other = left.first()
    assert other
    assert other.column != task.column


def test_cases_with_real_nodes_go_first_and_only_with_others_of_the_same_nodes() -> None:
    left = queue((live("a"), FIRST), (live("b"), FIRST), (live("real", REAL), FIRST), (live("real", REAL), SECOND))
    real = [left.first(), left.first()]
    assert [task.case.title for task in real if task] == ["real", "real"]
    assert [left.next(task.kind) for task in real if task] == [None, None]
    assert [task.case.title for task in (left.first(), left.first()) if task] == ["a", "b"]
    assert left.first() is None


def test_a_new_server_is_for_the_column_of_which_most_is_left_for_each_of_its_servers() -> None:
    left = queue(*((live(title), FIRST) for title in "abcd"), *((live(title), SECOND) for title in "ef"))
    seen = []
    with ExitStack() as servers:
        while task := left.first():
            seen.append(task.column.id)
            servers.enter_context(left.serving(task.kind))
    assert seen == ["first", "second", "first", "first", "second", "first"]
    assert len(left) == 0


def test_every_turn_is_taken_once_by_whichever_worker() -> None:
    cases = [live(f"case {number}", REAL if number % 7 == 0 else "") for number in range(40)]
    work = [(each, column) for each in cases for column in (FIRST, SECOND)]
    left = queue(*work)

    def take(_: int) -> list[tuple[str, str]]:
        mine = []
        while task := left.first():
            with left.serving(task.kind):
                following: LiveTask | None = task
                while following:
                    assert following.kind == task.kind
                    mine.append((following.case.title, following.column.id))
                    following = left.next(task.kind)
        return mine

    with ThreadPoolExecutor(5) as pool:
        taken = [each for mine in pool.map(take, range(5)) for each in mine]
    assert sorted(taken) == sorted((each.title, column.id) for each, column in work)
