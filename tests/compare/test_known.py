"""Known differences: what they explain, when they no longer do, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from world import HOUR, job, moldable, place

from harness.compare.circumstances import Circumstances
from harness.compare.condition import Condition, applies
from harness.compare.known import KnownDifference, explain, uses
from harness.compare.known_file import parse_known
from harness.model.difference import Difference, DifferenceClass
from harness.model.fault import ConfigurationFault
from harness.model.job import Group, Level, Moldable
from harness.model.record import Kind

D = DifferenceClass
LATER = Difference("a", D.LATER, "starts 61 s after the reference", place("1-8"), place("1-8", 61))
SWEEP = Moldable(HOUR, (Group((Level("host", 1),)), Group((Level("core", 1),))))
HERE = Circumstances(
    reference="oar_meta_sched+native",
    candidate="kao-external+kamelot",
    kind=Kind.PLAN,
    title="a short job fills the hole",
    jobs={"a": job("a", moldable("host=1"), SWEEP, queue="besteffort", types=("besteffort", "timesharing=*,*"))},
    environment={"oar3": {"version": "3.0.2"}, "oar2": "2.6.1-1", "debian": "trixie"},
)
ENTRY = KnownDifference("KD-1", "title", "reason", "ann", date(2026, 6, 30))


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ({}, True),
        ({"classes": (D.EARLIER, D.LATER)}, True),
        ({"classes": (D.EARLIER,)}, False),
        ({"reference": ("kao", "oar_meta_sched+*")}, True),
        ({"reference": ("kao",)}, False),
        ({"candidate": ("*kamelot",)}, True),
        ({"candidate": ("kamelot",)}, False),
        ({"candidate": ("*KAMELOT",)}, False),
        ({"kinds": (Kind.LIVE, Kind.PLAN)}, True),
        ({"kinds": (Kind.LIVE,)}, False),
        ({"case": ("a short *",)}, True),
        ({"case": ("a long *",)}, False),
        ({"job": ("a",)}, True),
        ({"job": ("b*",)}, False),
        ({"queue": ("best*",)}, True),
        ({"queue": ("default",)}, False),
        ({"type": ("timesharing=[*],[*]",)}, True),
        ({"type": ("container",)}, False),
        ({"reservation": False}, True),
        ({"reservation": True}, False),
        ({"moldables": (2, 9)}, True),
        ({"moldables": (3, 9)}, False),
        ({"moldables": (0, 1)}, False),
        ({"groups": (2, 2)}, True),
        ({"groups": (3, 9)}, False),
        ({"shift": (61, 61)}, True),
        ({"shift": (0, 60)}, False),
        ({"shift": (62, 99)}, False),
        ({"message": r"\d+ s after"}, True),
        ({"message": "before"}, False),
        ({"oar3": ("2.*", "3.0.*")}, True),
        ({"oar3": ("3.1.*",)}, False),
        ({"oar2": ("2.6.*",)}, True),
        ({"oar2": ("2.5.*",)}, False),
        ({"debian": ("trixie",)}, True),
        ({"debian": ("bookworm",)}, False),
        ({"candidate": ("kao*",), "queue": ("default",)}, False),
    ],
)
def test_conditions(when: Mapping[str, Any], fits: bool) -> None:
    assert applies(Condition(**when), LATER, HERE) is fits


@pytest.mark.parametrize("kind", [D.INVALID, D.CRASH])
def test_the_fatal_classes_are_explained_by_name_only(kind: DifferenceClass) -> None:
    difference = Difference("", kind, "kao: exit 1")
    assert not applies(Condition(), difference, HERE)
    assert not applies(Condition(classes=(D.LATER,)), difference, HERE)
    assert applies(Condition(classes=(kind,)), difference, HERE)


@pytest.mark.parametrize(
    "when",
    [
        {"queue": ("*",)},
        {"type": ("*",)},
        {"reservation": False},
        {"reservation": True},
        {"moldables": (0, 9)},
        {"groups": (0, 9)},
        {"shift": (-9, 9)},
        {"job": ("?*",)},
    ],
)
def test_what_is_asked_of_a_job_does_not_hold_without_one(when: Mapping[str, Any]) -> None:
    crash = Difference("", D.CRASH, "kao: exit 1")
    assert not applies(Condition(classes=(D.CRASH,), **when), crash, HERE)


def test_reservations() -> None:
    here = replace(HERE, jobs={"a": job("a", reservation=1)})
    assert applies(Condition(reservation=True), LATER, here)
    assert not applies(Condition(reservation=False), LATER, here)


def test_shifts_are_counted_from_each_lanes_beginning() -> None:
    here = replace(HERE, origins=60)
    assert applies(Condition(shift=(1, 1)), LATER, here)
    assert not applies(Condition(shift=(61, 61)), LATER, here)


@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_a_place_on_one_side_only_has_no_shift(side: str) -> None:
    gone = replace(LATER, kind=D.ONLY_IN_CANDIDATE, **{side: None})
    assert not applies(Condition(shift=(-(10**12), 10**12)), gone, HERE)
    assert applies(Condition(), gone, HERE)


def test_versions_that_are_not_known_fit_nothing() -> None:
    bare = replace(HERE, environment={"oar3": None, "oar2": {}})
    for name in ("oar3", "oar2", "debian"):
        assert not applies(Condition(**{name: ("*",)}), LATER, bare)
        assert applies(Condition(), LATER, bare)


def test_the_first_that_applies_explains() -> None:
    never = replace(ENTRY, id="KD-0", when=Condition(job=("b",)))
    second = replace(ENTRY, id="KD-2")
    (found,) = explain([LATER], HERE, [never, ENTRY, second])
    assert found == replace(LATER, known="KD-1")


def test_identical_jobs_need_no_explanation() -> None:
    same = Difference("a", D.IDENTICAL, "same start, same resources")
    assert explain([same], HERE, [ENTRY]) == [same]
    shifted = replace(LATER, kind=D.SHIFTED)
    assert explain([shifted], HERE, [ENTRY])[0].known == "KD-1"
    assert explain([LATER], HERE, []) == [LATER]


def test_expired_entries_explain_nothing_and_say_so() -> None:
    assert explain([LATER], HERE, [ENTRY], date(2026, 6, 30))[0].known == "KD-1"
    (found,) = explain([LATER], HERE, [ENTRY], date(2026, 7, 1))
    assert found.known is None
    assert found.why == f"{LATER.why} (KD-1 explained it, but expired on 2026-06-30)"
    fresh = replace(ENTRY, id="KD-2", expires=date(2030, 1, 1))
    assert explain([LATER], HERE, [ENTRY, fresh], date(2026, 7, 1))[0] == replace(LATER, known="KD-2")


def test_uses_count_what_each_entry_explains() -> None:
    other = replace(ENTRY, id="KD-2", owner="bob", title="other")
    explained = [replace(LATER, known="KD-1"), replace(LATER, known="KD-1"), LATER]
    first, second = uses([ENTRY, other], explained, date(2026, 7, 1))
    assert (first.id, first.title, first.owner, first.differences, first.expired) == ("KD-1", "title", "ann", 2, True)
    assert (second.id, second.owner, second.differences) == ("KD-2", "bob", 0)
    assert not uses([ENTRY], [])[0].expired


FILE = """
[[known]]
id = "KD-003"
title = "one second less between jobs"
reason = "OAR2 counts the security time and a second"
owner = "ann"
upstream = "https://github.com/oar-team/oar3/issues/1"
expires = 2027-01-31
[known.when]
classes = ["shifted", "earlier"]
candidate = "*kamelot*"
kinds = "plan"
job = ["sweep*", "x"]
reservation = false
shift = [-99, -1]
oar3 = "3.0.*"
"""


def test_files() -> None:
    (entry,) = parse_known(FILE, "kd.toml")
    assert entry == KnownDifference(
        id="KD-003",
        title="one second less between jobs",
        reason="OAR2 counts the security time and a second",
        owner="ann",
        upstream="https://github.com/oar-team/oar3/issues/1",
        expires=date(2027, 1, 31),
        when=Condition(
            classes=(D.SHIFTED, D.EARLIER),
            candidate=("*kamelot*",),
            kinds=(Kind.PLAN,),
            job=("sweep*", "x"),
            reservation=False,
            shift=(-99, -1),
            oar3=("3.0.*",),
        ),
    )


def test_files_may_be_empty_and_conditions_left_out() -> None:
    assert parse_known("", "kd.toml") == ()
    (entry,) = parse_known(FILE.split("[known.when]")[0], "kd.toml")
    assert entry.when == Condition()


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        ("id =", "id = =", "no TOML", "mend the line"),
        ("[[known]]", "[[knwon]]", "unknown word 'knwon'", "did you mean 'known'?"),
        ("owner =", "ownr =", "unknown word 'ownr'", "did you mean 'owner'?"),
        ("candidate =", "candidat =", "unknown word 'candidat'", "did you mean 'candidate'?"),
        ("[known.when]", "[known.wehn]", "unknown word 'wehn'", "did you mean 'when'?"),
        ('title = "one second less between jobs"', "", "missing required field `title`", "known differences"),
        ("2027-01-31", '"soon"', "$.known[0].expires", "known differences"),
        ('"shifted"', '"shfted"', "Invalid enum value 'shfted'", "known differences"),
        ('"plan"', "3", "$.known[0].when.kinds[0]", "known differences"),
        ("[-99, -1]", "[-99]", "$.known[0].when.shift", "known differences"),
        ("[-99, -1]", "[1, -99]", "KD-003: when.shift goes from 1 down to -99", "write the smaller number first"),
        (
            "reservation = false",
            "moldables = [3, 2]",
            "when.moldables goes from 3 down to 2",
            "write the smaller number first",
        ),
        (
            "reservation = false",
            "groups = [3, 2]",
            "when.groups goes from 3 down to 2",
            "write the smaller number first",
        ),
        ("reservation = false", 'message = "("', "KD-003: no regular expression '('", "mend when.message"),
        ("KD-003", "", "an entry without an id", "give each entry an id of its own"),
        ("[[known]]", "[other]\n[[known]]", "unknown word 'other'", "known are: known"),
    ],
)
def test_faults_are_one_clear_line(old: str, new: str, what: str, remedy: str) -> None:
    assert old in FILE
    with pytest.raises(ConfigurationFault) as fault:
        parse_known(FILE.replace(old, new, 1), "kd.toml")
    assert fault.value.where == "kd.toml"
    assert what in fault.value.what
    assert fault.value.remedy.endswith(remedy)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("text", ['known = "x"', "known = 5", "known = [1]", "known = [{ when = 3 }]"])
def test_entries_must_be_tables(text: str) -> None:
    with pytest.raises(ConfigurationFault):
        parse_known(text, "kd.toml")


def test_ids_are_given_once() -> None:
    with pytest.raises(ConfigurationFault, match="the id 'KD-003' is taken"):
        parse_known(FILE + FILE, "kd.toml")


def test_equal_bounds_are_fine() -> None:
    assert parse_known(FILE.replace("[-99, -1]", "[-1, -1]"), "kd.toml")[0].when.shift == (-1, -1)
