"""Names of the jobs that OAR submits again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.model.resubmission import replaced, resubmitted, submitted_first

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}(\[[0-9]\])?", fullmatch=True).filter(lambda name: not replaced(name))


@given(NAMES, st.integers(0, 5))
def test_a_job_is_found_again_however_often_it_was_submitted_again(name: str, times: int) -> None:
    last = name
    for _ in range(times):
        before, last = last, resubmitted(last)
        assert replaced(last) == before
    assert submitted_first(last) == name


def test_what_a_user_submitted_stands_for_itself() -> None:
    assert replaced("again") == replaced("once-again-or-not") == ""
    assert submitted_first("again") == "again"
