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
from harness.plan.case import PlanBench, Snapshot
from harness.plan.warm import Runner
from harness.workload.scenario import Scenario, parse_scenario
from tests.servers import NATIVE

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


def schedules(bench: PlanBench, snapshot: Snapshot, wanted: list[Combination], folder: Path) -> dict[str, Schedule]:
    found = bench.observe(snapshot, wanted, folder)
    assert {name: seen.crashes for name, seen in found.items()} == dict.fromkeys(found, ())
    return {name: seen.schedule for name, seen in found.items() if seen.schedule}


def cold_and_warm(bench: PlanBench, wanted: list[Combination], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gaps = set()
    for security in (60, 60, 300):
        snapshot = bench.snapshot(scenario(security))
        monkeypatch.setattr(bench, "warm", False)
        cold = schedules(bench, snapshot, wanted, folder)
        monkeypatch.setattr(bench, "warm", True)
        assert schedules(bench, snapshot, wanted, folder) == cold
        for schedule in cold.values():
            wide, late = schedule.fates["wide"].placement, schedule.fates["late"].placement
            assert wide
            assert late
            gaps.add((security, late.start - wide.stop >= security))
    assert gaps == {(60, True), (300, True)}, "the oar.conf of each round was read"


def test_natives_decide_the_same_cold_and_warm(
    bench: PlanBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cold_and_warm(bench, NATIVES, tmp_path, monkeypatch)


@pytest.mark.oar3
def test_oar3_decides_the_same_cold_and_warm(
    mixed_bench: PlanBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cold_and_warm(mixed_bench, MIXED, tmp_path, monkeypatch)


@pytest.fixture
def runner(bench: PlanBench) -> Iterator[Runner]:
    made = Runner(bench.server, "test")
    yield made
    made.close()


def text(bench: PlanBench, runner: Runner, **keys: str) -> str:
    return conf.set_keys(bench.server.container.read(conf.PATH), {"LOG_FILE": runner.log, **keys})


def test_each_round_has_its_own_log_and_output(bench: PlanBench, runner: Runner) -> None:
    bench.snapshot(scenario(60))
    for _ in range(2):
        done = runner.run("oar_meta_sched", [NATIVE.scheduler.name], text(bench, runner), limit=60)  # type: ignore[union-attr]
        assert (done.exit_code, done.late, done.cold) == (0, False, ())
        assert done.log.count("Starting Meta Scheduler") == done.log.count("End of Meta Scheduler") == 1


def test_a_program_that_dies_ends_a_warm_round_as_a_cold_one(bench: PlanBench, runner: Runner) -> None:
    broken = text(bench, runner, DB_TYPE="Abacus")
    warm, cold = (runner.run("oar_meta_sched", (), broken, limit=60, warm=each) for each in (True, False))
    assert warm.exit_code == cold.exit_code != 0
    assert not warm.late
    assert "Abacus" in warm.stderr + warm.log
    assert runner.run("oar_meta_sched", (), text(bench, runner), limit=60).exit_code == 0, "the next one is well"


def test_what_outlives_its_limit_is_ended(bench: PlanBench, runner: Runner) -> None:
    bench.server.container.put("/usr/lib/oar/hangs_on", "#!/usr/bin/perl\nsystem('sleep 1001');\n", mode=0o755)
    for warm in (True, False):
        done = runner.run("hangs_on", (), text(bench, runner), limit=1, warm=warm)
        assert (done.exit_code, done.late) == (-9, True)
        assert bench.server.container.run("pgrep", "-f", "[s]leep 1001", check=False).stdout == ""


def test_a_program_that_is_not_there(bench: PlanBench, runner: Runner) -> None:
    done = runner.run("no_such_program", (), text(bench, runner), limit=60)
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


def own(bench: PlanBench, name: str, script: str, folder: Path) -> Observation:
    bench.server.container.put(f"/usr/lib/oar/schedulers/{name}", script, mode=0o755)
    registry = Registry()
    registry.add(Scheduler(name, name))
    combination = registry.find(f"oar_meta_sched+{name}")
    snapshot = bench.snapshot(scenario(60))
    return bench.observe(snapshot, [combination], folder)[combination.id]


def stderr(folder: Path, name: str) -> str:
    return (folder / "logs" / f"oar_meta_sched+{name}" / "stderr.log").read_text()


def test_a_scheduler_that_wants_more_memory_than_it_may_have(bench: PlanBench, tmp_path: Path) -> None:
    (crash,) = own(bench, "greedy", GREEDY, tmp_path).crashes
    assert crash.how.startswith("out of memory: Out of memory")
    assert "Out of memory" in stderr(tmp_path, "greedy")


def test_a_scheduler_that_is_changed_is_loaded_again(bench: PlanBench, tmp_path: Path) -> None:
    for word in ("old", "new"):
        own(bench, "fickle", FICKLE.format(word), tmp_path)
        assert f"I am {word}" in stderr(tmp_path, "fickle")


def test_a_signal_reaches_the_metascheduler(bench: PlanBench, tmp_path: Path) -> None:
    seen = own(bench, "killed", KILLED, tmp_path)
    assert [crash.program for crash in seen.crashes] == ["killed"]
    log = (tmp_path / "logs" / "oar_meta_sched+killed" / "oar.log").read_text()
    assert "11" in seen.crashes[0].log or "signal" in log
