"""Requests against placements, level by level; and the rule ``hierarchy``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from procset import ProcSet

from harness.compare import validate
from harness.compare.catalogue import Catalogue
from harness.compare.sets import mask_of
from harness.compare.validate.request_tree import RequestTree, fits, suffices
from harness.model.cluster import Resource
from harness.model.job import ALL, BEST, BESTHALF, Moldable
from tests.compare.making import cluster, fate, group, ids, job, moldable, schedule, situation
from tests.compare.valid_schedules import take


@pytest.mark.parametrize(
    ("wanted", "given", "fine"),
    [
        (2, 1, False),
        (2, 2, True),
        (2, 3, False),
        (0, 0, True),
        (ALL, 3, False),
        (ALL, 4, True),
        (BEST, 0, False),
        (BEST, 1, True),
        (BEST, 4, True),
        (BESTHALF, 0, False),
        (BESTHALF, 1, True),
    ],
)
def test_counts(wanted: int, given: int, fine: bool) -> None:
    assert fits(wanted, given, 4) is fine


@pytest.mark.parametrize(
    ("wanted", "given", "fine"),
    [(2, 1, False), (2, 3, True), (0, 0, True), (ALL, 3, False), (ALL, 4, True), (BEST, 1, True)],
)
def test_counts_to_choose_from(wanted: int, given: int, fine: bool) -> None:
    assert suffices(wanted, given, 4) is fine


def unmet(request: str, given: str, usable: str = "1-32", resources: tuple[Resource, ...] | None = None) -> str:
    """Four nodes of two cpus of four cores: node1 has the resources 1-8, its first cpu 1-4."""
    catalogue = Catalogue(situation(resources=cluster() if resources is None else resources))
    tree = RequestTree(group(request).levels, mask_of(ids(usable)), catalogue)
    return tree.unmet(mask_of(ids(given)))


@pytest.mark.parametrize(
    ("request_", "given"),
    [
        ("host=1", "1-8"),
        ("host=2", "1-8 25-32"),
        ("host=2/cpu=1", "1-4 13-16"),
        ("host=2/cpu=1/core=3", "1-3 13-15"),
        ("cpu=3", "1-4 5-8 29-32"),
        ("core=5", "1 4 9 17 32"),
        ("resource_id=3", "1 2 30"),
        ("host=1/resource_id=2", "3 7"),
        ("host=-1", "1-32"),
        ("host=-1/core=1", "1 9 17 25"),
        ("host=1/core=-1", "1-8"),
        ("host=-2", "1-16"),
        ("host=-3/core=2", "1-2 9-10"),
        ("network_address=1", "9-16"),
        ("cpu=1/host=1", "5-8"),
        ("host=1/resource_id=-2", "5"),
    ],
)
def test_met(request_: str, given: str) -> None:
    assert unmet(request_, given) == ""


@pytest.mark.parametrize(
    ("request_", "given", "why"),
    [
        ("host=1", "1-7", "holds 7 resources of /host=node1, which has 8; ALL asked for"),
        ("host=1", "1-16", "holds 2 host of the whole, which has 4; 1 asked for"),
        ("host=3", "1-16", "holds 2 host of the whole, which has 4; 3 asked for"),
        ("host=2/cpu=1", "1-12", "holds 2 cpu of /host=node1, which has 2; 1 asked for"),
        ("host=2/cpu=1", "1-4 9-11", "holds 3 resources of /host=node2/cpu=3, which has 4; ALL asked for"),
        ("host=1/core=2", "1", "holds 1 core of /host=node1, which has 8; 2 asked for"),
        ("resource_id=3", "1 2", "holds 2 resources of the whole, which has 32; 3 asked for"),
        ("host=1/resource_id=2", "1-3", "holds 3 resources of /host=node1, which has 8; 2 asked for"),
        ("host=-1", "1-24", "holds 3 host of the whole, which has 4; ALL asked for"),
        ("resource_id=1", "", "holds 0 resources of the whole, which has 32; 1 asked for"),
        ("host=-2", "", "holds 0 host of the whole, which has 4; BEST asked for"),
        ("host=-3", "", "holds 0 host of the whole, which has 4; BESTHALF asked for"),
        ("host=1/core=-1", "1-7", "holds 7 core of /host=node1, which has 8; ALL asked for"),
    ],
)
def test_not_met(request_: str, given: str, why: str) -> None:
    assert unmet(request_, given) == why


def test_blocks_are_whole_with_what_is_usable() -> None:
    assert unmet("host=1", "1-7", usable="1-7 9-32") == ""
    assert unmet("host=1", "1-6", usable="1-7 9-32")
    assert unmet("host=-1", "1-8 17-24", usable="1-8 17-24") == ""


def test_resources_without_a_value_on_a_level_serve_nothing() -> None:
    bare = replace(cluster()[0], properties={"core": 1, "cpu": 1, "host": None})
    resources = (bare, *cluster()[1:])
    assert unmet("host=1", "2-8", resources=resources) == ""
    assert unmet("host=1", "1-8", resources=resources) == (
        "1 of its resources lie outside what /host=1 can be served from"
    )
    assert unmet("core=8", "1-8", resources=resources) == ""


def test_blocks_of_one_name_in_two_parents_are_two() -> None:
    resources = tuple(
        replace(r, properties={**r.properties, "cpu": 1 + (r.id - 1) // 4 % 2})
        for r in cluster("2 nodes x 2 cpus x 4 cores")
    )
    assert unmet("host=2/cpu=1", "1-4 9-12", "1-16", resources) == ""
    assert unmet("cpu=1", "1-4 9-12", "1-16", resources) == ""
    assert unmet("cpu=1", "1-4", "1-16", resources)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_what_is_taken_meets_the_request_and_less_or_more_does_not(data: st.DataObject) -> None:
    resources = {r.id: r for r in cluster("3 nodes x 2 cpus x 2 cores")}
    names = [name for name in ("host", "cpu", "core") if data.draw(st.booleans())] or ["host"]
    request = "/".join(f"{name}={data.draw(st.sampled_from([1, 1, 2, -1]))}" for name in names)
    usable = data.draw(st.sets(st.sampled_from(sorted(resources)), min_size=1))
    free = usable - data.draw(st.sets(st.sampled_from(sorted(usable))))
    whole = {i: resources[i] for i in usable}
    given = take(group(request).levels, whole, free)
    text = " ".join(map(str, sorted(usable)))
    if given is not None:
        assert unmet(request, " ".join(map(str, sorted(given))), text, tuple(resources.values())) == ""
        fewer = given - {data.draw(st.sampled_from(sorted(given)))}
        assert unmet(request, " ".join(map(str, sorted(fewer))), text, tuple(resources.values()))
        more = usable - given
        if more:
            beyond = given | {data.draw(st.sampled_from(sorted(more)))}
            assert unmet(request, " ".join(map(str, sorted(beyond))), text, tuple(resources.values()))


def faults(asked: Moldable, given: str, **more: object) -> list[str]:
    here = situation(job("a", asked), resources=cluster(**more))
    return [v.why for v in validate(here, schedule(a=fate(given))) if v.rule == "hierarchy"]


def two(one: str, other: str, first: str = "1-32", second: str = "1-32") -> Moldable:
    return Moldable(3600, (group(one, first, "p"), group(other, second, "q")))


def test_groups_that_share_no_resource_are_exact() -> None:
    asked = two("host=1", "core=2", "1-16", "17-32")
    assert faults(asked, "1-8 17-18") == []
    assert faults(asked, "1-8 17") == ["holds 1 core of the whole, which has 16; 2 asked for"]
    assert faults(asked, "1-7 17-18") == ["holds 7 resources of /host=node1, which has 8; ALL asked for"]


def test_groups_that_could_share_must_not() -> None:
    asked = two("host=1", "core=2")
    assert faults(asked, "1-8 9-10") == []
    assert faults(asked, "1-8") == ["holds 8 resources, where /host=1 + /core=2 takes 10"]
    assert faults(asked, "1-11") == ["holds 11 resources, where /host=1 + /core=2 takes 10"]
    assert faults(asked, "1-4 9-14") == ["/host=1 cannot be served from the 10 resources given that it may have"]


@pytest.mark.parametrize(
    ("request_", "given", "bounds"),
    [
        ("host=1", "1-8", (8, 8)),
        ("host=1", "1-16", (8, 8)),
        ("host=2", "1-8", None),
        ("host=1", "1-7 9-15", None),
        ("host=-1", "1-32", (32, 32)),
        ("host=-1", "1-24", None),
        ("host=-2", "1-24", (8, 24)),
        ("host=-2", "1-7", None),
        ("host=-1/core=2", "1-4 9-12 17-20 25-28", (8, 8)),
        ("host=1/resource_id=2", "1-4", (2, 2)),
        ("host=1/resource_id=-2", "1-4 9-10", (1, 4)),
        ("host=1/resource_id=-1", "1-8 9-10", (8, 8)),
        ("resource_id=-2", "1-4 9-10", (1, 6)),
        ("core=0", "1-4", (0, 0)),
        ("host=1/resource_id=0", "1-4", (0, 0)),
        ("host=1", "", None),
        ("resource_id=1", "", None),
    ],
)
def test_bounds_of_what_a_request_could_hold(request_: str, given: str, bounds: tuple[int, int] | None) -> None:
    tree = RequestTree(group(request_).levels, mask_of(ids("1-32")), Catalogue(situation()))
    assert tree.bounds(mask_of(ids(given))) == bounds


def test_bounds_take_the_smallest_and_the_largest_blocks() -> None:
    tree = RequestTree(group("host=2").levels, mask_of(ids("1-2 9-14 17-20 25")), Catalogue(situation()))
    assert tree.bounds(mask_of(ids("1-2 9-14 17-20 25"))) == (3, 10)
    assert str(tree) == "/host=2"


@pytest.mark.parametrize(
    "request_", ["/host=1/core=2", "/resource_id=3", "/host=ALL/resource_id=BEST", "/cpu=BESTHALF"]
)
def test_requests_are_written_as_oarsub_takes_them(request_: str) -> None:
    numbers = {"BESTHALF": BESTHALF, "BEST": BEST, "ALL": ALL}
    text = request_
    for word, number in numbers.items():
        text = text.replace(f"={word}", f"={number}")
    assert str(RequestTree(group(text).levels, mask_of(ids("1-32")), Catalogue(situation()))) == request_


def test_groups_of_uncertain_size() -> None:
    assert faults(two("host=-2", "core=2"), "1-10") == []
    assert faults(two("host=-2", "core=2"), "1-16") == []
    assert faults(two("host=-2/core=-2", "core=2"), "1-2") == [
        "holds 2 resources, where /host=BEST/core=BEST + /core=2 takes 3 to 4"
    ]
    assert faults(two("host=-1/core=1", "resource_id=2"), "1 2 3 9 17 25") == []
    assert faults(two("host=-1/core=1", "resource_id=2"), "1 2 3 9 17") == [
        "/host=ALL/core=1 cannot be served from the 5 resources given that it may have"
    ]
    assert faults(two("host=1/resource_id=-2", "core=1"), "1-4") == []
    assert faults(two("host=1/resource_id=3", "core=1"), "1-4") == []
    assert faults(two("host=1/resource_id=3", "core=1"), "1-3") == [
        "holds 3 resources, where /host=1/resource_id=3 + /core=1 takes 4"
    ]


def test_blocks_of_different_sizes() -> None:
    here = situation(job("a", Moldable(3600, (group("host=1", "1-12", "p"), group("core=1", "1-12", "q")))))
    given = [schedule(a=fate(text)) for text in ("1-9", "9-12 1", "1-8 9-12", "1-8 9-11", "9-12")]
    assert [[v.rule for v in validate(here, plan)] for plan in given] == [[], [], *[["hierarchy"]] * 3]


def test_dead_resources_are_no_part_of_a_block_but_suspected_ones_are() -> None:
    sick = [replace(r, state="Dead") if r.id == 8 else r for r in cluster()]
    plan = schedule(a=fate("1-7"))
    assert validate(situation(job("a"), resources=sick), plan) == ()
    away = [replace(r, state="Suspected") if r.id == 8 else r for r in cluster()]
    assert [v.rule for v in validate(situation(job("a"), resources=away), plan)] == ["hierarchy"]


def test_each_job_is_measured_by_the_alternative_it_took() -> None:
    here = situation(job("a", "host=2", "host=1"))
    assert validate(here, schedule(a=fate("1-8", moldable=1))) == ()
    assert [v.rule for v in validate(here, schedule(a=fate("1-8", moldable=0)))] == ["hierarchy"]


def test_what_stood_before_the_round_is_not_judged() -> None:
    here = situation(job("a", "host=2"))
    assert validate(here, schedule(a=fate("1-8", -1, state="Running"))) == ()
    assert validate(here, schedule(a=fate("1-8", 0, state="Running")))


def test_requests_are_told_apart_by_what_may_serve_them() -> None:
    here = situation(job("a", moldable("host=1", eligible="1-4")), job("b", moldable("host=1", eligible="9-16")))
    assert validate(here, schedule(a=fate("1-4"), b=fate("9-16"))) == ()
    assert validate(here, schedule(a=fate(ProcSet((1, 3))), b=fate("9-16")))


def test_long_requests_are_cut_later_than_other_texts() -> None:
    def why(groups: int) -> str:
        asked = Moldable(3600, tuple(group("host=1/cpu=1/core=1", "1-32", "p") for _ in range(groups)))
        return faults(asked, "1")[0]

    assert 120 < len(why(6)) < 300
    assert why(6).endswith(" takes 6")
    assert len(why(20)) == 300
    assert why(20).endswith("…")
