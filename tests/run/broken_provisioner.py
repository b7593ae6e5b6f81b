"""A provisioner without containers, for campaigns whose lanes cannot be had."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.engine.lane import Lane
from harness.model.record import Kind
from harness.model.registry import Registry
from harness.oar3.prepare import Prepared
from harness.oar3.source import Oar3Source
from harness.run.assignment import Assignment
from harness.run.campaign import Campaign
from harness.run.case import Case
from harness.run.columns import Column
from harness.run.events import Event
from harness.run.lane_provider import LaneProvider
from harness.workload.case_ids import case_id
from harness.workload.scenario import parse_scenario

NATIVE = "oar_meta_sched+oar_sched_gantt_with_timesharing"
SCENARIO = """
title = "{title}"
cluster = "1 nodes x 1 cpus x 2 cores"
kinds = [{kinds}]
{more}
[[job]]
name = "only"
user = "alice"
submit = "oarsub -t noop -l core=1,walltime=0:00:05"
"""


class BrokenProvisioner(LaneProvider):
    """Its lanes raise what they are told to, one after another, then the last again and again."""

    def __init__(self, *errors: BaseException, alive: bool = True) -> None:
        self.errors = list(errors)
        self.answers = alive
        self.aborted = False
        self.names: list[str] = []

    @contextlib.contextmanager
    def lane(self, name: str, *_: object, **__: Any) -> Iterator[Lane]:
        self.names.append(name)
        raise self.errors.pop(0) if len(self.errors) > 1 else self.errors[0]
        yield  # type: ignore[misc]

    def alive(self) -> bool:
        return self.answers

    def abort(self) -> None:
        self.aborted = True

    @property
    def closed(self) -> bool:
        return self.aborted

    def prepare(self, _: Sequence[Oar3Source]) -> None:
        pass

    def prepared(self, _: Oar3Source | None) -> Prepared:
        return Prepared("image")

    def environment(self) -> dict[str, Any]:
        return {"engine": "none", "debian": "trixie", "oar2": "2.6.1-1", "postgresql": "17.6"}


def case(title: str, kind: Kind = Kind.LIVE, more: str = "") -> Case:
    scenario = parse_scenario(SCENARIO.format(title=title, kinds=f'"{kind}"', more=more), f"{title}.toml")
    return Case(case_id(scenario, kind), kind, scenario)


def columns(*names: str) -> list[Column]:
    return [Column(name, Registry().find(name)) for name in names or (NATIVE, f"{NATIVE}_and_fairsharing")]


def campaign(
    provisioner: BrokenProvisioner, folder: Path, *cases: Case, events: list[Event] | None = None
) -> Campaign:
    notify = events.append if events is not None else lambda _: None
    return Campaign(Assignment("trixie", columns(), list(cases), lanes=1), provisioner, folder, notify)
