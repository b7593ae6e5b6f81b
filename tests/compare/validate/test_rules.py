"""The rules one by one, at their edges. What breaks one rule only is in ``test_validate_properties``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare import Violation, validate
from harness.compare.moments import zone
from harness.compare.validate.violation import some
from harness.model.cluster import Resource
from harness.model.job import Group, Level, Moldable
from harness.model.schedule import Fate, Schedule, Situation
from tests.compare.making import HOUR, NOW, cluster, fate, ids, job, moldable, schedule, situation

WAKE = {"SCHEDULER_NODE_MANAGER_WAKE_UP_CMD": "/bin/wake"}


EXEMPT = {
    "0running": (job("0running", "host=4"), fate("25-32", -7200, state="Running", moldable=3)),
    "0reserved": (job("0reserved", "host=1", reservation=NOW), fate("25-32", 0, lasts=HOUR)),
    "0wrong": (job("0wrong"), fate("25-32", -9000, moldable=7)),
}
"""Jobs that most rules pass over; none of these must keep a rule from the jobs that come after."""


def broken(here: Situation, plan: Schedule, *, timeline: bool = False) -> list[Violation]:
    """What a schedule breaks; the same with exempt jobs before the others."""
    found = list(validate(here, plan, timeline=timeline))
    assert all(violation.jobs[0] in plan.fates for violation in found)
    crowd = replace(here, jobs=(*(j for j, _ in EXEMPT.values()), *here.jobs))
    fates = {**{name: f for name, (_, f) in EXEMPT.items()}, **plan.fates}
    again = [v for v in validate(crowd, Schedule(fates), timeline=timeline) if not set(v.jobs) & set(EXEMPT)]
    assert again == found
    return found


def rules(here: Situation, plan: Schedule, *, timeline: bool = False) -> list[str]:
    return [v.rule for v in broken(here, plan, timeline=timeline)]


def whys(here: Situation, plan: Schedule, *, timeline: bool = False) -> list[str]:
    return [v.why for v in broken(here, plan, timeline=timeline)]


def node(state: str, available_upto: int = 2147483647) -> list[Resource]:
    """The first node in another state."""
    return [replace(r, state=state, available_upto=available_upto) if r.id <= 8 else r for r in cluster()]


def test_jobs_the_situation_does_not_know_are_left_out() -> None:
    assert rules(situation(), schedule(ghost=fate("1-8"))) == []


def test_jobs_without_a_place_break_nothing() -> None:
    assert rules(situation(job("a")), schedule(a=Fate("Error"))) == []


def test_moldable_counts_from_nought() -> None:
    here = situation(job("a", "host=1", "host=2"))
    assert whys(here, schedule(a=fate("1-8", moldable=2))) == ["takes alternative 2, of 2 counted from 0"]
    assert rules(here, schedule(a=fate("1-8", moldable=-1))) == ["moldable"]
    assert rules(here, schedule(a=fate("1-8", -5, moldable=2, state="Running"))) == []


def test_eligible() -> None:
    group = Group((Level("host", 1),), "mem > 64", ids("9-32"))
    here = situation(job("a", Moldable(HOUR, (group,))))
    assert whys(here, schedule(a=fate("1-8"))) == ["holds 8 resources (1-8) that do not fulfil mem > 64"]
    assert whys(here, schedule(a=fate("8-15"))) == ["holds 1 resources (8) that do not fulfil mem > 64"]
    assert rules(here, schedule(a=fate("1-8", -5, state="Running"))) == []


def test_every_resource_is_eligible_where_nothing_is_asked() -> None:
    assert rules(situation(job("a", Moldable(HOUR, (Group((Level("host", 1),)),)))), schedule(a=fate("1-8"))) == []
    nobody = Group((Level("host", 1),), "false")
    found = rules(situation(job("a", Moldable(HOUR, (nobody,)))), schedule(a=fate("1-8")))
    assert found == ["eligible"]


def test_missing_resources_are_named() -> None:
    assert whys(situation(job("a")), schedule(a=fate("1-8 40-41"))) == ["holds resources that do not exist: 40-41"]
    assert whys(situation(job("a")), schedule(a=fate(""))) == ["is given a place without resources"]
    assert rules(situation(job("a")), schedule(a=fate("1-8 40-41"))) == ["eligible"]
    assert rules(situation(job("a")), schedule(a=fate("0-8"))) == ["eligible"]
    assert rules(situation(job("a")), schedule(a=fate(""))) == ["eligible"]


def test_what_each_group_asks_for_is_said() -> None:
    groups = (Group((Level("host", 1),), "gpu > 0", ids("1-8")), Group((Level("core", 1),), "fast", ids("9-16")))
    here = situation(job("a", Moldable(HOUR, groups)))
    assert whys(here, schedule(a=fate("1-9 32"))) == ["holds 1 resources (32) that do not fulfil gpu > 0 or fast"]
    bare = (groups[0], Group((Level("core", 1),), "", ids("9-16")))
    assert whys(situation(job("a", Moldable(HOUR, bare))), schedule(a=fate("1-9 32"))) == [
        "holds 1 resources (32) that do not fulfil gpu > 0 or anything"
    ]


@pytest.mark.parametrize(
    ("state", "types", "conf", "fine"),
    [
        ("Alive", (), {}, True),
        ("Absent", (), {}, False),
        ("Absent", (), WAKE, True),
        ("Absent", (), {"ENERGY_SAVING_INTERNAL": "yes"}, False),
        ("Absent", (), {"ENERGY_SAVING_NODE_MANAGER_WAKE_UP_CMD": "x"}, False),
        ("Absent", (), {"ENERGY_SAVING_INTERNAL": "yes", "ENERGY_SAVING_NODE_MANAGER_WAKE_UP_CMD": "x"}, True),
        ("Absent", (), {"ENERGY_SAVING_INTERNAL": "no", "ENERGY_SAVING_NODE_MANAGER_WAKE_UP_CMD": "x"}, False),
        ("Absent", ("state=permissive",), {}, True),
        ("Suspected", (), WAKE, False),
        ("Suspected", ("state=permissive",), {}, True),
        ("Suspected", ("state=other",), {}, False),
        ("Dead", ("state=permissive",), WAKE, False),
    ],
)
def test_states(state: str, types: tuple[str, ...], conf: dict[str, str], fine: bool) -> None:
    here = situation(job("a", types=types), resources=node(state), conf=conf)
    assert rules(here, schedule(a=fate("1-8"))) == ([] if fine else ["state"])


def test_states_are_counted() -> None:
    here = situation(job("a", "host=2"), resources=node("Suspected"))
    assert whys(here, schedule(a=fate("1-16"))) == ["holds resources 1-8 not to be used: 8 Suspected"]
    mixed = [replace(r, state="Absent") if r.id > 12 else r for r in node("Suspected")]
    assert whys(situation(job("a", "host=2"), resources=mixed), schedule(a=fate("1-16"))) == [
        "holds resources 1-8 13-16 not to be used: 8 Suspected, 4 Absent"
    ]


def test_reservations_count_on_resources_to_come_back() -> None:
    for state, fine in (("Absent", True), ("Suspected", True), ("Dead", False)):
        here = situation(job("a", reservation=NOW + HOUR), resources=node(state))
        assert (rules(here, schedule(a=fate("1-8", HOUR))) == []) is fine


def test_what_runs_already_is_not_judged_by_states() -> None:
    here = situation(job("a"), resources=node("Suspected"))
    assert rules(here, schedule(a=fate("1-8", -1, state="Running"))) == []
    assert rules(here, schedule(a=fate("1-8", 0, state="Running"))) == ["state"]
    assert rules(here, schedule(a=fate("1-8", -1, state="Running")), timeline=True) == ["state"]


@pytest.mark.parametrize("state", ["Alive", "Absent"])
def test_nodes_that_are_woken_serve_until_they_leave(state: str) -> None:
    def found(upto: int) -> list[str]:
        here = situation(job("a"), resources=node(state, upto), conf=WAKE)
        return rules(here, schedule(a=fate("1-8")))

    assert found(NOW + HOUR) == []
    assert found(NOW + HOUR - 1) == ["state"]
    assert found(2147483646) == []
    assert found(0) == ([] if state == "Alive" else ["state"])


def test_an_absent_node_whose_time_is_over_is_not_woken() -> None:
    here = situation(job("a"), resources=node("Absent", NOW), conf=WAKE)
    assert rules(here, schedule(a=fate("1-8"))) == ["state"]


def test_a_job_that_waits_owes_its_place_to_the_round_whenever_it_starts() -> None:
    here = situation(job("a", "host=2"))
    for state in ("Waiting", "toLaunch", "Hold", "toAckReservation"):
        assert rules(here, schedule(a=fate("1-8", -1, state=state))) == ["hierarchy"]
    for state in ("Running", "Launching", "Finishing", "Suspended", "Terminated"):
        assert rules(here, schedule(a=fate("1-8", -1, state=state))) == []


def test_walltime() -> None:
    here = situation(job("a"))
    assert rules(here, schedule(a=fate("1-8", lasts=HOUR + 5))) == []
    assert whys(here, schedule(a=fate("1-8", lasts=HOUR - 1))) == ["lasts 0:59:59, less than its walltime of 1:00:00"]
    assert rules(here, schedule(a=fate("1-8", -1, lasts=60, state="Running"))) == []
    for state in ("Terminated", "Error", "toError"):
        assert rules(here, schedule(a=fate("1-8", lasts=60, state=state))) == []


def test_walltime_in_a_timeline_counts_for_those_that_never_started() -> None:
    here = situation(job("a"))
    for state, fine in (("Waiting", False), ("Hold", False), ("toAckReservation", False), ("Running", True)):
        assert (rules(here, schedule(a=fate("1-8", lasts=60, state=state)), timeline=True) == []) is fine


def test_a_late_reservation_keeps_its_end() -> None:
    here = situation(job("a", reservation=NOW - 100))
    assert rules(here, schedule(a=fate("1-8", 0, lasts=HOUR - 100))) == []
    assert rules(here, schedule(a=fate("1-8", 0, lasts=HOUR - 101))) == ["walltime"]
    on_time = situation(job("a", reservation=NOW))
    assert rules(on_time, schedule(a=fate("1-8", 0, lasts=HOUR - 1))) == ["walltime"]


def test_submission() -> None:
    here = situation(job("a", submitted=NOW + 30))
    assert rules(here, schedule(a=fate("1-8", 30))) == []
    assert whys(here, schedule(a=fate("1-8", 20))) == ["starts at 15:07:00, 10 s before it was submitted"]
    assert rules(here, schedule(a=fate("1-8", -20))) == ["submission"]


AT = "2025-06-15 15:10:00"
SECONDS = 200
"""From NOW (15:06:40) to AT."""


def test_postpone() -> None:
    here = situation(job("a", types=(f"postpone={AT}",)))
    assert rules(here, schedule(a=fate("1-8", SECONDS))) == []
    assert whys(here, schedule(a=fate("1-8", SECONDS - 1))) == ["starts at 15:09:59, 1 s before its postpone date"]
    assert rules(here, schedule(a=fate("1-8", SECONDS - 1)), timeline=True) == ["postpone"]


def test_deadline() -> None:
    here = situation(job("a", types=(f"deadline={AT}",), walltime=60))
    assert rules(here, schedule(a=fate("1-8", SECONDS - 60, lasts=60))) == []
    assert whys(here, schedule(a=fate("1-8", SECONDS - 59, lasts=60))) == ["ends at 15:10:01, 1 s after its deadline"]
    late = schedule(a=fate("1-8", SECONDS, lasts=60, state="Terminated"))
    assert rules(here, late, timeline=True) == []
    later = schedule(a=fate("1-8", SECONDS + 1, lasts=60, state="Terminated"))
    assert whys(here, later, timeline=True) == ["starts at 15:10:01, 1 s after its deadline"]


def test_expire() -> None:
    here = situation(job("a", types=(f"expire={AT}",)))
    assert rules(here, schedule(a=fate("1-8", SECONDS + 50))) == []
    after = replace(here, now=NOW + SECONDS + 1)
    assert whys(after, schedule(a=fate("1-8", SECONDS + 50))) == ["is given a place, though it expired at 15:10:00"]
    assert rules(replace(here, now=NOW + SECONDS), schedule(a=fate("1-8", SECONDS + 50))) == []
    ran = schedule(a=fate("1-8", SECONDS + 50, state="Terminated"))
    assert rules(here, ran, timeline=True) == ["expire"]


def test_dates_are_the_servers_time_and_no_concern_of_reservations() -> None:
    plan = schedule(a=fate("1-8", 0))
    here = situation(job("a", types=("postpone=2025-06-15 17:06:40",)))
    assert validate(here, plan, zone=zone("Europe/Paris")) == ()
    assert [v.rule for v in validate(here, plan)] == ["postpone"]
    assert rules(situation(job("a", types=(f"postpone={AT}",), reservation=NOW)), plan) == []
    assert rules(situation(job("a", types=("deadline=soon",))), plan) == []


@pytest.mark.parametrize(
    ("promised", "start", "fine"),
    [
        (100, 100, True),
        (100, 99, False),
        (100, 101, False),
        (0, 1, True),
        (0, 2, False),
        (-50, 0, True),
        (-50, 1, True),
        (-50, 2, False),
    ],
)
def test_reservations_in_a_plan(promised: int, start: int, fine: bool) -> None:
    here = situation(job("a", reservation=NOW + promised))
    assert rules(here, schedule(a=fate("1-8", start, lasts=2 * HOUR))) == ([] if fine else ["reservation"])


@pytest.mark.parametrize(("late", "fine"), [(-1, False), (0, True), (360, True), (361, False)])
def test_reservations_in_a_timeline(late: int, fine: bool) -> None:
    here = situation(job("a", reservation=NOW + 100))
    ran = schedule(a=fate("1-8", 100 + late, state="Terminated"))
    assert rules(here, ran, timeline=True) == ([] if fine else ["reservation"])
    patient = situation(job("a", reservation=NOW + 100), conf={"RESERVATION_WAITING_RESOURCES_TIMEOUT": "301"})
    assert rules(patient, schedule(a=fate("1-8", 461, state="Terminated")), timeline=True) == []


def test_reservation_says_when() -> None:
    here = situation(job("a", reservation=NOW + 100))
    assert whys(here, schedule(a=fate("1-8", 90))) == ["starts at 15:08:10, 10 s before the 15:08:20 reserved"]
    assert whys(here, schedule(a=fate("1-8", 110))) == ["starts at 15:08:30, 10 s after the 15:08:20 reserved"]


def test_dependencies() -> None:
    here = situation(job("a"), job("b", after=("a",)))
    assert rules(here, schedule(a=fate("1-8"), b=fate("9-16", HOUR))) == []
    found = validate(here, schedule(a=fate("1-8"), b=fate("9-16", HOUR - 1)))
    assert [(v.rule, v.jobs, v.why) for v in found] == [
        ("dependency", ("b", "a"), "starts at 16:06:39, 1 s before the end of a")
    ]


@pytest.mark.parametrize(
    ("state", "fine"),
    [("Waiting", False), ("Hold", False), ("Terminated", True), ("Error", True), ("Rejected", True)],
)
def test_dependencies_on_jobs_without_a_place(state: str, fine: bool) -> None:
    here = situation(job("a"), job("b", after=("a",)))
    assert rules(here, schedule(a=Fate(state), b=fate("9-16"))) == ([] if fine else ["dependency"])


def test_dependencies_on_jobs_that_nobody_knows() -> None:
    assert rules(situation(job("b", after=("past",))), schedule(b=fate("9-16"))) == []
    here = situation(job("a"), job("b", after=("a",)))
    assert whys(here, schedule(b=fate("9-16"))) == ["starts at 15:06:40, though a, which it depends on, has no place"]


def test_each_broken_dependency_is_told() -> None:
    here = situation(job("a"), job("c"), job("d"), job("b", after=("a", "d", "c")))
    plan = schedule(a=fate("1-8"), c=fate("9-16"), d=fate("25-32", lasts=60), b=fate("17-24", 60))
    assert [v.jobs for v in validate(replace(here, jobs=here.jobs), plan) if v.rule == "dependency"] == [
        ("b", "a"),
        ("b", "c"),
    ]


def test_reservations_and_running_jobs_wait_for_nobody() -> None:
    here = situation(job("a"), job("b", after=("a",), reservation=NOW))
    assert rules(here, schedule(a=fate("1-8"), b=fate("9-16"))) == []
    before = situation(job("a"), job("b", after=("a",)))
    assert rules(before, schedule(a=fate("1-8"), b=fate("9-16", -5, state="Running"))) == []


BOX = job("box", "host=2", types=("container",), id=5, walltime=2 * HOUR)
INNER = job("in", types=("inner=5",), id=6)


@pytest.mark.parametrize(
    ("start", "resources", "why"),
    [
        (0, "1-8", ""),
        (HOUR, "9-16", ""),
        (0, "17-24", "holds 8 resources (17-24) that its container box does not"),
        (-60, "1-8", "starts 60 s before its container box"),
        (HOUR + 1, "1-8", "ends 1 s after its container box"),
        (2 * HOUR, "1-8", "starts 0 s after the end of its container box"),
    ],
)
def test_containers(start: int, resources: str, why: str) -> None:
    here = replace(situation(BOX, INNER), now=NOW - 600)
    plan = schedule(box=fate("1-16", lasts=2 * HOUR), **{"in": fate(resources, start)})
    found = [(v.jobs, v.why) for v in validate(here, plan) if v.rule == "container"]
    assert found == ([(("in", "box"), why)] if why else [])


def test_containers_that_end_early_in_a_timeline() -> None:
    here = situation(BOX, INNER)
    ran = schedule(box=fate("1-16", lasts=60, state="Error"), **{"in": fate("1-8", 30, lasts=35, state="Error")})
    assert [r for r in rules(here, ran, timeline=True) if r == "container"] == []


@pytest.mark.parametrize(
    ("fate_", "fine"), [(Fate("Waiting"), False), (Fate("Terminated"), True), (Fate("Error"), True), (None, True)]
)
def test_containers_without_a_place(fate_: Fate | None, fine: bool) -> None:
    fates = {"in": fate("1-8"), **({"box": fate_} if fate_ else {})}
    assert rules(situation(BOX, INNER), Schedule(fates)) == ([] if fine else ["container"])


def test_inner_jobs_that_run_already_and_those_without_a_known_container() -> None:
    plan = schedule(box=fate("1-16", lasts=2 * HOUR), **{"in": fate("17-24", -5, state="Running")})
    assert rules(situation(BOX, INNER), plan) == []
    assert rules(situation(INNER), schedule(**{"in": fate("1-8")})) == []


def test_texts_are_cut_where_they_are_too_long() -> None:
    assert some("x" * 120) == "x" * 120
    assert some("x" * 121) == "x" * 119 + "…"
    assert some("x" * 11, most=10) == "x" * 9 + "…"
    assert some(0b1101) == "0 2-3"


def test_long_lists_are_cut() -> None:
    here = situation(job("a", moldable("host=1", eligible="2")), resources=cluster("100 nodes x 1 cpu x 2 cores"))
    (why,) = whys(here, schedule(a=fate(" ".join(str(i) for i in range(1, 200, 2)))))
    assert "…) that do not fulfil" in why
    assert len(why) < 200
