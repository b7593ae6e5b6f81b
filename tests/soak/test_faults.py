"""Faults of the machine in real cases: reported as what they are, never as OAR's; what is OAR's own stays so."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from harness.engine.deadline import Late
from harness.engine.discovery import Engine
from harness.live.live_case import LiveCase
from harness.live.live_limits import LiveLimits
from harness.live.live_server import LiveServer
from harness.model.fault import LostServer
from harness.oar2.submit import submit
from harness.run.environment import Provisioner
from harness.workload.scenario import parse_scenario
from tests.servers import NATIVE, case_target
from tests.soak import ends, faults
from tests.soak.sabotage import FAULTS, named

pytestmark = pytest.mark.engine

PROBED = (
    ("plan", "PostgreSQL killed", "is gone"),
    ("plan", "PostgreSQL frozen", "no answer of PostgreSQL"),
    ("plan", "the runner of rounds killed", "runs rounds ended"),
    ("fuzz", "PostgreSQL's container killed", "is gone"),
)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, name in faults.LIMITS:
        monkeypatch.setattr(place, name, faults.LIMITS[place, name])


@pytest.mark.parametrize(("kind", "name", "words"), PROBED)
def test_a_fault_is_told_and_never_as_oar_s(
    provisioner: Provisioner, tmp_path: Path, kind: str, name: str, words: str
) -> None:
    # What is done while a server is still being prepared may hurt nobody: then it is done again, at another instant.
    for instant in (0.2, 1.0, 2.0):
        folder = tmp_path / str(instant)
        folder.mkdir()
        told = faults.inject(provisioner, kind, named(name), instant, folder)
        assert told.wrong == []
        if told.kind != "unhurt":
            break
    assert told.kind in ("retried", "not compared"), told
    assert any(words in line for line in told.lost), told.lost


def test_every_fault_can_hit_some_kind() -> None:
    assert {kind for fault in FAULTS for kind in fault.kinds} == {"plan", "live", "procedure", "fuzz"}
    assert all(fault.kinds for fault in FAULTS)


SCENARIO = parse_scenario(
    """
    title = "one job"
    cluster = "1 nodes x 1 cpus x 2 cores"
    kinds = ["live"]
    [[job]]
    name = "only"
    user = "alice"
    submit = "oarsub -t noop -l core=1,walltime=0:00:10 x"
    """
)


@pytest.mark.parametrize("ends_by", ["exit 3", "kill -SEGV $$; sleep 9", "kill -ABRT $$; sleep 9"])
def test_a_metascheduler_that_dies_of_itself_stays_oar_s(
    provisioner: Provisioner, tmp_path: Path, ends_by: str
) -> None:
    with provisioner.lane("dies") as lane:
        server = LiveServer(lane, NATIVE, limits=LiveLimits(whole=60))
        lane.server.put("/usr/lib/oar/oar_meta_sched", f"#!/bin/sh\n{ends_by}\n", mode=0o755)
        seen = LiveCase(server, SCENARIO).observe(case_target(tmp_path, "dies", NATIVE))
        assert ("Almighty", "it stopped") in [(crash.program, crash.how) for crash in seen.crashes]


def test_a_metascheduler_that_is_killed_is_the_machine_s(provisioner: Provisioner, tmp_path: Path) -> None:
    with provisioner.lane("killed") as lane:
        server = LiveServer(lane, NATIVE, limits=LiveLimits(whole=60))
        lane.server.put("/usr/lib/oar/oar_meta_sched", "#!/bin/sh\nkill -KILL $$; sleep 9\n", mode=0o755)
        with pytest.raises(LostServer, match="oar_meta_sched was ended by SIGKILL"):
            LiveCase(server, SCENARIO).observe(case_target(tmp_path, "killed", NATIVE))


def test_a_nul_byte_in_a_command_is_answered(provisioner: Provisioner) -> None:
    with provisioner.lane("nul", almighty=False) as lane:
        done = lane.server.run("echo", "a\0b", check=False)
        assert (done.exit_code, "null byte" in done.stderr) == (127, True)
        assert lane.server.run("echo", "well").stdout == "well\n"


def test_a_frozen_container_is_given_up(provisioner: Provisioner) -> None:
    with provisioner.lane("frozen", almighty=False) as lane:
        lane.server.run("true")
        lane.server.get_wrapped_container().pause()
        with pytest.raises(Late, match="an answer to `true` did not come"):
            lane.server.run("true", limit=0.1)


def test_an_admission_rule_without_an_end_is_a_refusal_with_its_reason(
    provisioner: Provisioner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.oar2.submit.SECONDS", 5.0)
    with provisioner.lane("endless") as lane:
        server = LiveServer(lane, NATIVE)
        endless = parse_scenario(
            'title = "endless"\ncluster = "1 nodes x 1 cpus x 2 cores"\nadmission = ["while (1) {}"]\n'
            '[[job]]\nname = "a"\nuser = "alice"\nsubmit = "oarsub -t noop -l core=1 x"\n'
        )
        server.prepare(endless)
        done = submit(server.server, "alice", ["oarsub", "-t", "noop", "-l", "core=1", "x"])
        assert done.refusal == "oarsub did not end in 5 s, and was ended"


HANGS = [each for each in ends.HANGS if "dockerd" not in each.name]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("hang", HANGS, ids=lambda each: each.name)
def test_one_signal_ends_a_run_whatever_hangs(
    provisioner: Provisioner, tmp_path: Path, hang: Any, number: int
) -> None:
    engine: Engine = provisioner.engine
    found = ends.end(hang, number, engine, tmp_path)
    assert [each for each in found.wrong if "ended after" not in each] == []
