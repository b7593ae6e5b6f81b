"""Who may hold a resource together with whom."""

from __future__ import annotations

import pytest

from harness.compare import validate
from harness.compare.sharing import container_of, may_share, tenancy, timesharing_key
from harness.model.job import Job
from tests.compare.making import fate, job, schedule, situation

ANN, BOB = {"user": "ann"}, {"user": "bob"}


@pytest.mark.parametrize(
    ("types", "label", "key"),
    [
        ((), "n", None),
        (("timesharing",), "n", ("*", "*")),
        (("timesharing=*,*",), "n", ("*", "*")),
        (("timesharing=user,*",), "n", ("ann", "*")),
        (("timesharing=*,user",), "n", ("ann", "*")),
        (("timesharing=*,name",), "n", ("*", "n")),
        (("timesharing=name,user",), "n", ("ann", "n")),
        (("timesharing= user , name ",), "n", ("ann", "n")),
        (("timesharing=user,name",), "", ("ann", "*")),
        (("timesharing=other-user",), "n", ("*", "*")),
    ],
)
def test_timesharing_keys(types: tuple[str, ...], label: str, key: tuple[str, str] | None) -> None:
    assert timesharing_key(job("a", types=types, label=label, user="ann")) == key


def shared(*jobs: Job) -> bool:
    """Whether the first two jobs may hold the same resources at once, by the rule ``overlap``."""
    here = situation(*jobs)
    by_name = {j.name: j for j in jobs}
    ids = {j.id: j.name for j in jobs}
    one, other = (tenancy(j, by_name, ids) for j in jobs[:2])
    assert may_share(one, other) == may_share(other, one)
    plan = schedule(**{j.name: fate("1-8", i) for i, j in enumerate(jobs[:2])})
    rules = [v.rule for v in validate(here, plan) if v.rule == "overlap"]
    assert (not rules) == may_share(one, other)
    return not rules


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ({}, {}, False),
        ({"types": ("timesharing=*,*",)}, {}, False),
        ({"types": ("timesharing=*,*",)}, {"types": ("timesharing=*,*",)}, True),
        ({"types": ("timesharing=*,*",)}, {"types": ("timesharing",)}, True),
        ({"types": ("timesharing=user,*",), **ANN}, {"types": ("timesharing=*,user",), **ANN}, True),
        ({"types": ("timesharing=user,*",), **ANN}, {"types": ("timesharing=user,*",), **BOB}, False),
        ({"types": ("timesharing=user,*",), **ANN}, {"types": ("timesharing=*,*",), **ANN}, False),
        ({"types": ("timesharing=*,name",), "label": "x"}, {"types": ("timesharing=*,name",), "label": "x"}, True),
        ({"types": ("timesharing=*,name",), "label": "x"}, {"types": ("timesharing=*,name",), "label": "y"}, False),
        ({"types": ("placeholder=x",)}, {"types": ("allowed=x",)}, True),
        ({"types": ("allowed=x",)}, {"types": ("placeholder=x",)}, True),
        ({"types": ("placeholder=x",)}, {"types": ("allowed=y",)}, False),
        ({"types": ("placeholder=x",)}, {"types": ("placeholder=x",)}, False),
        ({"types": ("allowed=x",)}, {"types": ("allowed=x",)}, False),
        ({"types": ("placeholder=x",)}, {}, False),
    ],
)
def test_pairs(one: dict[str, object], other: dict[str, object], share: bool) -> None:
    assert shared(job("a", **one), job("b", **other)) is share


def test_inner_jobs_share_with_their_container_at_any_depth() -> None:
    outer = job("outer", types=("container",), id=7)
    middle = job("middle", types=("container=mid", "inner=7"), id=8)
    inner = job("inner", types=("inner=8",), id=9)
    assert shared(outer, middle, inner)
    assert shared(middle, inner, outer)
    assert shared(inner, outer, middle)


def test_inner_jobs_share_with_nobody_else() -> None:
    outer = job("outer", types=("container",), id=7)
    one, two = job("one", types=("inner=7",), id=8), job("two", types=("inner=7",), id=9)
    assert not shared(one, two, outer)
    assert not shared(one, job("stranger"), outer)
    assert not shared(outer, job("stranger"))


def test_timesharing_counts_inside_one_container_only() -> None:
    outer, other = job("outer", types=("container",), id=7), job("other", types=("container",), id=6)
    one = job("one", types=("inner=7", "timesharing=*,*"), id=8)
    assert shared(one, job("two", types=("inner=7", "timesharing=*,*"), id=9), outer)
    assert not shared(one, job("two", types=("inner=6", "timesharing=*,*"), id=9), outer, other)
    assert not shared(one, job("two", types=("timesharing=*,*",), id=9), outer)


def test_what_is_no_container_shares_with_nobody_who_claims_to_be_inside() -> None:
    assert not shared(job("plain", id=7), job("inner", types=("inner=7",), id=8))


def container(wanted: str, *jobs: Job) -> str | None:
    inner = job("inner", types=(f"inner={wanted}",), id=99)
    every = {j.name: j for j in (*jobs, inner)}
    found = container_of(inner, every, {j.id: j.name for j in every.values()})
    return found.name if found else None


def test_containers_are_found_by_id_type_or_name() -> None:
    one, two = job("one", types=("container",), id=5), job("two", types=("container=box",), id=6)
    assert container("5", one, two) == "one"
    assert container("box", one, two) == "two"
    assert container("two", one, two) == "two"
    assert container("7", one, two) is None
    assert container("nobody", one, two) is None


def test_a_job_is_not_its_own_container() -> None:
    assert container("99") is None
    assert container("inner") is None
    assert container_of(job("plain"), {}, {}) is None


def test_containers_in_a_ring_do_not_hang() -> None:
    one, two = job("one", types=("container", "inner=6"), id=5), job("two", types=("container", "inner=5"), id=6)
    every = {"one": one, "two": two}
    assert tenancy(one, every, {5: "one", 6: "two"}).containers == ("two", "one")


def test_a_job_in_a_container_shares_what_its_container_shares() -> None:
    every = {
        "outside": job("outside", types=("timesharing=*,*",), id=1),
        "alone": job("alone", id=2),
        "container": job("container", types=("container", "timesharing=*,*"), id=3),
        "inside": job("inside", types=("inner=3",), id=4),
        "deeper": job("deeper", types=("container", "inner=3"), id=5),
        "deepest": job("deepest", types=("inner=5",), id=6),
    }
    ids = {each.id: name for name, each in every.items()}
    tenants = {name: tenancy(each, every, ids) for name, each in every.items()}
    for name in ("container", "inside", "deeper", "deepest"):
        assert may_share(tenants[name], tenants["outside"])
        assert may_share(tenants["outside"], tenants[name])
        assert not may_share(tenants[name], tenants["alone"])
        assert not may_share(tenants["alone"], tenants[name])
    assert not may_share(tenants["inside"], tenants["deepest"]), "both hold what the container shares with neither"
