"""Known differences: what they explain, when they no longer do, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.known.circumstances import Circumstances
from harness.compare.known.condition import OF_A_JOB, Condition, applies, concerns
from harness.compare.known.known_differences import KnownDifference, explain, uses
from harness.compare.known.known_file import parse_known
from harness.model.difference import Difference, DifferenceClass
from harness.model.fault import ConfigurationFault
from harness.model.job import Group, Level, Moldable
from harness.model.record import Kind
from harness.model.removed_cause import Without
from harness.model.result import KnownState
from tests.compare.making import HOUR, job, moldable, place

D = DifferenceClass
LATER = Difference("a", D.LATER, "starts 61 s after the reference", place("1-8"), place("1-8", 61))
SWEEP = Moldable(HOUR, (Group((Level("host", 1),)), Group((Level("core", 1),))))
HERE = Circumstances(
    reference="oar_meta_sched+native",
    candidate="kao-external+kamelot",
    kind=Kind.PLAN,
    title="a short job fills the hole",
    jobs={
        "a": job(
            "a",
            moldable("host=1"),
            SWEEP,
            queue="besteffort",
            types=("besteffort", "timesharing=*,*"),
            after=("b",),
            user="ann",
        ),
        "b": job("b", queue="besteffort", user="ann", types=("container",)),
        "c": job("c", queue="besteffort", user="ann", reservation=1),
    },
    conf={"SCHEDULER_JOB_SECURITY_TIME": "60"},
    environment={"oar3": {"version": "3.0.2"}, "oar2": "2.6.1-1", "debian": "trixie"},
    places={"a": place("1-8", 61), "b": place("9", 56 - HOUR)},
    planned={"a": place("1-8"), "x": place("8", 60)},
    states={1: "Absent", 2: "Alive"},
    after={"b": "Waiting"},
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
        ({"level": ("host",)}, True),
        ({"level": ("cpu", "core=1")}, True),
        ({"level": ("core=2",)}, False),
        ({"level": ("switch*",)}, False),
        ({"properties": ("?*",)}, False),
        ({"properties": ("",)}, True),
        ({"dependent": True}, True),
        ({"dependent": False}, False),
        ({"user_jobs": (2, 2)}, True),
        ({"user_jobs": (3, 99)}, False),
        ({"user_place": (1, 1)}, True),
        ({"user_place": (2, 99)}, False),
        ({"behind": (5, 5)}, True),
        ({"behind": (6, 99)}, False),
        ({"row": True}, True),
        ({"row": False}, False),
        ({"waits_for": ("Wait*",)}, True),
        ({"waits_for": ("Running", "other-queue")}, False),
        ({"overlapped": True}, True),
        ({"overlapped": False}, False),
        ({"holds": ("Absent",)}, True),
        ({"holds": ("Dead",)}, False),
        ({"sharers": (1, 1)}, True),
        ({"sharers": (2, 9)}, False),
        ({"queues": (1, 1)}, True),
        ({"queues": (2, 9)}, False),
        ({"states": ("Absent",)}, True),
        ({"states": ("Dead", "Suspected")}, False),
        ({"jobs": (3, 3)}, True),
        ({"jobs": (4, 9)}, False),
        ({"uses": ("container",)}, True),
        ({"uses": ("reservation",)}, True),
        ({"uses": ("groups", "nothing")}, True),
        ({"uses": ("inner=*",)}, False),
        ({"uses": ("core=1",)}, True),
        ({"uses": ("*=BESTHALF",)}, False),
        ({"down": True}, False),
        ({"down": False}, True),
        ({"conf": {"SCHEDULER_JOB_SECURITY_TIME": ("5", "60")}}, True),
        ({"conf": {"SCHEDULER_JOB_SECURITY_TIME": ("",)}}, False),
        ({"conf": {"QUOTAS": ("",), "SCHEDULER_JOB_SECURITY_TIME": ("6?",)}}, True),
        ({"conf": {"QUOTAS": ("yes",), "SCHEDULER_JOB_SECURITY_TIME": ("60",)}}, False),
        ({"crashed": True}, False),
        ({"crashed": False}, True),
        ({"crash": "."}, False),
        ({"rule": ("*",)}, False),
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
        {"level": ("*",)},
        {"properties": ("*",)},
        {"dependent": False},
        {"user_jobs": (0, 9)},
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


def test_every_broken_rule_must_be_named() -> None:
    both = Difference("a", D.INVALID, "hierarchy: …; overlap: …", rules=("hierarchy", "overlap"))
    one = replace(both, rules=("hierarchy",))
    for rule, fits_one, fits_both in (
        (("hierarchy",), True, False),
        (("overlap", "hier*"), True, True),
        (("overlap",), False, False),
        ((), True, True),
    ):
        when = Condition(classes=(D.INVALID,), rule=rule)
        assert (applies(when, one, HERE), applies(when, both, HERE)) == (fits_one, fits_both)


def test_a_crash_is_told_by_what_the_program_said_and_so_is_what_follows_from_it() -> None:
    why = "kao: traceback: AssertionError"
    here = replace(HERE, crashes={why: f"{why}\n  in split_slots_jobs\n", "kao: exit 7": "kao: exit 7\nno memory"})
    first, second = Difference("", D.CRASH, why), Difference("", D.CRASH, "kao: exit 7")
    when = Condition(classes=(D.CRASH, D.LATER), crash="in split_slots_jobs")
    assert applies(when, first, here)
    assert not applies(when, second, here)
    assert applies(when, LATER, here)
    assert not applies(when, LATER, HERE)
    assert applies(Condition(crashed=True), LATER, here)


def test_a_column_of_one_of_several_copies() -> None:
    here = replace(HERE, candidate="kao@3.1.0")
    assert applies(Condition(candidate=("kao",), oar3=("3.1.*",)), LATER, here)
    assert applies(Condition(candidate=("kao@3.1*",)), LATER, here)
    assert not applies(Condition(candidate=("kao",), oar3=("3.0.2",)), LATER, here)
    assert applies(Condition(oar3=("3.0.2",)), LATER, replace(HERE, candidate="kao@again"))


def test_a_column_with_a_label_is_of_its_copy_s_version() -> None:
    """An entry for 3.0.2 explained nothing any more if that copy was called by a label or a commit."""
    copies = {"new": {"version": "3.1.0"}, "1b4a01a4-dirty": {"version": "3.0.2"}}
    here = replace(HERE, candidate="kao@1b4a01a4-dirty", environment={**HERE.environment, "oar3-copies": copies})
    assert applies(Condition(candidate=("kao",), oar3=("3.0.2",)), LATER, here)
    assert applies(Condition(oar3=("1b4a01a4-dirty",)), LATER, here)
    assert not applies(Condition(oar3=("3.0.2",)), LATER, replace(here, candidate="kao@new"))


@given(st.sets(st.sampled_from(OF_A_JOB), min_size=1), st.sampled_from([D.LATER, D.CRASH, D.INVALID]))
def test_conditions_only_narrow(names: set[str], kind: DifferenceClass) -> None:
    """What a condition explains is explained by any that says less."""
    said = {
        "job": ("a",),
        "queue": ("best*",),
        "type": ("best*",),
        "level": ("core=1",),
        "properties": ("",),
        "reservation": False,
        "dependent": True,
        "moldables": (2, 2),
        "groups": (2, 2),
        "user_jobs": (2, 2),
        "user_place": (1, 1),
        "behind": (5, 5),
        "row": True,
        "waits_for": ("Waiting",),
        "overlapped": True,
        "holds": ("Absent",),
        "sharers": (1, 1),
    }
    difference = replace(LATER, kind=kind, job="" if kind is D.CRASH else "a")
    when = Condition(classes=(kind,), **{name: said[name] for name in names})
    assert applies(when, difference, HERE) is (kind is not D.CRASH)
    other = replace(HERE, jobs={"a": job("a", "host=2+core=2", reservation=1, types=("noop",))})
    told = names & {"queue", "type", "level", "reservation", "dependent", "moldables", "user_jobs"}
    assert not (told and applies(when, difference, other))


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


@pytest.mark.parametrize(
    ("today", "count", "cases", "state"),
    [
        (date(2026, 1, 1), 1, [HERE], KnownState.USED),
        (date(2026, 5, 30), 1, [HERE], KnownState.USED),
        (date(2026, 5, 31), 1, [HERE], KnownState.EXPIRING),
        (date(2026, 6, 30), 1, [HERE], KnownState.EXPIRING),
        (date(2026, 7, 1), 0, [HERE], KnownState.EXPIRED),
        (date(2026, 1, 1), 0, [HERE], KnownState.UNUSED),
        (date(2026, 1, 1), 0, [replace(HERE, kind=Kind.LIVE)], KnownState.NOT_MET),
        (None, 1, [HERE], KnownState.USED),
    ],
)
def test_who_has_to_look_at_an_entry(today: date | None, count: int, cases: list[Circumstances], state: str) -> None:
    entry = replace(ENTRY, when=Condition(kinds=(Kind.PLAN,)))
    (use,) = uses([entry], [replace(LATER, known="KD-1")] * count, today, cases)
    assert (use.state, use.expires, use.differences) == (state, date(2026, 6, 30), count)


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
        ("id =", "id = =", "not TOML", "mend the line"),
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
        ("reservation = false", "down = 3", "$.known[0].when.down", "known differences"),
        ("reservation = false", "conf = 3", "$.known[0].when.conf", "known differences"),
        ("reservation = false", 'crash = "("', "KD-003: no regular expression '('", "mend when.crash"),
        ("reservation = false", "user_jobs = [1, 2]", "unknown word 'user_jobs'", "did you mean 'user-jobs'?"),
        ("reservation = false", "user-jobs = [2, 1]", "when.user-jobs goes from 2 down to 1", "smaller number first"),
        ("reservation = false", 'rule = "hierachy"', "there is no rule 'hierachy'", "did you mean 'hierarchy'?"),
        ("reservation = false", 'rule = "quota"', "when.rule is of no use", 'add "invalid" to when.classes'),
        (
            'reason = "OAR2 counts the security time and a second"',
            'reason = ""',
            "reason is not filled in",
            "the entry",
        ),
        ("expires = 2027-01-31", 'expires = ""', "KD-003: expires is not filled in", "or remove the entry"),
        ("[[known]]", "[other]\n[[known]]", "unknown word 'other'", "known are: known"),
    ],
)
def test_faults_are_one_clear_line(old: str, new: str, what: str, remedy: str) -> None:
    assert old in FILE
    with pytest.raises(ConfigurationFault) as fault:
        parse_known(FILE.replace(old, new, 1), "kd.toml")
    assert fault.value.where.partition(":")[0] == "kd.toml"
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


def test_words_of_the_plan() -> None:
    words = 'user-jobs = [31, 99]\nuses = "quotas"\nconf = { A = "", B = ["1", "2"] }\ndown = true'
    when = parse_known(FILE.replace("reservation = false", words), "kd.toml")[0].when
    assert (when.user_jobs, when.uses, when.down) == ((31, 99), ("quotas",), True)
    assert when.conf == {"A": ("",), "B": ("1", "2")}


def test_equal_bounds_are_fine() -> None:
    assert parse_known(FILE.replace("[-99, -1]", "[-1, -1]"), "kd.toml")[0].when.shift == (-1, -1)


WITHOUT = Without(conf={"KEY": "0"})


@pytest.mark.parametrize(
    ("gone", "known"),
    [
        ((), None),
        (((WITHOUT, frozenset({"a"})),), "KD-1"),
        (((WITHOUT, frozenset({"b"})),), None),
        (((Without(one_user=True), frozenset({"a"})),), None),
    ],
)
def test_a_cause_is_confirmed_by_a_round_without_it(
    gone: tuple[tuple[Without, frozenset[str]], ...], known: str | None
) -> None:
    entry = replace(ENTRY, without=WITHOUT)
    (found,) = explain([LATER], replace(HERE, gone=gone), [entry])
    assert found.known == known


def test_a_reference_whose_queues_have_schedulers_of_their_own_is_called_by_each() -> None:
    here = replace(HERE, reference="oar_meta_sched", reference_schedulers={"default": "native", "night": "other"})
    assert applies(Condition(reference=("*+native",)), LATER, here)
    assert applies(Condition(reference=("oar_meta_sched",)), LATER, here)
    assert not applies(Condition(reference=("*+third",)), LATER, here)


def test_a_candidate_on_some_queues_is_called_as_on_all() -> None:
    here = replace(HERE, candidate="oar_meta_sched+kamelot:default")
    assert applies(Condition(candidate=("*kamelot",)), LATER, here)
    assert applies(Condition(candidate=("*:default",)), LATER, here)


@pytest.mark.parametrize(
    ("words", "what"),
    [("", "takes nothing away"), ("one-usr = true", "unknown word"), ("security = 'x'", "Expected `int`")],
)
def test_what_takes_nothing_away_is_refused(words: str, what: str) -> None:
    text = f"""
    [[known]]
    id = "KD-1"
    title = "t"
    reason = "because"
    owner = "ann"
    expires = 2030-01-01
    [known.without]
    {words}
    """
    with pytest.raises(ConfigurationFault, match=what):
        parse_known(text, "known.toml")


@pytest.mark.parametrize(
    ("queue", "pattern", "holds"),
    [
        ("default", "oar_meta_sched+kamelot", True),
        ("besteffort", "oar_meta_sched+kamelot", False),
        ("besteffort", "*oar_sched*", True),
        ("default", "*oar_sched*", False),
        ("besteffort", "*kamelot:default", True),
    ],
)
def test_a_candidate_that_is_put_on_named_queues_is_another_in_the_others(
    queue: str, pattern: str, holds: bool
) -> None:
    jobs = {LATER.job: replace(HERE.jobs[LATER.job], queue=queue)}
    here = replace(
        HERE,
        candidate="oar_meta_sched+kamelot:default",
        jobs=jobs,
        schedulers={"default": "kamelot", "besteffort": "oar_sched_ours"},
    )
    assert applies(Condition(candidate=(pattern,)), LATER, here) is holds
    assert concerns(Condition(candidate=(pattern,)), here), "some queue's job could be meant"
