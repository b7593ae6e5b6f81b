"""The columns of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.model.combination import Combination, Scheduler
from harness.model.fault import ConfigurationFault
from harness.model.record import Missing
from harness.model.registry import Registry
from harness.oar3.source import Oar3Source
from harness.run.columns import choose, lost

REGISTRY = Registry()
NATIVE = "oar_meta_sched+oar_sched_gantt_with_timesharing"
REFERENCE = REGISTRY.find(f"{NATIVE}_and_fairsharing_and_quotas")
KAO = REGISTRY.find("kao")
NO_OAR3 = Missing("OAR3", "no copy was found", "unpack a release")


def source(name: str) -> Oar3Source:
    return Oar3Source(name, "tree", Path(f"/copies/{name}"), name * 8, name)


def columns(wanted: list[str], *versions: str, reference: Combination = REFERENCE) -> list[str]:
    return [column.id for column in choose(REGISTRY, wanted, reference, [source(name) for name in versions])]


def test_every_combination_once_the_reference_first() -> None:
    found = columns([], "3.0.2")
    assert found[0] == REFERENCE.id
    assert sorted(found) == sorted(each.id for each in REGISTRY.all())


def test_a_reference_that_is_not_first_in_the_registry_is_first_in_the_run() -> None:
    reference = REGISTRY.find(f"{NATIVE}_and_placeholder")
    found = columns([], "3.0.2", reference=reference)
    assert found[0] == reference.id
    assert len(found) == len(set(found)) == len(REGISTRY.all())


def test_those_wanted_in_their_order_after_the_reference_each_once() -> None:
    assert columns(["kao", NATIVE, "kao", REFERENCE.id], "3.0.2") == [REFERENCE.id, "kao", NATIVE]


def test_without_a_copy_of_oar3_only_oar2_s_own() -> None:
    assert all(not column.combination.needs_oar3 for column in choose(REGISTRY, [], REFERENCE, []))
    assert len(columns([])) == sum(not each.needs_oar3 for each in REGISTRY.all())
    assert columns(["kao"]) == [REFERENCE.id]


def test_several_copies_make_a_column_each_and_only_where_needed() -> None:
    columns = choose(REGISTRY, ["kao", NATIVE], REFERENCE, [source("3.0.2"), source("3.0.1")])
    assert [column.id for column in columns] == [REFERENCE.id, "kao@3.0.2", "kao@3.0.1", NATIVE]
    assert [column.source.name if column.source else None for column in columns] == [None, "3.0.2", "3.0.1", None]
    assert len({column.combination for column in columns[1:3]}) == 1


def test_a_reference_with_oar3_is_first_too_and_taken_from_the_first_copy() -> None:
    assert columns([NATIVE], "3.0.2", reference=KAO) == ["kao", NATIVE]
    assert columns([NATIVE], "3.0.2", "3.0.1", reference=KAO) == ["kao@3.0.2", "kao@3.0.1", NATIVE]


def test_an_unknown_combination_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigurationFault, match="did you mean 'oar_meta_sched\\+kamelot'"):
        columns(["oar_metasched+kamelot"])


def test_what_is_lost_without_oar3_is_named_column_by_column() -> None:
    (missing,) = lost(REGISTRY, ["kao", NATIVE, "oar_meta_sched+kamelot"], NO_OAR3)
    assert missing.what == "OAR3, and with it kao, oar_meta_sched+kamelot"
    assert (missing.why, missing.how) == (NO_OAR3.why, NO_OAR3.how)
    (everything,) = lost(REGISTRY, [], NO_OAR3)
    assert all(each.id in everything.what for each in REGISTRY.all() if each.needs_oar3)


def test_nothing_is_lost_where_oar3_is_there_or_not_asked_for() -> None:
    assert lost(REGISTRY, [], None) == ()
    assert lost(REGISTRY, [NATIVE], NO_OAR3) == ()


def test_a_site_s_own_scheduler_makes_columns_too() -> None:
    registry = Registry()
    registry.add(Scheduler("site_sched", "site"))
    found = [column.id for column in choose(registry, [], REFERENCE, [source("3.0.2")])]
    assert {"oar_meta_sched+site", "kao-external+site"} <= set(found)
