"""Cases whose server was lost get a second try, and are then reported once."""

from __future__ import annotations

from harness.model.fault import MachineFault
from harness.model.record import Kind
from harness.run.plan_cases import _Queue
from tests.run.broken_provisioner import case, columns

FAULT = MachineFault("gone")


def test_a_case_is_tried_twice_and_then_lost_once() -> None:
    first, second = case("one", Kind.PLAN), case("two", Kind.PLAN)
    queue = _Queue([(first, columns()), (second, columns())])
    seen = []
    for each, those in queue:
        seen.append(each.title)
        if each is first:
            queue.back(each, those, FAULT)
    assert seen == ["one", "one", "two"]
    assert [(lost.title, fault) for lost, _, fault in queue.lost()] == [("one", FAULT)]
    assert queue.lost() == []


def test_nothing_is_left_where_the_run_is_ended() -> None:
    queue = _Queue([(case("one", Kind.PLAN), columns())])
    queue.end()
    assert list(queue) == []
