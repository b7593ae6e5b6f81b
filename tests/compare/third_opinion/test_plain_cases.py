"""What a round was given and what it decided, and which cases are plain enough for a third opinion."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.third_opinion.plain_cases import MOST_JOBS, Side, side, unplain, waiting
from harness.model.job import Job
from harness.model.schedule import Fate, Schedule, Situation
from tests.compare.making import NOW, cluster, fate, job, situation

NODES = cluster("2 nodes x 1 cpus x 2 cores")
A, B = job("a"), job("b")
AT_ONCE = fate("1-2")


def here(*jobs: Job, **conf: str) -> Situation:
    return situation(*jobs, resources=NODES, conf=conf)


def a_side(there: Situation, combination: str = "native", **fates: Fate) -> Side:
    return side(combination, there, Schedule(fates))


def why(there: Situation, reference: dict[str, Fate], candidate: dict[str, Fate] | None = None) -> str:
    other = reference if candidate is None else candidate
    return unplain(there, a_side(there, **reference), a_side(there, "kao", **other))


def test_what_a_round_was_given_and_what_it_decided() -> None:
    booked = job("booked", reservation=NOW + 600)
    there = here(A, B, job("c"), job("d"), job("gone"), booked)
    found = a_side(
        there,
        a=Fate("Waiting"),
        unknown=AT_ONCE,
        b=fate("1-2", -600, state="Running"),
        c=fate("3", -1, state="toLaunch"),
        d=fate("4", -1),
        gone=Fate("Error"),
        booked=fate("1-2", 600),
    )
    assert set(found.standing) == {"b", "booked"}
    assert set(found.placed) == {"c", "d"}
    assert found.over == {"gone"}


def test_which_jobs_a_round_had_to_place() -> None:
    there = here(A, B, job("c"), job("d"))
    runs, over = fate("1", -600, state="Running"), Fate("Error")
    one = a_side(there, a=runs, b=over, c=over)
    other = a_side(there, a=runs, b=over, c=AT_ONCE, d=AT_ONCE)
    assert [each.name for each in waiting(there, one, other)] == ["c", "d"]


@pytest.mark.parametrize(
    ("conf", "jobs"),
    [
        ({}, (A, replace(B, user="bob"))),
        ({"JOB_PRIORITY": "fifo"}, (A, replace(B, user="bob"))),
        ({"JOB_PRIORITY": "FAIRSHARE"}, (A, B)),
        ({"QUOTAS": "no"}, (A, B)),
        ({"SCHEDULER_TOKEN_SCRIPTS": ""}, (A, B)),
        ({}, (replace(A, types=("noop",)), B)),
    ],
)
def test_plain(conf: dict[str, str], jobs: tuple[Job, ...]) -> None:
    assert why(here(*jobs, **conf), {one.name: AT_ONCE for one in jobs}) == ""


def test_as_many_as_may_be() -> None:
    many = [job("a", id=number) for number in range(1, MOST_JOBS + 1)]
    assert why(here(*many), {}) == ""
    assert why(here(*many, A), {}) == "1001 waiting jobs are more than 1000"


def test_a_job_that_is_over_on_one_side_was_still_to_be_placed() -> None:
    there = here(A, replace(B, queue="admin"))
    for reference, candidate in (({"b": Fate("Error")}, {}), ({}, {"b": Fate("Error")})):
        assert why(there, reference, candidate) == "jobs of several queues wait: admin, default"
    assert why(there, {"b": Fate("Error")}) == ""


def test_a_refused_reservation() -> None:
    there = here(A, replace(B, reservation=NOW + 600))
    assert why(there, {"a": AT_ONCE}) == "an advance reservation was refused"
    assert why(there, {"a": AT_ONCE, "b": fate("3-4", 600)}) == ""


def test_types_count_of_what_waits_or_stands() -> None:
    there = here(A, replace(B, types=("besteffort",)))
    assert why(there, {"b": fate("1-2", -600, state="Running")}) == "there are jobs of type besteffort"
    assert why(there, {"b": Fate("Error")}) == ""


@pytest.mark.parametrize("state", ["Waiting", "toLaunch", "toAckReservation", "Error", "Rejected"])
def test_states_of_a_job_that_was_placed(state: str) -> None:
    assert why(here(A), {"a": fate("1-2", state=state)}) == ""


def test_other_states() -> None:
    assert why(here(A), {"a": Fate("Suspended")}) == "a job is in the state Suspended"


@pytest.mark.parametrize("key", ["SCHEDULER_RESOURCES_ALWAYS_ASSIGNED_TYPE", "SCHEDULER_TOKEN_SCRIPTS"])
def test_rules_of_a_site(key: str) -> None:
    assert why(here(A, **{key: "x"}), {"a": AT_ONCE}) == f"{key} is set"


def test_fair_sharing_on_either_side() -> None:
    there = here(A, replace(B, user="bob"))
    fair, plain = (a_side(there, name, a=AT_ONCE) for name in ("x+_and_fairsharing", "kao"))
    reason = "jobs of several users or projects wait, under fair sharing"
    assert unplain(there, fair, plain) == unplain(there, plain, fair) == reason
    assert unplain(here(A, B), fair, plain) == ""
