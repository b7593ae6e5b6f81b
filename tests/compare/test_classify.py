"""Each job in one class, with figures."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.align import Aligned
from harness.compare.classify import classify
from harness.compare.moments import zone
from harness.model.difference import Difference, DifferenceClass
from harness.model.schedule import Fate, Schedule, Situation
from tests.compare.making import HOUR, NOW, cluster, fate, job, schedule, situation
from tests.compare.valid_schedules import valid
from tests.compare.validate.test_validate_properties import SLOW

D = DifferenceClass
HERE = situation(job("a", "host=1"))


def found(
    reference: Schedule,
    candidate: Schedule,
    tolerance: int = 2,
    here: Situation = HERE,
    there: Situation | None = None,
) -> dict[str, Difference]:
    aligned = Aligned(reference, candidate, here, there or here)
    return {d.job: d for d in classify(aligned, tolerance)}


def one(reference: Fate | None, candidate: Fate | None, **more: object) -> tuple[DifferenceClass, str]:
    plans = [Schedule({"a": f} if f else {}) for f in (reference, candidate)]
    difference = found(*plans, **more)["a"]
    assert difference.reference == (reference.placement if reference else None)
    assert difference.candidate == (candidate.placement if candidate else None)
    return difference.kind, difference.why


def test_identical() -> None:
    assert one(fate("1-8"), fate("1-8")) == (D.IDENTICAL, "same start, same resources")
    assert one(Fate("Waiting"), Fate("Waiting")) == (D.IDENTICAL, "has no place on either side")
    assert one(Fate("Waiting"), Fate("Hold"))[0] is D.IDENTICAL
    assert one(None, None)[0] is D.IDENTICAL


def test_equivalent_placement() -> None:
    kind, why = one(fate("1-8"), fate("9-16"))
    assert (kind, why) == (D.EQUIVALENT_PLACEMENT, "same start, other resources of the same shape: 1-8 → 9-16")
    assert one(fate("1-4 9-12"), fate("5-8 25-28"))[0] is D.EQUIVALENT_PLACEMENT


@pytest.mark.parametrize(
    ("reference", "candidate", "what"),
    [
        ("1-8", "1-16", "1 host (1x8) → 2 host (2x8)"),
        ("1-8", "1-4 9-12", "1 host (1x8) → 2 host (2x4)"),
        ("1-4", "1-2 5-6", "1 cpu (1x4) → 2 cpu (2x2)"),
        ("1-2 9-10", "1-3 9", "2 host (2x2) → 2 host (1x1, 1x3)"),
        ("1-8", "1-7", "1 host (1x8) → 1 host (1x7)"),
    ],
)
def test_other_shape(reference: str, candidate: str, what: str) -> None:
    kind, why = one(fate(reference), fate(candidate))
    assert (kind, why) == (D.OTHER_SHAPE, f"holds {what}; starts when the reference does (15:06:40)")
    kind, why = one(fate(reference), fate(candidate, 60))
    assert kind is D.OTHER_SHAPE
    assert why == f"holds {what}; starts 60 s after the reference (15:06:40 → 15:07:40)"


def test_shapes_without_any_hierarchy() -> None:
    flat = replace(HERE, hierarchy=())
    assert one(fate("1-8"), fate("9-16"), here=flat)[0] is D.EQUIVALENT_PLACEMENT
    kind, why = one(fate("1-8"), fate("9-17"), here=flat)
    assert (kind, why.split(";")[0]) == (D.OTHER_SHAPE, "holds 8 resource_id (8x1) → 9 resource_id (9x1)")


def test_shapes_are_told_in_each_sides_own_cluster() -> None:
    wide = replace(HERE, resources=cluster("2 nodes x 2 cpus x 8 cores"))
    assert one(fate("1-8"), fate("9-16"), there=wide)[0] is D.OTHER_SHAPE


def test_shapes_are_told_though_one_side_has_a_level_more() -> None:
    flat = replace(HERE, hierarchy=("host",))
    for here, there in ((HERE, flat), (flat, HERE)):
        assert one(fate("1-8"), fate("1-8"), here=here, there=there)[0] is D.IDENTICAL
        assert one(fate("1-8"), fate("1-9"), here=here, there=there) == (
            D.OTHER_SHAPE,
            "holds 1 host (1x8) → 2 host (1x1, 1x8); starts when the reference does (15:06:40)",
        )


def test_other_moldable() -> None:
    kind, why = one(fate("1-8"), fate("1-16", 60, moldable=1))
    assert kind is D.OTHER_MOLDABLE
    assert why == (
        "takes alternative 1 instead of 0, counted from 0; starts 60 s after the reference (15:06:40 → 15:07:40)"
    )


@pytest.mark.parametrize(
    ("shift", "kind"),
    [(0, D.IDENTICAL), (1, D.SHIFTED), (2, D.SHIFTED), (-2, D.SHIFTED), (3, D.LATER), (-3, D.EARLIER)],
)
def test_starts(shift: int, kind: DifferenceClass) -> None:
    assert one(fate("1-8"), fate("1-8", shift))[0] is kind
    assert one(fate("1-8"), fate("9-16", shift))[0] is (kind if shift else D.EQUIVALENT_PLACEMENT)


def test_starts_say_by_how_much() -> None:
    assert one(fate("1-8"), fate("1-8", 61))[1] == "starts 61 s after the reference (15:06:40 → 15:07:41)"
    assert one(fate("1-8"), fate("1-8", -61))[1] == "starts 61 s before the reference (15:06:40 → 15:05:39)"
    assert one(fate("1-8"), fate("1-8", 1))[1] == (
        "starts 1 s after the reference (15:06:40 → 15:06:41), within the tolerance of 2 s"
    )
    assert one(fate("1-8"), fate("1-8", 1), tolerance=0)[0] is D.LATER


def test_places_on_one_side_only() -> None:
    assert one(fate("1-8"), Fate("Waiting", message="no room")) == (
        D.ONLY_IN_REFERENCE,
        "the reference starts it at 15:06:40; the candidate leaves it Waiting (no room)",
    )
    assert one(Fate("Waiting"), fate("1-8", 60)) == (
        D.ONLY_IN_CANDIDATE,
        "the candidate starts it at 15:07:40; the reference leaves it Waiting",
    )
    assert one(None, fate("1-8"))[1] == "the candidate starts it at 15:06:40; the reference does not know it"
    assert one(fate("1-8"), None)[1] == "the reference starts it at 15:06:40; the candidate does not know it"


@pytest.mark.parametrize(
    ("reference", "candidate", "other"),
    [
        ("Waiting", "Rejected", True),
        ("Error", "Waiting", True),
        ("Error", "toError", False),
        ("Error", "Rejected", True),
        ("Terminated", "Error", True),
        ("Terminated", "Running", False),
    ],
)
def test_outcomes(reference: str, candidate: str, other: bool) -> None:
    assert (one(Fate(reference), Fate(candidate))[0] is D.OTHER_OUTCOME) is other
    assert (one(fate("1-8", state=reference), fate("1-8", state=candidate))[0] is D.OTHER_OUTCOME) is other


def test_outcomes_say_what_each_side_says() -> None:
    kind, why = one(Fate("Rejected", message="no such queue"), None)
    assert (kind, why) == (D.OTHER_OUTCOME, "Rejected (no such queue) in the reference, absent in the candidate")
    assert one(Fate("Waiting"), Fate("Error"))[1] == "Waiting in the reference, Error in the candidate"


def test_held_for_another_time() -> None:
    assert one(fate("1-8"), fate("1-8", lasts=HOUR + 3)) == (D.OTHER_OUTCOME, "lasts 1:00:03 instead of 1:00:00")
    assert one(fate("1-8"), fate("1-8", lasts=HOUR - 3))[0] is D.OTHER_OUTCOME
    assert one(fate("1-8"), fate("1-8", lasts=HOUR + 2))[0] is D.IDENTICAL
    ended, running = fate("1-8", lasts=60, state="Terminated"), fate("1-8", state="Running")
    assert one(ended, running)[0] is D.IDENTICAL
    assert one(ended, fate("1-8", state="Terminated"))[0] is D.OTHER_OUTCOME


def test_each_lane_has_its_own_beginning() -> None:
    there = replace(HERE, now=NOW + 500)
    assert one(fate("1-8", 10), fate("1-8", 510), there=there)[0] is D.IDENTICAL
    kind, why = one(fate("1-8", 10), fate("1-8", 610), there=there)
    assert (kind, why) == (D.LATER, "starts 100 s after the reference (+0:00:10 → +0:01:50)")
    kind, why = one(fate("1-8", 10), fate("1-8", 10), there=there)
    assert (kind, why) == (D.EARLIER, "starts 500 s before the reference (+0:00:10 → -0:08:10)")
    assert one(Fate("Waiting"), fate("1-8", 610), there=there)[1].startswith("the candidate starts it at +0:01:50")


def test_times_are_the_servers() -> None:
    aligned = Aligned(schedule(a=fate("1-8")), schedule(a=fate("1-8", 60)), HERE, HERE)
    (difference,) = classify(aligned, 2, zone("Europe/Paris"))
    assert "(17:06:40 → 17:07:40)" in difference.why


def test_order_is_the_situations_then_the_rest() -> None:
    here = situation(job("b"), job("a"))
    plans = schedule(z=fate("1-8"), a=fate("9-16")), schedule(y=fate("1-8"), b=fate("9-16"))
    assert list(found(*plans, here=here)) == ["b", "a", "z", "y"]


@given(valid())
@settings(max_examples=60, suppress_health_check=SLOW, deadline=None)
def test_a_schedule_is_identical_to_itself(made: tuple[Situation, Schedule]) -> None:
    here, plan = made
    differences = classify(Aligned(plan, plan, here, here), 0)
    assert {d.kind for d in differences} == {D.IDENTICAL}
    assert [d.job for d in differences] == [j.name for j in here.jobs]


MIRROR = {D.ONLY_IN_REFERENCE: D.ONLY_IN_CANDIDATE, D.LATER: D.EARLIER}
MIRROR |= {after: before for before, after in MIRROR.items()}


@given(valid(), st.data())
@settings(max_examples=80, suppress_health_check=SLOW, deadline=None)
def test_sides_can_be_changed(made: tuple[Situation, Schedule], data: st.DataObject) -> None:
    here, plan = made
    changed = {}
    for name, fate_ in plan.fates.items():
        if fate_.placement is None or data.draw(st.booleans()):
            changed[name] = fate_
        elif data.draw(st.booleans()):
            changed[name] = Fate("Waiting")
        else:
            by = data.draw(st.integers(-200, 200))
            moved = replace(fate_.placement, start=fate_.placement.start + by, stop=fate_.placement.stop + by)
            changed[name] = replace(fate_, placement=moved)
    forth = {d.job: d.kind for d in classify(Aligned(plan, Schedule(changed), here, here), 5)}
    back = {d.job: d.kind for d in classify(Aligned(Schedule(changed), plan, here, here), 5)}
    assert {name: MIRROR.get(kind, kind) for name, kind in forth.items()} == back


@given(st.integers(-500, 500), valid())
@settings(max_examples=40, suppress_health_check=SLOW, deadline=None)
def test_lanes_that_began_at_other_moments_agree(apart: int, made: tuple[Situation, Schedule]) -> None:
    here, plan = made
    moved = {}
    for name, fate_ in plan.fates.items():
        was = fate_.placement
        then = replace(was, start=was.start + apart, stop=was.stop + apart) if was else None
        moved[name] = replace(fate_, placement=then)
    aligned = Aligned(plan, Schedule(moved), here, replace(here, now=here.now + apart))
    assert {d.kind for d in classify(aligned, 0)} == {D.IDENTICAL}
