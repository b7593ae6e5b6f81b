"""Combinations: their ids, the queues they are put on, and one clear line for what cannot be."""

from __future__ import annotations

import pytest

from harness.model.combination import KAMELOT, NATIVE_SCHEDULERS, OAR_META_SCHED, Scheduler, fits, named_under
from harness.model.fault import ConfigurationFault
from harness.model.registry import Registry

DEBIAN, PLAIN, FAIR = (each.name for each in NATIVE_SCHEDULERS[:3])
GIVEN = {"default": PLAIN, "production": FAIR}


def programs(wanted: str, given: dict[str, str] | None = None) -> dict[str, str]:
    plan = Registry().find(wanted).plan(GIVEN if given is None else given)
    return {queue: scheduler.name for queue, scheduler in plan.items()}


@pytest.mark.parametrize(
    ("wanted", "programs_"),
    [
        ("oar_meta_sched", GIVEN),
        ("kao-external", GIVEN),
        ("oar_meta_sched+kamelot", {"default": "kamelot", "production": "kamelot"}),
        ("oar_meta_sched+kamelot:default", {"default": "kamelot", "production": FAIR}),
        ("kao-external+kamelot:production", {"default": PLAIN, "production": "kamelot"}),
        (f"oar_meta_sched+{PLAIN}:production,default", {"default": PLAIN, "production": PLAIN}),
        ("kao", {}),
    ],
)
def test_the_scheduler_of_each_queue(wanted: str, programs_: dict[str, str]) -> None:
    assert programs(wanted) == programs_
    assert Registry().find(wanted).id == wanted


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("kao:default", "ignores the scheduler that a queue names, so it cannot be put on some of them — write kao"),
        (
            "oar_meta_sched:default",
            "names queues and no scheduler to put on them — write oar_meta_sched+kamelot",
        ),
        ("oar_meta_sched+kamelot:", "names no queue, or an empty one — write oar_meta_sched+kamelot:default"),
        ("oar_meta_sched+kamelot:default,", "names no queue, or an empty one"),
        ("oar_meta_sched+kamelot:default,default", "names a queue twice"),
        ("oar_meta_sched+kamelo:default", "did you mean 'oar_meta_sched+kamelot'?"),
        ("kamelot:default", "unknown combination 'kamelot:default'"),
    ],
)
def test_what_cannot_be(wanted: str, said: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        Registry().find(wanted)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_queue_that_is_nowhere() -> None:
    registry = Registry()
    named = registry.find("oar_meta_sched+kamelot:default,nigth")
    with pytest.raises(ConfigurationFault, match=r"there is no queue 'nigth' — did you mean 'night'\?"):
        registry.check_queues([named], ["night"])
    registry.check_queues([named], ["nigth"])
    registry.check_queues([registry.find("oar_meta_sched+kamelot:default,besteffort,admin"), registry.find("kao")])


def test_a_fresh_server_s_reference_is_called_by_its_scheduler_and_leaves_queues_alone() -> None:
    registry = Registry()
    reference = registry.keeping(OAR_META_SCHED)
    assert reference == registry.find(f"oar_meta_sched+{DEBIAN}")
    assert reference.plan({**registry.given, "own": FAIR})["own"].name == FAIR
    assert reference.aliases(registry.given) == {}, "the id says it"
    assert reference.aliases({"default": DEBIAN, "own": FAIR}) == {"default": DEBIAN, "own": FAIR}
    assert registry.find(reference.id).plan({"own": FAIR})["own"].name == DEBIAN, "typed, it is put on all"


def test_oar3_is_needed_where_a_queue_that_keeps_its_scheduler_has_kamelot() -> None:
    registry = Registry()
    registry.given = {"default": KAMELOT.name, "production": FAIR}
    needs = {wanted: registry.find(wanted).needs_oar3 for wanted in ("oar_meta_sched", f"oar_meta_sched+{FAIR}")}
    assert needs == {"oar_meta_sched": True, f"oar_meta_sched+{FAIR}": False}
    assert registry.keeping(OAR_META_SCHED).needs_oar3
    assert not registry.find(f"oar_meta_sched+{FAIR}:default").needs_oar3
    assert registry.find(f"oar_meta_sched+{FAIR}:production").needs_oar3


def test_a_scheduler_of_the_site_s_own_is_known_where_a_queue_keeps_it() -> None:
    registry = Registry()
    ours = Scheduler("sched_ours", "ours", link="/opt/ours")
    registry.add(ours)
    assert registry.find("oar_meta_sched").plan({"default": "sched_ours"}) == {"default": ours}
    assert registry.find("oar_meta_sched").aliases({"default": "sched_ours"}) == {"default": "ours"}


@pytest.mark.parametrize(
    ("combination", "scheduler", "name"),
    [
        ("oar_meta_sched+kamelot:default@3.0.2", "kamelot", "oar_meta_sched+kamelot"),
        ("oar_meta_sched", FAIR, f"oar_meta_sched+{FAIR}"),
        ("kao-external+kamelot:default", PLAIN, f"kao-external+{PLAIN}"),
        ("kao@3.0.2", "", "kao"),
    ],
)
def test_what_it_comes_to_in_a_queue(combination: str, scheduler: str, name: str) -> None:
    assert named_under(combination, scheduler) == name


MIXED = {"default": "kamelot", "night": "oar_sched_fair"}


@pytest.mark.parametrize(
    ("pattern", "column", "queues", "holds"),
    [
        ("oar_meta_sched+kamelot", "oar_meta_sched+kamelot:default@3.0.2", ["default"], True),
        ("oar_meta_sched+kamelot", "oar_meta_sched+kamelot:default", ["night"], False),
        ("oar_meta_sched+kamelot", "oar_meta_sched+kamelot:default", [], True),
        ("*kamelot*", "oar_meta_sched+kamelot:default", ["night"], False),
        ("*oar_sched*", "oar_meta_sched+kamelot:default", ["night"], True),
        ("*oar_sched*", "oar_meta_sched+kamelot:default", ["default"], False),
        ("kao-external+*", "kao-external", ["night"], True),
        ("kao-external", "kao-external", ["night"], True),
        ("oar_meta_sched+*fair", "oar_meta_sched", ["night", "default"], True),
        ("*:default", "oar_meta_sched+kamelot:default@3.0.2", ["night"], True),
        ("*:default@3*", "oar_meta_sched+kamelot:default@3.0.2", ["night"], True),
    ],
)
def test_a_pattern_fits_what_a_column_comes_to_in_a_queue(
    pattern: str, column: str, queues: list[str], holds: bool
) -> None:
    assert fits(pattern, column, MIXED, queues) is holds


def test_where_only_the_id_is_known_it_is_held_to_that() -> None:
    assert fits("oar_meta_sched+kamelot", "oar_meta_sched+kamelot@3.0.2")
    assert fits("oar_meta_sched+kamelot", "oar_meta_sched+kamelot:default@3.0.2")
    assert not fits("oar_meta_sched+kamelot:default", "oar_meta_sched+kamelot")
    assert not fits("kao-external+*", "kao")
