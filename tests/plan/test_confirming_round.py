"""How a case is changed so that a known difference's cause is gone."""

from __future__ import annotations

from harness.model.removed_cause import Without
from harness.model.schedule import Situation
from harness.oar2 import conf
from harness.plan.confirming_round import changed, for_candidate
from harness.plan.snapshot_builder import Snapshot
from harness.workload.scenario import parse_scenario

SCENARIO = parse_scenario(
    """
    title = "two users"
    cluster = "1 nodes x 1 cpus x 2 cores"
    [conf]
    KEPT = "x"
    SCHEDULER_GANTT_HOLE_MINIMUM_TIME = "300"
    [[job]]
    name = "first"
    user = "zed"
    submit = "oarsub -l core=1 'sleep 60'"
    [[job]]
    name = "second"
    user = "amy"
    submit = "oarsub -l core=1 'sleep 60'"
    """,
    "x.toml",
)


def snapshot(text: str) -> Snapshot:
    return Snapshot(Situation(0, (), (), ()), {}, text, {}, {}, frozenset())


def test_conf_and_users() -> None:
    keyed = changed(SCENARIO, Without(conf={"SCHEDULER_GANTT_HOLE_MINIMUM_TIME": "0"}))
    assert keyed.conf == {"KEPT": "x", "SCHEDULER_GANTT_HOLE_MINIMUM_TIME": "0"}
    assert [job.user for job in keyed.jobs] == ["zed", "amy"]
    one = changed(SCENARIO, Without(one_user=True))
    assert [job.user for job in one.jobs] == ["zed", "zed"]
    assert [job.name for job in one.jobs] == ["first", "second"]
    assert one.conf == SCENARIO.conf


def test_the_candidates_security_time() -> None:
    for text, seconds in (
        ('SCHEDULER_JOB_SECURITY_TIME="30"\n', "31"),
        ("", "61"),
        ('SCHEDULER_JOB_SECURITY_TIME="x"', "61"),
    ):
        made = for_candidate(snapshot(text), Without(security=1))
        assert conf.read_keys(made.conf)["SCHEDULER_JOB_SECURITY_TIME"] == seconds
    untouched = snapshot('SCHEDULER_JOB_SECURITY_TIME="30"\n')
    assert for_candidate(untouched, Without(one_user=True)) is untouched
