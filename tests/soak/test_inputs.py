"""Some hundred hostile inputs in each run of the tests (``make soak``: 20,000), and that the soak finds something."""

from __future__ import annotations

import pytest

from tests.soak.inputs import soak
from tests.soak.planted import PLANTED
from tests.soak.subjects import SUBJECTS


def test_no_input_ends_otherwise_than_in_one_line() -> None:
    result = soak(210)
    assert result["findings"] == []
    assert set(result["counts"]) == {subject.name for subject in SUBJECTS}
    # Inputs that are all refused at the first line would show little.
    taken = {name: counts.get("accepted", 0) for name, counts in result["counts"].items()}
    assert all(taken[name] for name in ("scenario", "known", "history", "command")), taken


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("planted-raises", "KeyError"),
        ("planted-hangs", "in _hangs"),
        ("planted-writes_outside", "outside: open"),
        ("planted-swallows_it", "outside: "),
        ("planted-takes_all_memory", "MemoryError"),
        ("planted-ends", "SystemExit"),
    ],
)
def test_what_no_input_may_do_is_found(name: str, said: str) -> None:
    (finding,) = soak(1, only=name, workers=1, deadline=3.0)["findings"]
    assert said in finding


def test_every_planted_one_is_looked_for() -> None:
    assert len(PLANTED) == 6
