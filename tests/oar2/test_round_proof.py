"""Proof from the log that the intended programs made a round."""

from __future__ import annotations

import pytest
from procset import ProcSet

from harness.model.combination import Combination
from harness.model.job import Job
from harness.model.registry import Registry
from harness.model.schedule import Fate, Placement, Schedule
from harness.oar2.round_proof import expected_of, find_proof

NATIVE = "oar_sched_gantt_with_timesharing"
META = "I|2026-11-22T19:03:12.278|MetaSched/311||Starting Meta Scheduler"
LAUNCH = "I|2026-11-22T19:03:12.301|MetaSched/311||Queue default: Launching scheduler {} at time 2026-11-22 19:03:13"
KAO = "[DEBUG] [2026-11-22 19:03:12,611] [oar.kao.meta_sched::meta_schedule]: Retrieve information"
KAMELOT = "[INFO] [2026-11-22 19:03:12,700] [oar.kamelot::main]: scheduling of queue default"
QUOTAS_2_5_9 = (
    f"[debug] [2026-11-23 01:41:39.027] [{NATIVE}_and_fairsharing_and_quotas] Starting scheduler for queue default"
)
QUOTAS = "I|2026-11-22T19:03:12.700|SchedFSTSQ/311||Scheduler starts"


def combination(name: str) -> Combination:
    return Registry().find(name)


def log(*lines: str) -> str:
    return "\n".join(("I|2026|Almighty/51||Current state [Scheduler]", *lines, "I|2026|Almighty/51||[Qget]", ""))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (f"oar_meta_sched+{NATIVE}", (META, LAUNCH.format(NATIVE))),
        ("oar_meta_sched+kamelot", (META, LAUNCH.format("kamelot"))),
        ("kao", (KAO,)),
        ("kao-external+kamelot", (KAO, KAMELOT)),
        (f"kao-external+{NATIVE}_and_fairsharing_and_quotas", (KAO, QUOTAS)),
        (f"kao-external+{NATIVE}_and_fairsharing_and_quotas", (KAO, QUOTAS_2_5_9)),
    ],
)
def test_the_lines_that_show_it_and_nothing_else(name: str, lines: tuple[str, ...]) -> None:
    proof = find_proof(log(*lines), combination(name))
    assert proof.complete
    assert proof.lines == lines


@pytest.mark.parametrize("name", [each.id for each in Registry().all()])
def test_no_combination_is_proved_by_an_empty_log_or_by_the_almighty_alone(name: str) -> None:
    assert not find_proof("", combination(name)).complete
    assert not find_proof(log(), combination(name)).complete


@pytest.mark.parametrize("wanted", [NATIVE, f"{NATIVE}_and_fairsharing", f"{NATIVE}_and_placeholder"])
@pytest.mark.parametrize("ran", [f"{NATIVE}_and_fairsharing_and_quotas", "kamelot"])
def test_another_scheduler_is_no_proof(wanted: str, ran: str) -> None:
    proof = find_proof(log(META, LAUNCH.format(ran)), combination(f"oar_meta_sched+{wanted}"))
    assert proof.lines == (META,)
    assert f"Launching scheduler {wanted} at" in proof.missing


def test_each_native_scheduler_s_own_lines_prove_no_other() -> None:
    natives = [each for each in Registry().all() if each.metascheduler.name == "kao-external" and each.scheduler]
    marks = {each.id: each.scheduler.log_marks for each in natives if each.scheduler}
    for each in natives:
        for mark in marks[each.id]:
            text = log(KAO, f"I|2026-11-22T19:03:12.700{mark}311||Scheduler starts")
            assert [other.id for other in natives if find_proof(text, other).complete] == [each.id]


def test_oar_meta_sched_is_no_proof_of_kao_nor_kao_of_it() -> None:
    assert not find_proof(log(META), combination("kao")).complete
    assert "oar.kao" in find_proof(log(META), combination("kao")).missing


def test_a_very_long_line_is_cut() -> None:
    (line,) = find_proof(KAO + "x" * 5000, combination("kao")).lines
    assert len(line) == 300


@pytest.mark.parametrize("name", ["oar_meta_sched+kamelot", "kao-external+kamelot"])
def test_without_a_waiting_job_the_metascheduler_suffices(name: str) -> None:
    lines = (META, KAO)
    assert not find_proof(log(*lines), combination(name)).complete
    assert find_proof(log(*lines), combination(name), {}).complete
    assert not find_proof(log(), combination(name), {}).complete


def test_each_queue_with_a_waiting_job_proves_its_own_scheduler() -> None:
    mixed = combination("oar_meta_sched+kamelot:default")
    expected = mixed.plan({"default": NATIVE, "night": f"{NATIVE}_and_fairsharing"})
    night = LAUNCH.replace("default", "night")
    lines = (META, LAUNCH.format("kamelot"), night.format(f"{NATIVE}_and_fairsharing"))
    assert find_proof(log(*lines), mixed, expected).lines == lines
    lacking = find_proof(log(*lines[:2]), mixed, expected)
    assert lacking.missing == f"no line with 'Queue night: Launching scheduler {NATIVE}_and_fairsharing at'"
    swapped = (META, night.format("kamelot"), LAUNCH.format(f"{NATIVE}_and_fairsharing"))
    assert not find_proof(log(*swapped), mixed, expected).complete, "each is there, for the other's queue"


def test_under_kao_each_scheduler_s_own_lines_count() -> None:
    own = combination("kao-external")
    expected = own.plan({"default": "kamelot", "night": f"{NATIVE}_and_fairsharing_and_quotas"})
    assert find_proof(log(KAO, KAMELOT, QUOTAS), own, expected).lines == (KAO, KAMELOT, QUOTAS)
    assert not find_proof(log(KAO, KAMELOT), own, expected).complete


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        (["one", "two"], {"default": "kamelot", "night": NATIVE}),
        (["two"], {"night": NATIVE}),
        (["dated"], {}),
        ([], {}),
    ],
)
def test_on_a_whole_server_the_queues_of_started_jobs_count(started: list[str], expected: dict[str, str]) -> None:
    plan = combination("oar_meta_sched+kamelot:default").plan({"default": NATIVE, "night": NATIVE})
    jobs = (job("one", "default"), job("two", "night"), job("dated", "default", reservation=100))
    place = Placement(0, 1, 0, ProcSet(1))
    fates = {each.name: Fate("Terminated", place if each.name in started else None) for each in jobs}
    found = expected_of(plan, jobs, Schedule(fates))
    assert {queue: scheduler.name for queue, scheduler in found.items()} == expected


def test_where_none_was_started_a_scheduler_common_to_all_jobs_counts() -> None:
    plan = combination("oar_meta_sched+kamelot").plan({"default": NATIVE, "night": NATIVE})
    jobs = (job("one", "default"), job("two", "night"))
    assert [each.name for each in expected_of(plan, jobs, Schedule({})).values()] == ["kamelot"]


def job(name: str, queue: str, reservation: int | None = None) -> Job:
    return Job(name, 1, "alice", "default", queue, 0, reservation, (), (), ())
