"""Times of [expect] that nothing can meet are refused while the file is read."""

from __future__ import annotations

import pytest

from harness.model.fault import ConfigurationFault, ExitCode
from harness.workload.plan_times import made_after
from harness.workload.scenario import parse_scenario

HEAD = 'title = "t"\ncluster = "2 nodes x 1 cpus x 2 cores"\n'
JOB = "[[job]]\nname = 'one'\nuser = 'alice'\nsubmit = 'oarsub -l /nodes=1 \"sleep 9\"'\n"
RUNS = JOB.replace("one", "runs") + "started = '0:20:00'\non = '1-2'\n"


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (JOB + "at = '0:10:00'\n[expect]\none.starts-at-most = {}\n", 601),
        (JOB + RUNS + "[expect]\none.starts-at-most = {}\n", 1201),
        (JOB + "[expect]\none.starts-within = {}\n", 1),
        ("kinds = ['live']\n" + JOB + "at = '0:00:30'\n[expect]\none.starts-at-most = {}\n", 30),
    ],
)
def test_a_start_before_the_plan_is_refused(text: str, fits: int) -> None:
    parse_scenario(HEAD + text.format(fits))
    with pytest.raises(ConfigurationFault, match=r"starts-at-most is .* after the beginning") as fault:
        parse_scenario(HEAD + text.format(fits - 1), "x.toml")
    assert fault.value.exit_code == ExitCode.CONFIGURATION
    assert fault.value.where.startswith("x.toml:")


def test_what_runs_already_may_have_begun_earlier() -> None:
    scenario = parse_scenario(HEAD + JOB + RUNS + "[expect]\nruns.starts-at-most = '0:20:00'\n")
    assert made_after(scenario.jobs) == 1201
