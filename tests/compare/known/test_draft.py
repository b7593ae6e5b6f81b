"""Drafts: they are refused as they stand, and filled in they explain just what was unexplained."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.compare.case_judge import CaseJudge
from harness.compare.judge_settings import JudgeSettings
from harness.compare.known.condition import Condition
from harness.compare.known.draft import Draft, draft_of, drafts_of, dump_drafts
from harness.compare.known.known_file import parse_known
from harness.model.difference import DifferenceClass
from harness.model.fault import ConfigurationFault
from harness.model.job import Job
from harness.model.record import CaseRecord, Crash, Kind, Observation
from harness.model.result import CaseResult, Status
from harness.model.schedule import Fate, Schedule
from tests.compare.making import HOUR, cluster, fate, job, moldable, record, schedule, situation

D = DifferenceClass
ENVIRONMENT = {"oar3": {"version": "3.0.2"}, "oar2": "2.6.1-1", "debian": "trixie"}
AFTER_CRASH = Crash(
    "kao", "traceback: AssertionError in split_at_after (oar/kao/slot.py, line 466)", "  in split_slots_jobs\nboom"
)


def judged(case: CaseRecord, text: str = "", combination: str = "kao") -> CaseResult:
    known = parse_known(text, "known.toml")
    return CaseJudge(case, JudgeSettings(known=known, today=date(2026, 11, 22)), ENVIRONMENT).judge(combination)


def filled(draft: str) -> str:
    return (
        draft.replace('reason = ""', 'reason = "understood"')
        .replace('owner = ""', 'owner = "ann"')
        .replace('expires = ""', "expires = 2027-11-22")
    )


JOBS = [
    job("plain"),
    job("shared", types=("timesharing=*,*", "noop")),
    job("booked", reservation=1_750_000_600),
    job("either", moldable("host=1"), moldable("core=2", 2 * HOUR), queue="besteffort"),
    job("both", moldable("host=1+core=1")),
    job("next", after=("plain",)),
]
PLAIN = JOBS[0]
places = st.none() | st.builds(
    fate,
    st.sampled_from(["1-8", "9-16", "1-2", "3", "25-32"]),
    st.sampled_from([0, 1, 600, 661, 7200]),
    st.sampled_from([HOUR, 2 * HOUR]),
    st.sampled_from(["Waiting", "Running", "Error"]),
)
schedules = st.builds(
    lambda found: Schedule({name: one for name, one in found.items() if one}),
    st.fixed_dictionaries({one.name: places for one in JOBS}),
)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
crashes = st.lists(
    st.builds(Crash, st.sampled_from(["kao", "kamelot"]), words | st.just(AFTER_CRASH.how), words), max_size=2
).map(tuple)


@st.composite
def cases(draw: st.DrawFn) -> CaseRecord:
    there = draw(st.lists(st.sampled_from(JOBS), min_size=1, unique_by=lambda one: one.name))
    here = situation(*there, resources=cluster(node4=draw(st.sampled_from(["Alive", "Absent"]))))
    names = {one.name for one in there}
    sides = [Schedule({n: f for n, f in draw(schedules).fates.items() if n in names}) for _ in range(2)]
    candidate = Observation("kao", draw(st.just(sides[1]) | st.none()), crashes=draw(crashes))
    first, last = there[0].name, there[-1].name
    expect = draw(st.sampled_from([{}, {first: {"placed": False}, last: {"state": "Waiting"}}]))
    kind = draw(st.sampled_from([Kind.PLAN, Kind.FUZZ, Kind.LIVE]))
    return record(here, sides[0], candidate, kind=kind, expect=expect, case=draw(words) or "c")


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_a_filled_in_draft_explains_just_what_was_unexplained(case: CaseRecord) -> None:
    for combination in ("native", "kao"):
        before = judged(case, combination=combination)
        unexplained = [d.job for d in before.differences if not d.kind.harmless]
        draft = draft_of(case, before, ENVIRONMENT)
        assert bool(draft) == bool(unexplained)
        after = judged(case, filled(draft), combination)
        assert [d.job for d in after.differences if d.known] == unexplained
        assert [(d.job, d.kind) for d in after.differences] == [(d.job, d.kind) for d in before.differences]
        assert after.status in (Status.KNOWN, Status.AGREES, Status.NOT_RUN)
        if draft:
            with pytest.raises(ConfigurationFault, match="reason is not filled in"):
                parse_known(draft, "known.toml")
        assert draft_of(case, after, ENVIRONMENT) == ""


LATER = record(
    situation(*JOBS[:2]),
    schedule(plain=fate("1-8"), shared=fate("9-16")),
    schedule(plain=fate("1-8", 61), shared=fate("9-16", 600)),
)


def test_what_a_draft_looks_like() -> None:
    draft = draft_of(LATER, judged(LATER), ENVIRONMENT)
    (entry,) = tomllib.loads(draft)["known"]
    assert entry.pop("id").startswith("KD-")
    assert entry.pop("title").startswith("later: starts 61 s after the reference")
    assert entry == {
        "reason": "",
        "owner": "",
        "expires": "",
        "when": {
            "classes": "later",
            "shift": [61, 600],
            "queue": "default",
            "reservation": False,
            "dependent": False,
            "reference": "native",
            "candidate": "kao",
            "kinds": "plan",
            "case": "case c1",
            "crashed": False,
            "oar3": "3.0.2",
            "oar2": "2.6.1-1",
            "debian": "trixie",
        },
    }
    assert "# case c1: shared: starts 600 s after" in draft


@pytest.mark.parametrize("word", ["reason", "owner", "expires", "title"])
def test_each_word_must_be_filled_in(word: str) -> None:
    good = filled(draft_of(LATER, judged(LATER), ENVIRONMENT))
    lines = [f'{word} = " "' if line.startswith(f"{word} = ") else line for line in good.splitlines()]
    with pytest.raises(ConfigurationFault) as fault:
        parse_known("\n".join(lines), "known.toml")
    assert fault.value.what.startswith("KD-")
    assert fault.value.what.endswith(f": {word} is not filled in")
    assert "\n" not in str(fault.value)


def test_a_crash_and_what_follows_from_it() -> None:
    seen = Observation("kao", schedule(), crashes=(AFTER_CRASH,))
    case = record(situation(*JOBS[:2]), schedule(plain=fate("1-8"), shared=fate("9-16")), seen)
    result = judged(case)
    assert result.status is Status.CRASH
    drafts = drafts_of(case, result, ENVIRONMENT)
    assert {(draft.when.classes, draft.when.crash) for draft in drafts} == {
        ((D.CRASH,), drafts[0].when.crash),
        ((D.ONLY_IN_REFERENCE,), drafts[0].when.crash),
    }
    assert r"line \d+" in drafts[0].when.crash
    assert judged(case, filled(dump_drafts(drafts))).status is Status.KNOWN
    assert judged(case, filled(dump_drafts(drafts[:1]))).status is Status.DIFFERS


def test_an_invalid_case_whose_breach_is_known_is_known_and_a_second_fault_is_not() -> None:
    twice = schedule(plain=fate("1-8"), shared=fate("1-7", 600))
    seen = Observation("kao", twice, crashes=(AFTER_CRASH,))
    case = record(situation(*JOBS[:2]), schedule(plain=fate("1-8"), shared=fate("9-16")), seen)
    result = judged(case)
    drafts = drafts_of(case, result, ENVIRONMENT)
    assert {draft.when.classes[0] for draft in drafts} == {D.INVALID, D.CRASH}
    assert judged(case, filled(dump_drafts(drafts))).status is Status.KNOWN
    for left, status in ((D.INVALID, Status.INVALID), (D.CRASH, Status.CRASH)):
        without = [draft for draft in drafts if draft.when.classes[0] is not left]
        assert judged(case, filled(dump_drafts(without))).status is status


def test_candidates_that_share_a_condition_share_an_entry_and_ids_are_free() -> None:
    drafts = drafts_of(LATER, judged(LATER), ENVIRONMENT)
    (first,) = tomllib.loads(dump_drafts(drafts))["known"]
    (second,) = tomllib.loads(dump_drafts(drafts, [first["id"]]))["known"]
    assert second["id"] == f"{first['id']}-2"
    other = [replace(draft, when=replace(draft.when, candidate=("kao2",))) for draft in drafts]
    (shared,) = tomllib.loads(dump_drafts([*drafts, *other]))["known"]
    assert shared["when"]["candidate"] == ["kao", "kao2"]


def made(candidate: Schedule | Observation, *jobs: Job, **more: Any) -> list[Draft]:
    """The drafts for what a candidate does; the reference starts each job at once, on a node each."""
    there = more.pop("there", None) or situation(*jobs)
    reference = Schedule({one.name: fate(f"{8 * n + 1}-{8 * n + 8}") for n, one in enumerate(jobs)})
    case = record(there, reference, candidate, **more)
    return drafts_of(case, judged(case), ENVIRONMENT)


def late(*jobs: Job, by: int = 600) -> Schedule:
    return Schedule({one.name: fate(f"{8 * n + 1}-{8 * n + 8}", by) for n, one in enumerate(jobs)})


def crashed(*logs: str) -> Observation:
    return Observation("kao", None, crashes=tuple(Crash("kao", "exit 7", log) for log in logs))


def test_no_draft_where_all_is_harmless_or_known() -> None:
    same = record(LATER.situation, schedule(plain=fate("1-8")), schedule(plain=fate("1-8")))
    assert draft_of(same, judged(same), ENVIRONMENT) == ""
    known = judged(LATER, filled(draft_of(LATER, judged(LATER), ENVIRONMENT)))
    assert drafts_of(LATER, known, ENVIRONMENT) == []


def test_ids() -> None:
    (first,) = (entry["id"] for entry in tomllib.loads(draft_of(LATER, judged(LATER), ENVIRONMENT, ["x"]))["known"])
    assert re.fullmatch("KD-[0-9a-f]{6}", first)
    (again,) = tomllib.loads(draft_of(LATER, judged(LATER), ENVIRONMENT, [first]))["known"]
    assert again["id"] == f"{first}-2"
    found = dump_drafts([Draft("t", Condition(job=(name,))) for name in ("a", "b", "c")])
    assert len({entry["id"][:9] for entry in tomllib.loads(found)["known"]}) == 3


def test_ids_differ_also_where_their_hashes_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    always = hashlib.sha256(b"")
    monkeypatch.setattr(hashlib, "sha256", lambda _: always)
    found = tomllib.loads(dump_drafts([Draft("t", Condition(job=(name,))) for name in ("a", "b", "c")]))["known"]
    assert [entry["id"] for entry in found] == ["KD-e3b0c4", "KD-e3b0c4-2", "KD-e3b0c4-3"]


def test_one_draft_for_each_crash() -> None:
    drafts = made(crashed("no table x\nat line 12", "no table y"), PLAIN)
    assert [(draft.when.crash, draft.when.crashed) for draft in drafts] == [("kao: exit \\d+", None)]
    drafts = made(Observation("kao", None, crashes=(Crash("kao", "exit 7"), Crash("kamelot", "signal 9"))), PLAIN)
    assert [draft.when.crash for draft in drafts] == [r"kao: exit \d+", r"kamelot: signal \d+"]
    assert drafts[1].examples == ("case c1: the round: kamelot: signal 9",)
    assert drafts[1].title == "crash: kamelot: signal 9"
    assert {(draft.when.type, draft.when.queue, draft.when.reservation) for draft in drafts} == {((), (), None)}


def test_one_draft_for_each_assertion_and_set_of_rules() -> None:
    jobs = [job("a"), job("b"), job("c"), job("d")]
    found = Schedule({"a": fate("1-8"), "b": fate("1-7"), "c": fate("17-24"), "d": fate("1-6", -100)})
    drafts = made(found, *jobs, expect={"c": {"placed": False}, "b": {"moldable": 1}})
    said = {draft.when.rule: (draft.when.message, draft.title) for draft in drafts}
    assert set(said) == {
        ("overlap",),
        ("hierarchy", "submission"),
        ("expected",),
        ("expected", "hierarchy", "overlap"),
    }
    message, title = said["expected",]
    assert title.startswith("invalid (expected): expected placed False, but it has a place")
    assert message.startswith("expected placed False, but it has a place")
    message, title = said["expected", "hierarchy", "overlap"]
    assert title.startswith("invalid (hierarchy, overlap, expected): hierarchy: ")
    assert message.startswith("hierarchy: holds ")
    assert said["hierarchy", "submission"][0] == ""


def test_what_differs_in_its_words_alone_is_one_draft() -> None:
    found = Schedule({"a": Fate("Waiting"), "b": Fate("Hold")})
    (draft,) = made(found, job("a"), job("b"))
    assert draft.when.classes == (D.ONLY_IN_REFERENCE,)
    assert draft.when.shift is None


def test_examples_and_how_many_more() -> None:
    for many, more in ((5, ()), (7, ("… and 2 more",))):
        jobs = [job(f"j{number}", "core=1") for number in range(many)]
        reference, candidate = (
            Schedule({one.name: fate(str(n), start) for n, one in enumerate(jobs, 1)}) for start in (0, 600)
        )
        case = record(situation(*jobs), reference, candidate)
        (draft,) = drafts_of(case, judged(case), ENVIRONMENT)
        assert [example.split(":")[1].strip() for example in draft.examples[:5]] == [f"j{n}" for n in range(5)]
        assert draft.examples[5:] == more


def test_a_title_is_one_short_line() -> None:
    def title(length: int) -> str:
        (draft,) = made(Observation("kao", None, crashes=(Crash("x" * length, "y\tz"),)), PLAIN)
        return draft.title

    rest = len("crash: : y z")
    assert title(3) == "crash: xxx: y z"
    assert title(100 - rest) == f"crash: {'x' * (100 - rest)}: y z"
    assert title(101 - rest) == f"crash: {'x' * (101 - rest)}: y…"


def test_a_crash_goes_by_its_first_line() -> None:
    (draft,) = made(Observation("kao", None, crashes=(Crash("a [1]\nb\nc", "d"),)), PLAIN)
    assert draft.when.crash == r"a \[\d+\]"


def test_copies_of_oar3_share_a_draft_and_signs_of_patterns_are_meant_as_they_stand() -> None:
    case = record(situation(PLAIN), schedule(plain=fate("1-8")), case="what? [1] *")
    seen = replace(LATER.observations["kao"], combination="kao@3.1", schedule=late(PLAIN))
    case = replace(
        case, observations={"native@x": case.observations["native"], "kao@3.1": seen}, reference="native@x"
    )
    (draft,) = drafts_of(case, judged(case, combination="kao@3.1"), ENVIRONMENT)
    assert (draft.when.reference, draft.when.candidate, draft.when.oar3) == (("native",), ("kao",), ("3.1",))
    assert draft.when.case == ("case what[?] [[]1] [*]",)
    fuzzed = replace(case, kind=Kind.FUZZ)
    (draft,) = drafts_of(fuzzed, judged(fuzzed, combination="kao@3.1"), ENVIRONMENT)
    assert draft.when.case == ()


def test_shifts_are_counted_from_each_side_s_beginning() -> None:
    here = situation(PLAIN)
    later = Observation("kao", late(PLAIN, by=1600), situation=replace(here, now=here.now + 1000))
    (draft,) = made(later, PLAIN, there=here, kind=Kind.LIVE)
    assert draft.when.shift == (600, 600)


def test_no_shift_where_one_has_no_place() -> None:
    expect = {"valid": False, "a": {"placed": False}, "b": {"placed": True}}
    one, other = made(Schedule({"a": fate("1-8", 600)}), job("a"), job("b"), expect=expect)
    assert (one.when.shift, other.when.shift) == ((600, 600), None)
    early = Schedule({"a": fate("1-8", -100), "b": fate("9-16", -100)})
    case = record(situation(job("a"), job("b")), Schedule({"a": fate("1-8"), "b": Fate("Waiting")}), early)
    (both,) = drafts_of(case, judged(case), ENVIRONMENT)
    assert (len(both.examples), both.when.rule, both.when.shift) == (2, ("submission",), None)


def test_what_the_jobs_have_in_common() -> None:
    def common(*jobs: Job) -> Condition:
        (draft,) = made(late(*jobs), *jobs, expect={"valid": False})
        return draft.when

    one, two, three = (job(f"m{n}", *("host=1",) * n) for n in (1, 2, 3))
    assert common(two, three).moldables == (2, 3)
    assert common(one, two).moldables is None
    one, two, three = (job(f"g{n}", "+".join(["core=1"] * n)) for n in (1, 2, 3))
    assert common(two, three).groups == (2, 3)
    assert common(one, two).groups is None
    nothing = replace(job("n"), moldables=())
    assert common(nothing).groups is None
    shared = job("s", types=("noop", "timesharing=*,*", "zeal"))
    assert common(shared).type == ("timesharing=[*],[*]",)
    assert common(shared, job("t", types=("zeal", "noop"))).type == ("zeal",)
    assert common(job("u", types=("noop",))).type == ("noop",)
    assert common(shared, PLAIN).type == ()
    admin, after = job("q", queue="admin"), job("a", after=("plain",))
    assert (common(admin).queue, common(admin, PLAIN).queue) == (("admin",), ())
    assert (common(after).dependent, common(PLAIN).dependent, common(after, PLAIN).dependent) == (True, False, None)


def test_nothing_is_asked_of_jobs_where_one_is_unknown() -> None:
    found = Schedule({"plain": fate("1-8", 600), "x": fate("9-16", 600)})
    case = record(situation(PLAIN), schedule(plain=fate("1-8"), x=fate("9-16")), found)
    (draft,) = drafts_of(case, judged(case), ENVIRONMENT)
    assert (draft.when.queue, draft.when.reservation) == ((), None)


def test_what_cannot_be_printed_is_left_out_of_a_comment() -> None:
    found = dump_drafts([Draft("t", Condition(), ("a\nb\x00c",))])
    assert "# a b c\n[[known]]" in found


def test_every_word_of_a_condition_is_written_as_files_have_it() -> None:
    when = Condition(user_jobs=(31, 99), down=True, uses=("besteffort",), kinds=(Kind.PLAN, Kind.FUZZ))
    (entry,) = tomllib.loads(dump_drafts([Draft("t", when)]))["known"]
    assert entry["when"] == {"user-jobs": [31, 99], "down": True, "uses": "besteffort", "kinds": ["plan", "fuzz"]}
