"""What a round launches: compared, and judged by a rule that knows neither scheduler."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare import judge_case, validate
from harness.model.difference import DifferenceClass
from harness.model.job import Job
from harness.model.record import Kind
from harness.model.result import Status
from harness.model.schedule import Fate, Schedule, Situation
from tests.compare.making import HOUR, NOW, cluster, fate, job, record, schedule, situation

D = DifferenceClass
HERE = situation(job("a"))


def launched(resources: str = "1-8", start: int = 0, **more: object) -> Fate:
    return fate(resources, start, state="toLaunch", launched=True, **more)  # type: ignore[arg-type]


def waits(resources: str = "1-8", start: int = 0, state: str = "Waiting") -> Fate:
    return fate(resources, start, state=state, launched=False)


def compared(one: Fate, other: Fate, here: Situation = HERE, kind: Kind = Kind.PLAN) -> tuple[str, str]:
    result = judge_case(record(here, Schedule({"a": one}), Schedule({"a": other}), kind=kind, tolerance=60), "kao")
    found = result.differences[0] if result.differences else None
    return (found.kind.value, found.why) if found else ("identical", "")


@pytest.mark.parametrize(("one", "other", "side"), [(0, 1, "candidate"), (1, 0, "reference")])
def test_launched_on_one_side_only(one: int, other: int, side: str) -> None:
    fates = (waits(), launched())
    kind, why = compared(fates[one], fates[other])
    assert kind == "other-outcome"
    assert why.startswith(f"is launched in the {side} only: ")
    assert "Waiting" in why
    assert "toLaunch" in why


def test_launched_on_both_sides_or_on_neither() -> None:
    assert compared(launched(), launched()) == ("identical", "")
    assert compared(waits(), waits()) == ("identical", "")


def test_what_is_set_to_be_launched_and_not_told_to_the_almighty_is_not_launched() -> None:
    kind, why = compared(launched(), waits(state="toLaunch"))
    assert (kind, why.partition(":")[0]) == ("other-outcome", "is launched in the reference only")


@pytest.mark.parametrize(("later", "kind"), [(1, "shifted"), (60, "shifted"), (61, "later")])
def test_a_launch_that_the_plan_puts_off_is_told_by_its_start(later: int, kind: str) -> None:
    assert compared(launched(), waits(start=later))[0] == kind


def test_a_launch_of_what_the_other_plans_nowhere_is_told_by_its_place() -> None:
    assert compared(launched(), Fate("Waiting", launched=False))[0] == "only-in-reference"
    assert compared(Fate("Waiting", launched=False), launched())[0] == "only-in-candidate"


def test_a_reservation_that_waits_for_its_nodes_is_not_launched_although_planned_for_the_next_second() -> None:
    here = situation(job("a", reservation=NOW - 10))
    assert compared(launched(), waits(start=1), here)[0] == "other-outcome"
    assert compared(waits(start=1), waits(start=-10), here)[0] == "shifted"


def test_launched_elsewhere_is_told_by_the_resources() -> None:
    assert compared(launched("1-8"), launched("9-16"))[0] == "equivalent-placement"


@pytest.mark.parametrize("state", ["Hold", "Suspended", "Resuming", "toAckReservation"])
def test_a_state_that_only_one_round_leaves(state: str) -> None:
    assert compared(waits(), waits(state=state))[0] == "other-outcome"
    assert compared(waits(state=state), waits(state=state))[0] == "identical"


def test_killed_on_one_side_only() -> None:
    spared = waits(state="Running")
    kind, why = compared(spared, replace(spared, killed=True))
    assert (kind, why) == ("other-outcome", "is to be killed in the candidate only")
    assert compared(replace(spared, killed=True), replace(spared, killed=True))[0] == "identical"


def test_a_record_of_before_and_a_timeline_tell_no_launches() -> None:
    assert compared(fate("1-8", state="toLaunch"), fate("1-8"))[0] == "identical"
    assert compared(fate("1-8", state="Hold"), fate("1-8"), kind=Kind.LIVE)[0] == "identical"


def rules(here: Situation, plan: Schedule) -> list[tuple[str, str]]:
    return [(violation.rule, violation.why) for violation in validate(here, plan)]


INNER = (job("box", "host=2", types=("container",), id=7), job("in", types=("inner=7",)))


@pytest.mark.parametrize("state", ["Waiting", "Hold", "toAckReservation"])
def test_an_inner_job_is_not_launched_while_its_container_waits(state: str) -> None:
    here = situation(*INNER)
    plan = schedule(box=fate("1-16", -10, 2 * HOUR, state=state), **{"in": launched()})
    why = f"is launched, though its container box does not run ({state})"
    assert ("launch", why) in rules(here, plan)


@pytest.mark.parametrize("state", ["Running", "toLaunch", "Terminated"])
def test_it_is_once_that_runs_is_launched_or_has_ended(state: str) -> None:
    here = situation(*INNER)
    box = fate("1-16", 0 if state == "toLaunch" else -10, 2 * HOUR, state=state)
    assert [r for r, _ in rules(here, schedule(box=box, **{"in": launched()}))] == []


def test_a_reserved_container_that_waits_for_a_node_begins_when_it_was_promised() -> None:
    """shared/cases/inner-of-a-waiting-container.toml: OAR 2.5.9 plans the inner job, and rightly launches nothing."""
    box = replace(INNER[0], reservation=NOW - 6, submitted=NOW - 600)
    here = situation(box, replace(INNER[1], submitted=NOW - 60), resources=cluster(node2="Absent"))
    placed = fate("1-16", 1, 2 * HOUR)
    assert rules(here, schedule(box=placed, **{"in": waits()})) == []
    assert [rule for rule, _ in rules(here, schedule(box=placed, **{"in": launched()}))] == ["launch"]
    assert [rule for rule, _ in rules(here, schedule(box=placed, **{"in": fate("1-8", -7)}))] == ["container"]


def away(state: str, *types: str, until: int = 2147483647, reservation: int | None = None) -> list[str]:
    resources = [replace(r, state=state, available_upto=until) if r.id <= 4 else r for r in cluster()]
    asked: Job = job("a", types=types, reservation=reservation)
    return [rule for rule, _ in rules(situation(asked, resources=resources), schedule(a=launched()))]


@pytest.mark.parametrize("state", ["Absent", "Suspected"])
def test_what_is_launched_has_its_nodes(state: str) -> None:
    assert away("Alive") == []
    assert away(state, reservation=NOW) == ["launch"]
    assert away(state) == ["state"], "told once"
    assert away(state, "state=permissive") == ["launch"]
    assert away(state, "state=permissive", "noop") == []
    assert away(state, "state=permissive", "cosystem") == []


def test_a_standby_job_is_launched_on_absent_nodes_that_stay() -> None:
    standby = ("deploy=standby", "state=permissive")
    assert away("Absent", *standby, until=NOW + HOUR) == []
    assert away("Absent", *standby, until=NOW + HOUR - 1) == ["launch"]
    assert away("Suspected", *standby) == ["launch"]


@pytest.mark.parametrize(("start", "broken"), [(0, []), (1, []), (2, ["launch"])])
def test_nothing_is_launched_before_its_start(start: int, broken: list[str]) -> None:
    assert [rule for rule, _ in rules(HERE, schedule(a=launched(start=start)))] == broken


def test_what_it_depends_on_has_ended() -> None:
    here = situation(job("first", submitted=NOW - 2 * HOUR), job("a", after=("first",)))
    first = fate("9-16", -HOUR, HOUR, state="Running")
    assert [rule for rule, _ in rules(here, schedule(first=first, a=launched()))] == ["launch"]
    assert rules(here, schedule(first=replace(first, state="Terminated"), a=launched())) == []


def test_the_candidate_that_launches_what_cannot_start_is_invalid_and_the_reference_is_not() -> None:
    box = replace(INNER[0], reservation=NOW - 6, submitted=NOW - 600)
    here = situation(box, replace(INNER[1], submitted=NOW - 1), resources=cluster(node2="Absent"))
    placed = fate("1-16", 1, 2 * HOUR, launched=False)
    case = record(here, schedule(box=placed, **{"in": waits()}), schedule(box=placed, **{"in": launched()}))
    assert judge_case(case, "native").status is Status.AGREES
    assert judge_case(case, "kao").status is Status.INVALID
