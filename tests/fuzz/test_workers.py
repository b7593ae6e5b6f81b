"""Workers with servers of their own: one that is lost is replaced, and nothing that was found is."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from harness.compare.judge_settings import JudgeSettings
from harness.fuzz.evaluate import Question
from harness.fuzz.generate import Feature, Size, stream
from harness.fuzz.hunt import Hunt
from harness.fuzz.workers import Workers
from harness.model.target import Artefacts
from harness.run.environment import Provisioner
from harness.run.events import Event, Stage
from tests.servers import NATIVE

pytestmark = pytest.mark.engine


def test_a_server_that_is_lost_is_replaced(provisioner: Provisioner, tmp_path: Path) -> None:
    events: list[Event] = []
    plain = stream(1, Size(jobs=3, nodes=1, resources=2), frozenset(Feature))
    hunting = Hunt(plain, (), seconds=60, on_finding=lambda *_: None)
    question = Question(NATIVE, NATIVE, JudgeSettings(), tolerance=60, debian="trixie")
    with Workers(provisioner, None, 1, limit=30, notify=events.append) as workers_:
        first = workers_.plan_servers[0]

        def kill() -> None:
            while hunting.compared < 2:
                time.sleep(0.05)
            first.server.lane.postgres.get_wrapped_container().kill()

        killer = threading.Thread(target=kill)
        killer.start()
        began = time.monotonic()

        class Enough(Exception):
            """Ends the work from outside."""

        def tick() -> None:
            if (killer.is_alive() is False and workers_.plan_servers[0] is not first and hunting.compared > 6) or (
                time.monotonic() > began + 120
            ):
                raise Enough

        with pytest.raises(Enough):
            workers_.work(hunting, question, Artefacts(tmp_path), began + 130, tick)
        killer.join()
        assert workers_.plan_servers[0] is not first
        assert hunting.compared > 6
    (stage,) = [event for event in events if isinstance(event, Stage)]
    assert "another takes its place" in stage.text
    assert hunting.close() == []
