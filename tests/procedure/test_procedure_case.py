"""A short procedure end to end on a real server: another scheduler of OAR2's own, and back, but not quite."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from harness.compare.judge import judge_case
from harness.engine.lane import Lane
from harness.model.procedure import Way
from harness.model.record import CaseRecord, Kind, Observation
from harness.model.registry import Registry
from harness.model.result import CaseResult, Status
from harness.procedure.procedure_case import ProcedureCase
from harness.run.environment import Provisioner
from harness.workload.scenario import Scenario, parse_scenario
from tests.servers import NATIVE, case_target

pytestmark = pytest.mark.engine

OTHER = Registry().find("oar_meta_sched+oar_sched_gantt_with_timesharing")
HEAD = """
title = "another scheduler and back"
kinds = ["procedure"]
cluster = "2 nodes x 1 cpus x 2 cores"
[[job]]
name = "long"
user = "alice"
submit = "oarsub -t noop -l /nodes=1,walltime=1:00:00"
[[job]]
name = "behind"
user = "bob"
submit = "oarsub -t noop -l /nodes=2,walltime=0:00:01"
"""
STEPS = """
[[step]]
name = "one runs, one waits"
submit = ["long", "behind"]
under = "native"
states = { long = "Running", behind = "Waiting" }
[[step]]
name = "remove the queue"
says = "manual page oarnotify(8)"
run = "oarnotify --remove-queue default"
[[step]]
name = "add it"
says = "manual page oarnotify(8)"
run = "oarnotify --add-queue default,3,oar_sched_gantt_with_timesharing"
[[step]]
name = "in oar.conf"
says = "oar.conf of OAR2"
conf = 'SCHEDULER_JOB_SECURITY_TIME="1"'
[[step]]
name = "restart"
says = "oar.conf of OAR2"
run = "systemctl restart oar-server"
[[step]]
name = "it has run for some seconds"
says = "OAR::IO::check_accounting_update: a job of no duration is not accounted"
run = "sleep 5"
[[step]]
name = "what waited runs under it"
finish = ["long"]
under = "candidate"
states = { behind = "Terminated" }
[[step]]
name = "back, and something forgotten"
says = "manual page oarnotify(8)"
run = '''
oarnotify --remove-queue default
oarnotify --add-queue default,3,<your-scheduler>
chmod o-x /usr/lib/oar/sarko
mkdir /etc/oar/forgotten
'''
[[leftover]]
what = "file /etc/oar/forgotten"
because = "empty"
[expect]
valid = false
"""


def observe(scenario: Scenario, provisioner: Provisioner, folder: Path) -> Observation:
    def open_lane(way: Way) -> AbstractContextManager[Lane]:
        return provisioner.lane(f"procedure-{way.replace(' ', '-')}-{len(scenario.steps)}")

    return ProcedureCase(scenario, None, Registry()).observe(case_target(folder, "back", OTHER), open_lane)


def judged(scenario: Scenario, seen: Observation) -> CaseResult:
    assert seen.situation is not None
    record = CaseRecord(
        "back", Kind.PROCEDURE, scenario.title, seen.situation, NATIVE.id, 60, {OTHER.id: seen}, scenario.expect
    )
    return judge_case(record, OTHER.id)


def test_a_procedure_is_carried_out_and_what_it_leaves_is_named(provisioner: Provisioner, tmp_path: Path) -> None:
    scenario = parse_scenario(HEAD.replace("cluster", "installed = true\ncluster") + STEPS)
    seen = observe(scenario, provisioner, tmp_path)
    assert seen.crashes == ()
    assert seen.procedure
    (adapted,) = seen.procedure.passes
    assert adapted.way is Way.ADAPTED
    assert adapted.failed is None
    steps = {step.name: step for step in adapted.steps}
    assert list(steps) == [step.name for step in scenario.steps]
    assert all(step.seconds > 0 for step in adapted.steps)
    assert steps["remove the queue"].exit_code == 0
    assert "no systemd" in steps["restart"].how
    assert f"default,3,{NATIVE.scheduler.name}" in steps["back, and something forgotten"].how  # type: ignore[union-attr]
    place = tmp_path / seen.artefacts / "adapted"
    assert "Remove queue default" in (place / steps["remove the queue"].output).read_text()
    assert (
        "Launching scheduler oar_sched_gantt_with_timesharing at"
        in (place / steps["what waited runs under it"].output).read_text()
    )

    result = judged(scenario, seen)
    assert result.procedure
    unexpected = {each.name: each.why for each in result.procedure.leftovers if not each.because}
    assert unexpected == {
        "row queues default": "priority was 2, is 3",
        "file /usr/lib/oar/sarko": "mode was 755, is 754",
        "/etc/oar/oar.conf SCHEDULER_JOB_SECURITY_TIME": (
            'was SCHEDULER_JOB_SECURITY_TIME="60", is SCHEDULER_JOB_SECURITY_TIME="1"'
        ),
    }
    assert [each.name for each in result.procedure.leftovers if each.because] == ["file /etc/oar/forgotten"]
    assert result.status is Status.DIFFERS
    assert result.counts == {"identical": 2, "other-outcome": 3}, "every invariant of both jobs holds"
    last = adapted.histories[-1]
    assert last.settled
    assert {job.name: (job.state, job.accounted) for job in last.jobs} == {
        "long": ("Terminated", "YES"),
        "behind": ("Terminated", "YES"),
    }
    assert {account.user for account in last.accounts} == {"alice", "bob"}


def test_the_step_that_fails_is_the_last(provisioner: Provisioner, tmp_path: Path) -> None:
    lines = '[[step]]\nname = "bad"\nsays = "nowhere"\nrun = "echo one; echo two >&2; exit 3"\n'
    jobs = '[[step]]\nname = "jobs"\nsubmit = ["long", "behind"]\n'
    scenario = parse_scenario(HEAD + lines + jobs + "[expect]\nvalid = false\n")
    seen = observe(scenario, provisioner, tmp_path)
    assert seen.procedure
    assert [each.way for each in seen.procedure.passes] == [Way.AS_WRITTEN, Way.ADAPTED]
    for each in seen.procedure.passes:
        (step,) = each.steps
        assert (step.exit_code, step.problem) == (3, "ended with exit code 3")
        assert step.log == "one\ntwo"
        assert each.skipped == ("jobs",)
        assert each.after is None
    assert [(crash.program, crash.how) for crash in seen.crashes] == [("step 'bad'", "ended with exit code 3")]
    assert judged(scenario, seen).status is Status.CRASH
