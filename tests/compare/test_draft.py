"""Drafts: they are refused as they stand, and filled in they explain just what was unexplained."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import HOUR, cluster, fate, job, moldable, record, schedule, situation

from harness.compare.case import CaseJudge
from harness.compare.draft import draft_of, drafts_of, dump_drafts
from harness.compare.known_file import parse_known
from harness.compare.settings import JudgeSettings
from harness.model.difference import DifferenceClass
from harness.model.fault import ConfigurationFault
from harness.model.record import CaseRecord, Crash, Kind, Observation
from harness.model.result import CaseResult, Status
from harness.model.schedule import Schedule

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
