"""The third opinion: who departs, when there is none, and that it decides nothing."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.compare import judge_case
from harness.compare.third_opinion.opinions import Opinions, differing
from harness.compare.third_opinion.planner import plan
from harness.model.difference import Difference
from harness.model.difference import DifferenceClass as D
from harness.model.job import Job
from harness.model.opinion import Departs, JobOpinion, Opinion
from harness.model.record import CaseRecord, Kind
from harness.model.result import Status
from harness.model.schedule import Fate, Placement, Schedule, Situation
from tests.compare.making import HOUR, NOW, cluster, fate, job, place, record, schedule, situation
from tests.compare.plain_schedules import plain

NODES = cluster("2 nodes x 1 cpus x 2 cores")
A, B, C = (replace(job(name, "host=2"), id=number) for number, name in enumerate("abc", 1))
GAP = HOUR + 60


def row(*starts: int | None) -> Schedule:
    """Jobs a, b, c on all resources, at these moments; without a place for None."""
    fates = (Fate("Waiting") if start is None else fate("1-4", start) for start in starts)
    return Schedule(dict(zip("abc", fates, strict=False)))


def case(reference: Schedule, candidate: Schedule, *jobs: Job, **more: object) -> CaseRecord:
    conf = more.pop("conf", {"SCHEDULER_JOB_SECURITY_TIME": "60"})
    return record(situation(*(jobs or (A, B, C)), resources=NODES, conf=conf), reference, candidate, **more)


def opinion(reference: Schedule, candidate: Schedule, *jobs: Job, **more: object) -> Opinion:
    found = judge_case(case(reference, candidate, *jobs, **more), "kao").opinion
    assert found is not None
    return found


def departs(reference: Schedule, candidate: Schedule, *jobs: Job, **more: object) -> dict[str, str]:
    return {one.job: one.departs.value for one in opinion(reference, candidate, *jobs, **more).jobs}


GOOD = row(0, GAP, 2 * GAP)


def test_who_departs() -> None:
    late = row(0, GAP, 2 * GAP + 500)
    assert departs(GOOD, late) == {"c": "candidate"}
    assert departs(late, GOOD) == {"c": "reference"}
    assert departs(late, row(0, GAP, 2 * GAP + 900)) == {"c": "both"}
    assert opinion(GOOD, late).jobs[0].planned == GOOD.fates["c"].placement


def test_what_follows_from_an_earlier_departure_is_nobodys() -> None:
    swapped = row(GAP, 0, 2 * GAP)
    assert departs(GOOD, swapped) == {"a": "candidate", "b": "neither"}
    assert str(opinion(GOOD, swapped)) == "the candidate departs from plain FIFO with backfilling for 1 of 2 jobs"


def test_a_second_between_any_two_jobs_is_forgiven() -> None:
    native = row(1, GAP + 2, 2 * GAP + 3)
    assert departs(native, row(0, GAP, 2 * GAP + 500)) == {"c": "candidate"}
    assert departs(native, row(0, GAP, None)) == {"c": "candidate"}


def test_a_gap_that_fits_to_the_second_may_be_left_or_taken() -> None:
    booked = replace(job("ar", "host=2"), id=9, reservation=NOW + 4000)
    short = replace(job("s", "host=2", walltime=3940), id=1)
    before, after = (Schedule({"ar": fate("1-4", 4000), "s": fate("1-4", at, 3940)}) for at in (0, 4000 + GAP))
    assert departs(before, after, booked, short) == {"s": "neither"}
    tight = replace(job("s", "host=2", walltime=3930), id=1)
    before, after = (Schedule({"ar": fate("1-4", 4000), "s": fate("1-4", at, 3930)}) for at in (0, 4000 + GAP))
    assert departs(before, after, booked, tight) == {"s": "candidate"}


def test_jobs_left_without_a_place() -> None:
    found = opinion(row(0, None, None), GOOD)
    assert str(found) == "the reference departs from plain FIFO with backfilling for 2 of 2 jobs"


def test_no_question_no_opinion() -> None:
    assert judge_case(case(GOOD, GOOD), "kao").opinion is None
    assert judge_case(case(GOOD, row(0, GAP + 1, 2 * GAP + 2)), "kao").opinion is None
    other_shape = schedule(a=fate("1-2"), b=fate("1-4", GAP), c=fate("1-4", 2 * GAP))
    assert judge_case(case(GOOD, other_shape), "kao").opinion is None
    assert judge_case(case(GOOD, GOOD), "native").opinion is None
    assert judge_case(case(GOOD, row(0, GAP, 2 * GAP + 500), kind=Kind.LIVE), "kao").opinion is None


def test_which_jobs_are_asked_about() -> None:
    def one(kind: D, *places: Placement | None, job: str = "x") -> Difference:
        return Difference(job, kind, "why", *places)

    here = place("1-2")
    assert differing([one(D.EARLIER, here, place("1-2", -2))]) == ("x",)
    assert differing([one(D.OTHER_SHAPE, here, place("1-3", 1)), one(D.OTHER_SHAPE, here, place("1-3"))]) == ()
    assert differing([one(D.OTHER_MOLDABLE, here, place("1-2", moldable=1))]) == ("x",)
    assert differing([one(D.ONLY_IN_CANDIDATE, None, here), one(D.ONLY_IN_REFERENCE, here, None)]) == ("x", "x")
    assert differing([one(D.OTHER_OUTCOME, None, None), one(D.CRASH, None, None, job="")]) == ()
    assert differing([one(D.SHIFTED, here, place("1-2", 50))]) == ()


def test_a_job_that_ended_on_one_side_still_had_its_turn() -> None:
    ended = Schedule({"a": Fate("Error"), "b": fate("1-4", 0)})
    kept = row(0, GAP)
    for reference, candidate in ((kept, ended), (ended, kept)):
        found = opinion(reference, candidate, A, B)
        assert [(one.job, one.departs) for one in found.jobs] == [("b", Departs.NEITHER)]
        assert found.jobs[0].planned == kept.fates["b"].placement


def test_nobody_waits_for_a_job_that_ended_on_that_side() -> None:
    wide, after = replace(A, moldables=job("x", "host=9").moldables), replace(B, after=("a",))
    waits, ended = Schedule({"a": Fate("Waiting"), "b": Fate("Waiting")}), {"a": Fate("Error")}
    at_once, late = (Schedule({**ended, "b": fate("1-4", start)}) for start in (0, 500))
    found = opinion(waits, at_once, wide, after)
    assert [(one.job, one.departs, one.planned) for one in found.jobs] == [("b", Departs.NEITHER, None)]
    assert departs(at_once, late, wide, after) == {"b": "candidate"}


def test_a_job_that_depends_on_another() -> None:
    after = replace(B, after=("a",), moldables=job("x", "core=1").moldables)
    short = replace(A, moldables=job("x", "core=1").moldables)
    good, early = (Schedule({"a": fate("1"), "b": fate("2", start)}) for start in (GAP, 0))
    assert departs(good, early, short, after) == {"b": "candidate"}
    runs = fate("1", -60, state="Running")
    good, early = (Schedule({"a": runs, "b": fate("2", start)}) for start in (GAP - 60, 0))
    assert departs(good, early, short, after) == {"b": "candidate"}


def test_no_opinion_on_jobs_that_nobody_knows() -> None:
    one, other = (Schedule({"x": fate("1-4", start)}) for start in (0, 500))
    differences = [Difference("x", D.LATER, "why", one.fates["x"].placement, other.fates["x"].placement)]
    assert Opinions(situation(A, resources=NODES), "native", one).of("kao", other, differences) is None


def test_each_candidate_is_held_against_a_plan_of_the_same_jobs() -> None:
    def judged(candidate: Schedule) -> Opinion:
        found = opinions.of("kao", candidate, judge_case(case(reference, candidate), "kao").differences)
        assert found is not None
        return found

    reference = Schedule({"a": Fate("Error"), "b": fate("1-4"), "c": fate("1-4", GAP)})
    opinions = Opinions(case(reference, reference).situation, "native", reference)
    for first, b in ((Fate("Error"), 0), (fate("1-4"), GAP)):
        found = judged(Schedule({"a": first, "b": fate("1-4", b), "c": fate("1-4", 9 * GAP)}))
        planned = {one.job: one.planned for one in found.jobs}["c"]
        assert planned is not None
        assert planned.start - NOW == b + GAP


LATE = row(0, GAP, 2 * GAP + 500)


@pytest.mark.parametrize(
    ("jobs", "conf", "why"),
    [
        ((A, B, replace(C, queue="admin")), {}, "jobs of several queues wait: admin, default"),
        ((A, B, replace(C, types=("besteffort",))), {}, "there are jobs of type besteffort"),
        ((A, B, replace(C, user="bob")), {"JOB_PRIORITY": "FAIRSHARE"}, "jobs of several users or projects wait"),
        ((A, B, replace(C, reservation=NOW)), {}, "what runs, or is reserved, is not the same on both sides"),
        ((A, B, job("c", "host=-3")), {}, "a job asks for BESTHALF"),
        ((A, B, C), {"QUOTAS": "yes"}, "there are quotas"),
        ((A, B, C), {"SCHEDULER_NODE_MANAGER_WAKE_UP_CMD": "x"}, "nodes are woken for jobs"),
        ((A, B, C), {"SCHEDULER_TOKEN_SCRIPTS": "x"}, "SCHEDULER_TOKEN_SCRIPTS is set"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_why_none_is_given(jobs: tuple[Job, ...], conf: dict[str, str], why: str) -> None:
    found = opinion(GOOD, LATE, *jobs, conf={"SCHEDULER_JOB_SECURITY_TIME": "60", **conf})
    assert found.why.startswith(why)
    assert str(found).startswith("none, ")


def test_fair_sharing_orders_the_jobs_of_several_users() -> None:
    here = situation(A, B, replace(C, user="bob"), resources=NODES, conf={})
    name = "oar_meta_sched+oar_sched_gantt_with_timesharing_and_fairsharing"
    differences = judge_case(record(here, GOOD, LATE), "kao").differences
    for reference, candidate in ((name, "kao"), ("native", name)):
        found = Opinions(here, reference, GOOD).of(candidate, LATE, differences)
        assert found is not None
        assert "fair sharing" in found.why


def test_a_job_on_hold() -> None:
    held = Schedule({**LATE.fates, "c": replace(LATE.fates["c"], state="Hold")})
    assert opinion(GOOD, held).why == "a job is in the state Hold"


@st.composite
def cases(draw: st.DrawFn) -> tuple[Situation, Schedule, Schedule]:
    """Our own plan of a plain situation, and the same with some jobs elsewhere."""
    here, standing = draw(plain())
    waiting = [job for job in here.jobs if job.name not in standing]
    own = plan(here, standing, waiting)
    fates = {name: Fate("Running", place) for name, place in standing.items()}
    ours = {**fates, **{job.name: Fate("Waiting", own.get(job.name)) for job in waiting}}
    other = dict(ours)
    for name in draw(st.sets(st.sampled_from(sorted(own)))) if own else ():
        place = own[name]
        move = draw(st.integers(-5, 5)) * 1000
        moved = Placement(place.start + move, place.stop + move, place.moldable, place.resources)
        other[name] = Fate("Waiting", draw(st.sampled_from([None, moved])))
    return here, Schedule(ours), Schedule(other)


@given(cases())
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_it_decides_nothing_and_never_blames_our_own_plan(made: tuple[Situation, Schedule, Schedule]) -> None:
    here, ours, other = made
    for pair in ((ours, other), (other, ours)):
        judged = judge_case(record(here, *pair), "kao")
        for words in (None, Opinion((JobOpinion("a", Departs.BOTH),))):
            with patch.object(Opinions, "of", lambda *_, words=words: words):
                assert replace(judge_case(record(here, *pair), "kao"), opinion=judged.opinion) == judged
        blamed = {one.departs for one in judged.opinion.jobs} if judged.opinion else set()
        assert Departs.BOTH not in blamed
        assert (Departs.REFERENCE if pair[0] is ours else Departs.CANDIDATE) not in blamed
        if judged.opinion:
            assert judged.status is not Status.AGREES
