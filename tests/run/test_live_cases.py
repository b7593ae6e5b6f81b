"""A live case that differs is announced after a second server of the reference was observed, any other at once."""

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
from harness.run.live_cases import _Announcer
from harness.run.recorder import Recorder
from harness.store.history import read_case
from tests.run.broken_provisioner import case, columns

CASE = case("a case", more="[expect]\nvalid = false")
SITUATION = Situation(1000, CASE.scenario.cluster.resources, ("host",), (Job("only", 1, submitted=1000),))


def ran(column: str, start: int) -> Observation:
    place = Placement(1000 + start, 1005 + start, 0, ProcSet((1, 1)))
    return Observation(column, Schedule({"only": Fate("Terminated", place)}), situation=SITUATION)


def ended(heard: list[Event]) -> list[str]:
    return [event.column for event in heard if isinstance(event, ObservationEnded)]


def test_what_differs_is_announced_last(tmp_path: Path) -> None:
    heard: list[Event] = []
    first, second, third = (
        replace(column, id=name) for column, name in zip(columns() + columns()[:1], ("ref", "b", "c"), strict=True)
    )
    recorder = Recorder([first, second, third], tmp_path, heard.append)
    announcer = _Announcer(recorder, doubted)
    announcer.keep(CASE, second, ran("b", 500))
    assert ended(heard) == [], "nothing to compare it with yet"
    announcer.keep(CASE, first, ran("ref", 0))
    assert ended(heard) == ["ref"]
    announcer.keep(CASE, third, ran("c", 3))
    assert ended(heard) == ["ref", "c"]
    assert announcer.waiting(CASE)
    announcer.repeat(CASE, first, ran("ref", 480))
    assert ended(heard) == ["ref", "c"]
    announcer.announce_all()
    assert sorted(ended(heard)) == ["b", "c", "ref"]
    assert not announcer.waiting(CASE)
    kept = read_case(tmp_path, CASE.id)
    assert kept == recorder.record(CASE), "written at once"
    assert judge_case(kept, "b").status.value == "agrees"
    assert judge_case(replace(kept, repeats=()), "b").status.value == "differs"
    assert kept.kind is Kind.LIVE
