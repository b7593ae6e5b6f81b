"""Warm rounds decide what cold ones decide, from the oar.conf they are given, and end as cold ones end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.model.combination import Combination, Scheduler
from harness.model.record import Observation
from harness.model.registry import Registry
from harness.model.schedule import Schedule
from harness.oar2 import conf
from harness.plan.plan_server import PlanServer, Snapshot
from harness.plan.warm_rounds import Runner
from harness.workload.scenario import Scenario, parse_scenario
from tests.servers import NATIVE, targets

pytestmark = pytest.mark.engine

NATIVES = [
    combination
    for combination in Registry().all()
    if not combination.needs_oar3 and "placeholder" not in combination.id
]
MIXED = [Registry().find(name) for name in ("oar_meta_sched+kamelot", "kao", "kao-external+kamelot")]


def scenario(security: int) -> Scenario:
    return parse_scenario(
        f"""
        title = "jobs one after another"
        cluster = "2 nodes x 2 cpus x 2 cores"
        [conf]
        SCHEDULER_JOB_SECURITY_TIME = "{security}"
        [[job]]
        name = "wide"
        user = "alice"
        submit = "oarsub -l nodes=2,walltime=1:00:00 x"
        [[job]]
        name = "sweep"
        user = "bob"
        submit = "oarsub --array 5 -l cpu=1,walltime=0:10:00 -l core=1,walltime=0:20:00 x"
        at = "0:00:05"
        [[job]]
        name = "late"
        user = "bob"
        submit = "oarsub -a wide -l core=1,walltime=0:10:00 x"
        at = "0:00:10"
        """
    )


def schedules(
    plan_server: PlanServer, snapshot: Snapshot, wanted: list[Combination], folder: Path
) -> dict[str, Schedule]:
    found = plan_server.observe(snapshot, targets(folder, *wanted))
    assert {name: seen.crashes for name, seen in found.items()} == dict.fromkeys(found, ())
    return {name: seen.schedule for name, seen in found.items() if seen.schedule}


def cold_and_warm(
    plan_server: PlanServer, wanted: list[Combination], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps = set()
    for security in (60, 60, 300):
        snapshot = plan_server.snapshot(scenario(security))
        monkeypatch.setattr(plan_server, "warm", False)
        cold = schedules(plan_server, snapshot, wanted, folder)
        monkeypatch.setattr(plan_server, "warm", True)
        assert schedules(plan_server, snapshot, wanted, folder) == cold
        for schedule in cold.values():
            wide, late = schedule.fates["wide"].placement, schedule.fates["late"].placement
            assert wide
            assert late
            gaps.add((security, late.start - wide.stop >= security))
    assert gaps == {(60, True), (300, True)}, "the oar.conf of each round was read"


def test_natives_decide_the_same_cold_and_warm(
    plan_server: PlanServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cold_and_warm(plan_server, NATIVES, tmp_path, monkeypatch)


@pytest.mark.oar3
def test_oar3_decides_the_same_cold_and_warm(
    mixed_plan_server: PlanServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cold_and_warm(mixed_plan_server, MIXED, tmp_path, monkeypatch)


@pytest.fixture
def runner(plan_server: PlanServer) -> Iterator[Runner]:
    made = Runner(plan_server.server, "test")
    yield made
    made.close()


def text(plan_server: PlanServer, runner: Runner, **keys: str) -> str:
    return conf.set_keys(plan_server.server.container.read(conf.PATH), {"LOG_FILE": runner.log, **keys})


def test_each_round_has_its_own_log_and_output(plan_server: PlanServer, runner: Runner) -> None:
    plan_server.snapshot(scenario(60))
    for _ in range(2):
        done = runner.run("oar_meta_sched", [NATIVE.scheduler.name], text(plan_server, runner), limit=60)  # type: ignore[union-attr]
        assert (done.exit_code, done.late, done.cold) == (0, False, ())
        assert done.log.count("Starting Meta Scheduler") == done.log.count("End of Meta Scheduler") == 1


def test_a_program_that_dies_ends_a_warm_round_as_a_cold_one(plan_server: PlanServer, runner: Runner) -> None:
    broken = text(plan_server, runner, DB_TYPE="Abacus")
    warm, cold = (runner.run("oar_meta_sched", (), broken, limit=60, warm=each) for each in (True, False))
    assert warm.exit_code == cold.exit_code != 0
    assert not warm.late
    assert "Abacus" in warm.stderr + warm.log
    assert runner.run("oar_meta_sched", (), text(plan_server, runner), limit=60).exit_code == 0, (
        "the next one is well"
    )


def test_what_outlives_its_limit_is_ended(plan_server: PlanServer, runner: Runner) -> None:
    plan_server.server.container.put("/usr/lib/oar/hangs_on", "#!/usr/bin/perl\nsystem('sleep 1001');\n", mode=0o755)
    for warm in (True, False):
        done = runner.run("hangs_on", (), text(plan_server, runner), limit=1, warm=warm)
        assert (done.exit_code, done.late) == (-9, True)
        assert plan_server.server.container.run("pgrep", "-f", "[s]leep 1001", check=False).stdout == ""


def test_a_program_that_is_not_there(plan_server: PlanServer, runner: Runner) -> None:
    done = runner.run("no_such_program", (), text(plan_server, runner), limit=60)
    assert done.exit_code == 127
    assert "no_such_program" in done.stderr


GREEDY = r"""#!/usr/bin/perl
my @all; push @all, 'x' x 200_000_000 while 1;
"""
FICKLE = """#!/usr/bin/perl
print STDERR "I am {}\n"; exit 3;
"""
KILLED = r"""#!/usr/bin/perl
use strict;
kill 'SEGV', $$; sleep 9;
"""


def own(plan_server: PlanServer, name: str, script: str, folder: Path) -> Observation:
    plan_server.server.container.put(f"/usr/lib/oar/schedulers/{name}", script, mode=0o755)
    registry = Registry()
    registry.add(Scheduler(name, name))
    combination = registry.find(f"oar_meta_sched+{name}")
    snapshot = plan_server.snapshot(scenario(60))
    return plan_server.observe(snapshot, targets(folder, combination))[combination.id]


def stderr(folder: Path, name: str) -> str:
    return (folder / "logs" / f"oar_meta_sched+{name}" / "stderr.log").read_text()


def test_a_scheduler_that_wants_more_memory_than_it_may_have(plan_server: PlanServer, tmp_path: Path) -> None:
    (crash,) = own(plan_server, "greedy", GREEDY, tmp_path).crashes
    assert crash.how.startswith("out of memory: Out of memory")
    assert "Out of memory" in stderr(tmp_path, "greedy")


def test_a_scheduler_that_is_changed_is_loaded_again(plan_server: PlanServer, tmp_path: Path) -> None:
    for word in ("old", "new"):
        own(plan_server, "fickle", FICKLE.format(word), tmp_path)
        assert f"I am {word}" in stderr(tmp_path, "fickle")


def test_a_signal_reaches_the_metascheduler(plan_server: PlanServer, tmp_path: Path) -> None:
    seen = own(plan_server, "killed", KILLED, tmp_path)
    assert [crash.program for crash in seen.crashes] == ["killed"]
    log = (tmp_path / "logs" / "oar_meta_sched+killed" / "oar.log").read_text()
    assert "11" in seen.crashes[0].log or "signal" in log
