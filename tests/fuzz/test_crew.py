"""Workers with servers of their own: one that is lost is replaced, and nothing that was found is."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from harness.compare.settings import JudgeSettings
from harness.fuzz.crew import Crew
from harness.fuzz.evaluate import Question
from harness.fuzz.hunt import Hunt
from harness.run.events import Event, Stage
from harness.run.workshop import Workshop
from harness.workload.generate import Feature, Size, stream
from tests.servers import NATIVE

pytestmark = pytest.mark.engine


def test_a_server_that_is_lost_is_replaced(workshop: Workshop, tmp_path: Path) -> None:
    told: list[Event] = []
    plain = stream(1, Size(jobs=3, nodes=1, resources=2), frozenset(Feature))
    hunting = Hunt(plain, (), seconds=60, tell=lambda *_: None)
    question = Question(NATIVE, NATIVE, JudgeSettings(), tolerance=60, debian="trixie")
    with Crew(workshop, None, 1, limit=30, tell=told.append) as crew:
        first = crew.benches[0]

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
            if (killer.is_alive() is False and crew.benches[0] is not first and hunting.compared > 6) or (
                time.monotonic() > began + 120
            ):
                raise Enough

        with pytest.raises(Enough):
            crew.work(hunting, question, tmp_path, began + 130, tick)
        killer.join()
        assert crew.benches[0] is not first
        assert hunting.compared > 6
    (stage,) = [event for event in told if isinstance(event, Stage)]
    assert "another takes its place" in stage.text
    assert hunting.close() == []
