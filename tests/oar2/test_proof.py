"""Proof from the log that the intended programs made a round."""

from __future__ import annotations

import pytest

from harness.model.combination import Combination, Registry
from harness.oar2.proof import find_proof

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
    assert find_proof(log(*lines), combination(name), scheduler=False).complete
    assert not find_proof(log(), combination(name), scheduler=False).complete
