"""Of what oarsub prints, the line that says why a job was refused, in the words of either release."""

from __future__ import annotations

import pytest

from harness.oar2.submit import Submitted

RULE = "[ADMISSION RULE] Modify resource description with type constraints"
TOO_FEW = "There are not enough resources for your request"


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ((f"# {TOO_FEW}", "# Error: please verify your job submission syntax."), f"# {TOO_FEW}"),
        ((RULE, f"# {TOO_FEW}", "# Error: please verify your job submission syntax."), f"# {TOO_FEW}"),
        ((TOO_FEW, "[ERROR] Oarsub failed, please verify your request syntax."), TOO_FEW),
        ((RULE, TOO_FEW, "[ERROR] Oarsub failed, please verify your request syntax."), TOO_FEW),
        ((RULE, "[ADMISSION RULE] unknown job type"), "[ADMISSION RULE] unknown job type"),
        ((), "no output"),
    ],
)
def test_the_reason_and_not_the_last_words(output: tuple[str, ...], why: str) -> None:
    assert Submitted((), 8, "\n".join(output)).refusal == why


def test_what_was_taken_was_not_refused() -> None:
    assert Submitted((7,), 0, "OAR_JOB_ID=7").refusal == ""
