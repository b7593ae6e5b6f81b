"""What is read from a recorded case, for the conditions of known differences; crashes, notes and counted cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare import JudgeSettings, judge_case, judge_run, parse_known
from harness.compare.known.circumstances import Circumstances, circumstances, why_crashed
from harness.compare.known.condition import Condition, applies
from harness.compare.notes import messages_note
from harness.compare.quota_rules import QuotaRules
from harness.model.difference import Difference, DifferenceClass
from harness.model.quota import Quota
from harness.model.record import Crash, Kind, Observation, RunRecord
from harness.model.result import Status
from harness.model.schedule import Fate
from tests.compare.making import HOUR, cluster, fate, job, moldable, place, record, schedule, situation

D = DifferenceClass
HERE = situation(job("a"), job("b"), conf={"KEY": "word"})
PLAN = schedule(a=fate("1-8"), b=fate("1-8", HOUR + 60))


def test_the_gap_to_the_next_start_on_the_same_resources() -> None:
    places = {
        "a": place("1-8", 0, 100),
        "before": place("1-8", -50, 50),
        "elsewhere": place("10-16", 110),
        "far": place("8-9", 300),
        "next": place("8-9", 130),
        "last": place("8-9", 9999),
    }
    here = Circumstances("native", "kao", Kind.PLAN, "any", places=places)
    assert here.gap_after("a") == [30]
    assert here.gap_after("before") == [0]
    assert here.gap_after("elsewhere") == []
    assert here.gap_after("nobody") == []
    late = Difference("a", D.LATER, "why")
    assert applies(Condition(gap=(30, 30)), late, here)
    assert not applies(Condition(gap=(31, 99)), late, here)
    assert not applies(Condition(gap=(0, 99)), replace(late, job="last"), here)


def test_what_the_jobs_of_a_case_are_and_have() -> None:
    def features(**more: object) -> set[str]:
        jobs = {"a": job("a", *more.pop("requests", ("host=1",)), **more)}
        return set(Circumstances("native", "kao", Kind.PLAN, "any", jobs=jobs).features)

    one = {"host", "host=1"}
    assert features() == one
    assert features(types=("besteffort",)) == one | {"besteffort"}
    assert features(reservation=1) == one | {"reservation"}
    assert features(after=("b",)) == one | {"dependency"}
    assert features(requests=("host=1", "host=2")) == one | {"host=2", "moldable"}
    assert features(requests=(moldable("host=1+core=-3"),)) == one | {"core", "core=BESTHALF", "groups"}


@pytest.mark.parametrize(
    ("how", "log", "why"),
    [
        ("exit 7", "", "kao: exit 7"),
        ("exit 7", " \n", "kao: exit 7"),
        ("exit 7", "one\ntwo\n  three \n\n", "kao: exit 7: three"),
        ("exit 7", "one", "kao: exit 7: one"),
        ("it said three", "one\ntwo\nthree", "kao: it said three"),
        ("it said one", "one\ntwo\nthree", "kao: it said one: three"),
        ("it said two", "one\ntwo\nthree", "kao: it said two: three"),
    ],
)
def test_why_a_program_crashed(how: str, log: str, why: str) -> None:
    assert why_crashed(Crash("kao", how, log)) == why


def test_circumstances_of_a_recorded_case() -> None:
    sick = [replace(r, state="Suspected") if r.id == 8 else r for r in cluster()]
    own = situation(job("a", queue="own"), now=HERE.now + 5, resources=sick, conf={"KEY": "other"})
    crash = Crash("kao", "exit 7", "one\ntwo")
    plan = schedule(a=fate("1-8"), b=Fate("Waiting"))
    case = record(HERE, PLAN, Observation("", plan, crashes=(crash,), situation=own))
    found = circumstances(case, "kao", {})
    assert (found.conf, found.down, found.origins) == ({"KEY": "other"}, True, 5)
    assert (found.jobs["a"].queue, found.jobs["b"].queue) == ("own", "default")
    assert found.places == {"a": plan.fates["a"].placement}
    assert found.crashes == {"kao: exit 7: two": "kao: exit 7\none\ntwo"}
    plain = circumstances(case, "native", {})
    assert (plain.conf, plain.down, plain.crashes) == ({"KEY": "word"}, False, {})
    never = circumstances(case, "never tried", {})
    assert (never.conf, never.down, never.crashes, never.places) == ({"KEY": "word"}, False, {}, {})


def test_conditions_on_users_copies_counts_and_crashes() -> None:
    two = {"a": job("a", "host=-1", user="ann"), "b": job("b", user="bob")}
    here = Circumstances("native", "kao@copy@2", Kind.PLAN, "any", jobs=two)
    late, died = Difference("a", D.LATER, "why"), Difference("", D.CRASH, "kao: exit 7")
    assert applies(Condition(users=(2, 2)), late, here)
    assert not applies(Condition(users=(1, 1)), late, here)
    assert applies(Condition(candidate=("kao",)), late, here)
    assert not applies(Condition(candidate=("kao@copy",)), late, here)
    assert applies(Condition(level=("host=ALL",)), late, here)
    assert applies(Condition(classes=(D.CRASH,), crash="exit 7"), died, here)
    assert not applies(Condition(classes=(D.CRASH,), crash="exit 8"), died, here)
    assert applies(Condition(job=("gone",)), replace(late, job="gone"), here)
    assert not applies(Condition(job=("gone",), queue=("default",)), replace(late, job="gone"), here)


def test_what_has_no_place_because_of_a_crash_is_told_once() -> None:
    lost = schedule(a=Fate("Waiting"), b=fate("1-8", HOUR + 60))
    wish = {"a": {"placed": True}, "b": {"starts-at-most": 5}}
    died = Observation("", lost, crashes=(Crash("kao", "exit 7"),))

    def found(observation: Observation) -> dict[str, DifferenceClass]:
        return {d.job: d.kind for d in judge_case(record(HERE, PLAN, observation, expect=wish), "kao").differences}

    assert found(died) == {"": D.CRASH, "a": D.ONLY_IN_REFERENCE, "b": D.INVALID}
    assert found(Observation("", lost)) == {"a": D.INVALID, "b": D.INVALID}
    nowhere = replace(died, schedule=schedule(b=lost.fates["b"]))
    assert found(nowhere) == {"": D.CRASH, "a": D.INVALID, "b": D.INVALID}


def test_an_invalid_difference_names_its_rules() -> None:
    plan = schedule(a=fate("1-8"), b=fate("1-8", 60, lasts=60))
    (difference,) = judge_case(record(HERE, plan, expect={"b": {"starts-at-most": 5}}), "native").differences
    assert set(difference.rules) == {"overlap", "walltime", "expected"}


def test_after_a_crash_there_is_no_third_opinion() -> None:
    late = schedule(a=fate("1-8"), b=fate("1-8", HOUR + 999))
    crashes = (Crash("kao", "exit 7"),)
    assert judge_case(record(HERE, PLAN, late), "kao").opinion is not None
    assert judge_case(record(HERE, PLAN, Observation("", late, crashes=crashes)), "kao").opinion is None
    assert judge_case(record(HERE, Observation("", PLAN, crashes=crashes), late), "kao").opinion is None


def test_nor_where_the_two_were_given_different_situations() -> None:
    late = schedule(a=fate("1-8"), b=fate("1-8", HOUR + 999))
    own = replace(HERE, conf={"KEY": "other"})
    assert judge_case(record(HERE, PLAN, Observation("", late, situation=own)), "kao").opinion is None
    assert judge_case(record(HERE, Observation("", PLAN, situation=own), late), "kao").opinion is None
    both = record(HERE, Observation("", PLAN, situation=own), Observation("", late, situation=own))
    assert judge_case(both, "kao").opinion is not None


def test_messages_that_read_otherwise_are_noted() -> None:
    def plan(**messages: str) -> object:
        return schedule(**{name: fate("1-8", message=text) for name, text in messages.items()})

    one = plan(quiet="", gone="x", a="R=8 (Karma=1)", b="R=8", c="first")
    other = plan(quiet="x", a="R=8 (Karma=2)", b="R=9", c="second")
    note = "oarstat's message reads otherwise for 2 of 3 jobs, such as b: R=8 → R=9"
    assert messages_note(one, other) == note
    assert messages_note(one, one) == ""
    assert messages_note(other, one).startswith("oarstat's message reads otherwise for 2 of 3 jobs, such as b: R=9 →")
    here = situation()
    assert judge_case(record(here, one, other), "kao").notes == (note,)
    assert judge_case(record(here, one, one), "kao").notes == ()
    assert judge_case(record(here, None, other), "kao").notes == ()


def test_cases_that_a_known_difference_could_concern_are_counted() -> None:
    text = """
        [[known]]
        id = "KD-1"
        title = "later"
        reason = "because"
        owner = "ann"
        expires = 2030-01-01
        when.candidate = "kao"
        """
    known = JudgeSettings(known=parse_known(text, "known.toml"))
    ran, not_run = record(HERE, PLAN, PLAN), record(HERE, PLAN, case="c2")
    run = RunRecord({}, "native", ("native", "kao"), (ran, replace(ran, id="c3"), not_run))
    result = judge_run(run, known)
    assert [case.status for case in result.cases].count(Status.NOT_RUN) == 1
    assert [use.cases for use in result.known] == [2]


def test_the_counter_of_a_quota_is_the_word_it_names() -> None:
    ann = job("a", user="ann", project="p", queue="q")

    def counters(*keys: str) -> list[tuple[str, ...]]:
        rules = QuotaRules([Quota(*key.split(), resources=1) for key in keys])
        return [counter for _, counter in rules.binding(ann)]

    assert counters("* * * *") == [("*", "*", "*", "*")]
    assert counters("q / * /") == [("q", "p", "*", "ann")]
    assert counters("other * * *", "* other * *", "* * * bob", "* * * *") == [("*", "*", "*", "*")]
