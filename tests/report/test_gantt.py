"""The Gantt chart in text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from procset import ProcSet

from harness.model.cluster import parse_cluster
from harness.model.schedule import Fate, Placement, Schedule, Situation
from harness.report.gantt import Window, gantt
from tests.report import examples
from tests.report.snapshot import matches
from tests.report.strategies import schedules, situations, whole_runs


def test_snapshot() -> None:
    assert matches("gantt.txt", gantt(examples.SITUATION, examples.TRUSTED, 80) + "\n")


def _small(*jobs: tuple[str, int, int, ProcSet], types: tuple[str, ...] = ()) -> tuple[Situation, Schedule]:
    """A node of four cores from 0 on; each job with its start, stop and resources."""
    situation = Situation(
        0,
        parse_cluster("1 node x 1 cpu x 4 cores").resources,
        ("host",),
        tuple(examples.job(n, name, 1, 60, types=types if n == 0 else ()) for n, (name, *_) in enumerate(jobs)),
    )
    return situation, Schedule({n: Fate("Waiting", Placement(a, b, 0, r)) for n, a, b, r in jobs})


def test_resources_that_look_alike_share_a_row() -> None:
    drawn = gantt(*_small(("a", 0, 100, ProcSet((1, 2))), ("b", 50, 100, ProcSet(3))), 33)
    assert drawn.splitlines()[:3] == [
        "node1 1-2              AAAAAAAAAA",
        "node1 3                ·····BBBBB",
        "node1 4                ··········",
    ]


def test_two_jobs_at_once_are_seen() -> None:
    drawn = gantt(*_small(("a", 0, 100, ProcSet((1, 4))), ("b", 50, 100, ProcSet((1, 4)))), 33)
    assert drawn.splitlines()[0] == "node1 1-4              AAAAA+++++"


def test_what_runs_in_a_container_is_drawn_over_it() -> None:
    jobs = (("box", 0, 100, ProcSet((1, 4))), ("inner", 50, 80, ProcSet((1, 2))))
    drawn = gantt(*_small(*jobs, types=("container",)), 33)
    assert drawn.splitlines()[:2] == ["node1 1-2              AAAAABBBAA", "node1 3-4              AAAAAAAAAA"]


def test_a_short_job_is_not_lost() -> None:
    drawn = gantt(*_small(("a", 0, 1000, ProcSet((1, 4))), ("b", 1, 2, ProcSet((1, 4)))), 33)
    assert "BAAAAAAAAA" in drawn


def test_the_axis_counts_from_the_round() -> None:
    situation, schedule = _small(("a", 3600, 7200, ProcSet(1)))
    assert "|now          |+0:56:00" in gantt(situation, schedule, 53, span=Window(0, 7200))


@whole_runs
@given(situations, schedules, st.integers(40, 120))
def test_never_wider_than_asked_for(situation: Situation, schedule: Schedule, width: int) -> None:
    for line in gantt(situation, schedule, width, legend=False).splitlines():
        assert len(line) <= width
