"""A live case that differs is told after a second server of the reference was observed; one that agrees at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from procset import ProcSet

from harness.compare.ask_again import doubted
from harness.compare.judge import judge_case
from harness.model.job import Job
from harness.model.record import Kind, Observation
from harness.model.schedule import Fate, Placement, Schedule, Situation
from harness.run.events import Event, ObservationEnded
from harness.run.live_cases import _Post
from harness.run.recorder import Recorder
from harness.store.history import read_case
from tests.run.broken_provisioner import case, columns

CASE = case("a case", more="[expect]\nvalid = false")
SITUATION = Situation(1000, CASE.scenario.cluster.resources, ("host",), (Job("only", 1, submitted=1000),))


def ran(start: int) -> Observation:
    place = Placement(1000 + start, 1005 + start, 0, ProcSet((1, 1)))
    return Observation("", Schedule({"only": Fate("Terminated", place)}), situation=SITUATION)


def ended(told: list[Event]) -> list[str]:
    return [event.combination for event in told if isinstance(event, ObservationEnded)]


def test_what_differs_is_told_last(tmp_path: Path) -> None:
    told: list[Event] = []
    first, second, third = (
        replace(column, id=name) for column, name in zip(columns() + columns()[:1], ("ref", "b", "c"), strict=True)
    )
    recorder = Recorder([first, second, third], tmp_path, told.append)
    post = _Post(recorder, doubted)
    post.keep(CASE, second, ran(500))
    assert ended(told) == [], "nothing to compare it with yet"
    post.keep(CASE, first, ran(0))
    assert ended(told) == ["ref"]
    post.keep(CASE, third, ran(3))
    assert ended(told) == ["ref", "c"]
    assert post.waiting(CASE)
    post.repeat(CASE, first, ran(480))
    assert ended(told) == ["ref", "c"]
    post.deliver()
    assert sorted(ended(told)) == ["b", "c", "ref"]
    assert not post.waiting(CASE)
    kept = read_case(tmp_path, CASE.id)
    assert kept == recorder.record(CASE), "written at once"
    assert judge_case(kept, "b").status.value == "agrees"
    assert judge_case(replace(kept, repeats=()), "b").status.value == "differs"
    assert kept.kind is Kind.LIVE
