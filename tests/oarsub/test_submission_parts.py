from __future__ import annotations

from pathlib import Path

import pytest

from harness.model.job import ALL, BEST, BESTHALF, Level
from harness.oarsub.resource_request import Alternative, ResourceGroup, read_alternative
from harness.oarsub.submission import parse_oarsub
from harness.oarsub.submission_parts import read_ask
from harness.workload.cluster_files import LIBRARY
from harness.workload.scenario import load_scenario

SHIPPED = sorted((LIBRARY.parents[1] / "scenarios").rglob("*.toml"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("core=1", Alternative((ResourceGroup((Level("core", 1),)),))),
        ("/nodes=2/cpu=1,walltime=1:30", Alternative((ResourceGroup((Level("nodes", 2), Level("cpu", 1))),), 5400)),
        ("/nodes=ALL,walltime=2", Alternative((ResourceGroup((Level("nodes", ALL),)),), 7200)),
        ("nodes=BEST", Alternative((ResourceGroup((Level("nodes", BEST),)),))),
        (
            "{mem > 64, or so}/host=1+{mem < 48}/host=BESTHALF,walltime=0:0:9",
            Alternative(
                (
                    ResourceGroup((Level("host", 1),), "mem > 64, or so"),
                    ResourceGroup((Level("host", BESTHALF),), "mem < 48"),
                ),
                9,
            ),
        ),
    ],
)
def test_requests_are_read(text: str, found: Alternative) -> None:
    assert read_alternative(text) == found
    assert read_alternative(str(found)) == found


@pytest.mark.parametrize("text", ["", "core", "core=few", "walltime=1:00:00", "core=1,walltime=soon", "/core=1,,"])
def test_other_requests_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot read"):
        read_alternative(text)


def test_other_options_are_kept() -> None:
    submission = parse_oarsub("oarsub --checkpoint 60 -kt noop -l core=1 --notify 'mail:a b' -vv")
    ask = read_ask(submission)
    assert ask.others == ("--checkpoint=60", "--use-job-key", "--notify=mail:a b", "--v", "--v")
    assert read_ask(ask.submission()) == ask


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_lines_mean_the_same_again(path: Path) -> None:
    scenario = load_scenario(path)
    for job in scenario.jobs:
        ask = read_ask(job.submission)
        assert read_ask(ask.submission(scenario.files)) == ask
