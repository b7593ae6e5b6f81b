"""Footprints compared: whatever changes is named, and nothing else is."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.footprint_diff import accept, idle, leftovers
from harness.model.procedure import Accepted, Footprint, Leftover

AREAS: dict[str, dict[str, dict[str, str]]] = {
    "column": {"jobs.state": {"type": "character varying(16)", "default": "'Waiting'", "null": "false"}},
    "row": {"queues default": {"priority": "2", "scheduler_policy": "native", "state": "Active"}},
    "file": {"/usr/lib/oar/oarsub": {"kind": "file", "mode": "755", "owner": "root:root", "content": "00ff"}},
    "package": {},
}
CONF = "# OAR\nDB_TYPE=Pg\n#META_SCHED_CMD=x\nLOG_LEVEL=3\n"
BEFORE = Footprint(AREAS, {"/etc/oar/oar.conf": CONF})


def changed(area: str, item: str, **attributes: str) -> Footprint:
    areas = deepcopy(AREAS)
    areas[area].setdefault(item, {}).update(attributes)
    return Footprint(areas, BEFORE.texts)


def with_conf(text: str) -> Footprint:
    return Footprint(AREAS, {"/etc/oar/oar.conf": text})


@pytest.mark.parametrize(
    ("after", "name", "how", "why"),
    [
        (changed("row", "queues default", priority="3"), "row queues default", "changed", "priority was 2, is 3"),
        (changed("file", "/usr/lib/oar/oarsub", mode="4755"), "file /usr/lib/oar/oarsub", "changed", "mode was 755"),
        (changed("column", "jobs.state", default=""), "column jobs.state", "changed", "default was 'Waiting', is "),
        (changed("column", "jobs.karma", type="real"), "column jobs.karma", "added", "type real"),
        (changed("package", "python3-rich", version="13"), "package python3-rich", "added", "version 13"),
        (with_conf(CONF + 'META_SCHED_CMD="kao"\n'), "/etc/oar/oar.conf META_SCHED_CMD", "added", '"kao"'),
        (with_conf(CONF.replace("=3", "=2")), "/etc/oar/oar.conf LOG_LEVEL", "changed", "was LOG_LEVEL=3, is LOG_"),
        (with_conf(CONF.replace("LOG_LEVEL=3\n", "")), "/etc/oar/oar.conf LOG_LEVEL", "removed", "LOG_LEVEL=3"),
        (with_conf(CONF.replace("# OAR", "# 2")), "/etc/oar/oar.conf", "removed", "# OAR"),
        (Footprint(AREAS), "/etc/oar/oar.conf", "removed", "the whole file"),
    ],
)
def test_each_change_is_named(after: Footprint, name: str, how: str, why: str) -> None:
    found = leftovers(BEFORE, after)
    assert (name, how) in {(each.name, each.how) for each in found}
    assert why in next(each.why for each in found if (each.name, each.how) == (name, how))
    turned = leftovers(after, BEFORE)
    assert {each.name for each in turned} == {each.name for each in found}, "and on the way back too"


def test_a_line_that_only_moved_is_named() -> None:
    (moved,) = leftovers(BEFORE, with_conf("# OAR\n#META_SCHED_CMD=x\nLOG_LEVEL=3\nDB_TYPE=Pg\n"))
    assert moved == Leftover("/etc/oar/oar.conf DB_TYPE", "changed", "DB_TYPE=Pg stands elsewhere")


def test_a_folder_that_came_as_a_whole_is_named_alone() -> None:
    new = {"/opt/oar": "folder", "/opt/oar/kao": "folder", "/opt/oar/kao/a.py": "file", "/usr/lib/oar/kao": "file"}
    areas = deepcopy(AREAS)
    areas["file"] |= {path: {"kind": kind} for path, kind in new.items()}
    found = leftovers(BEFORE, Footprint(areas, BEFORE.texts))
    assert [(each.name, each.why) for each in found] == [
        ("file /opt/oar", "kind folder, with 2 below it"),
        ("file /usr/lib/oar/kao", "kind file"),
    ]
    assert {each.how for each in leftovers(Footprint(areas, BEFORE.texts), BEFORE)} == {"removed"}


names = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="/._ ="), max_size=8)
footprints = st.builds(
    Footprint,
    st.dictionaries(names, st.dictionaries(names, st.dictionaries(names, names, max_size=3), max_size=3), max_size=3),
    st.dictionaries(names, st.lists(names, max_size=6).map("\n".join), max_size=2),
)


def canonical(footprint: Footprint) -> Any:
    """Areas without an item say nothing."""
    return {area: items for area, items in footprint.areas.items() if items}, footprint.texts


@given(footprints, footprints)
def test_equal_ones_give_nothing_and_others_something(before: Footprint, after: Footprint) -> None:
    assert leftovers(before, deepcopy(before)) == ()
    assert bool(leftovers(before, after)) == (canonical(before) != canonical(after))


@given(footprints, st.data())
def test_one_changed_attribute_is_one_leftover_that_names_it(before: Footprint, data: st.DataObject) -> None:
    places = [
        (area, item, key)
        for area, items in before.areas.items()
        for item, attributes in items.items()
        for key in attributes
    ]
    if not places:
        return
    area, item, key = data.draw(st.sampled_from(places))
    areas = deepcopy({a: {i: dict(v) for i, v in items.items()} for a, items in before.areas.items()})
    areas[area][item][key] += "!"
    (found,) = leftovers(before, Footprint(areas, before.texts))
    assert (found.name, found.how) == (f"{area} {item}", "changed")
    assert found.why.startswith(f"{key} was ")


@given(footprints, st.data())
def test_one_line_more_is_one_leftover(before: Footprint, data: st.DataObject) -> None:
    if not before.texts:
        return
    path = data.draw(st.sampled_from(sorted(before.texts)))
    lines = before.texts[path].split("\n")
    place = data.draw(st.integers(0, len(lines)))
    more = "\n".join([*lines[:place], 'NEW="1"', *lines[place:]])
    (found,) = leftovers(before, Footprint(before.areas, {**before.texts, path: more}))
    assert (found.name, found.how, found.why) == (f"{path} NEW".strip(), "added", 'NEW="1"')


def test_what_is_accepted_has_its_reason_and_stands_last() -> None:
    found = (Leftover("package b", "added", "x"), Leftover("row queues default", "changed", "y"))
    entries = (Accepted("package *", "of no use"), Accepted("file *", "never left"))
    first, second = accept(found, entries)
    assert (first.name, first.because) == ("row queues default", "")
    assert (second.name, second.because) == ("package b", "of no use")
    assert idle(found, entries) == ("file *",)


def test_what_may_come_may_not_change() -> None:
    entries = (Accepted("file /usr/lib/oar/*", "new programs"),)
    came, was_changed = (
        Leftover("file /usr/lib/oar/kao", "added", "x"),
        Leftover("file /usr/lib/oar/x", "changed", "y"),
    )
    assert [each.because for each in accept((came, was_changed), entries)] == ["", "new programs"]
    assert accept((was_changed,), (Accepted("file *", "as it is", "changed"),))[0].because == "as it is"
