"""What a live case waits for, by what the server shows."""

from __future__ import annotations

import pytest

from harness.live.job_states import ServerState, names_again
from harness.workload.awaited import Awaited

IDS = {"one": 1, "two": 2}
SEEN = ServerState(
    now=100,
    jobs={1: ("Running", 90), 2: ("Terminated", 50)},
    reached=frozenset({(1, "Waiting", 80), (1, "Running", 90), (2, "Running", 50), (2, "Terminated", 60)}),
    nodes={"node1": "Alive"},
)


@pytest.mark.parametrize(
    ("subject", "state", "since", "holds"),
    [
        ("one", "Running", 95, True),
        ("one", "Waiting", 80, True),
        ("one", "Waiting", 81, False),
        ("two", "Running", 0, True),
        ("two", "Running", 51, False),
        ("two", "Hold", 0, False),
        ("never", "Running", 0, False),
        ("node1", "Alive", 0, True),
        ("node1", "Suspected", 0, False),
        ("node2", "Suspected", 0, False),
        ("held", "done", 0, True),
        ("freed", "done", 0, False),
    ],
)
def test_whether_it_holds(subject: str, state: str, since: int, holds: bool) -> None:
    assert SEEN.holds(Awaited(subject, state), IDS, ["held"], since) is holds


def test_a_job_that_oar_submits_again_is_called_so() -> None:
    assert names_again({1: "filler"}, {4: 1, 5: 4, 9: 8}) == {1: "filler", 4: "filler-again", 5: "filler-again-again"}


def test_a_job_that_was_submitted_keeps_its_name() -> None:
    assert names_again({1: "a", 2: "b"}, {2: 1}) == {1: "a", 2: "b"}
