"""A scenario's own assertions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.compare import check_expect, judge_case
from harness.compare.expect.expectations import broken, judges_validity
from harness.model.fault import ConfigurationFault
from harness.model.schedule import Fate, Schedule
from tests.compare.making import HOUR, fate, job, record, schedule, situation

JOBS = [job(name) for name in ("a", "b", "sweep[1]", "sweep[2]", "never", "filler")]
HERE = situation(*JOBS)
PLAN = Schedule(
    {
        "a": fate("1-8", 600, moldable=0),
        "b": fate("9-24", 600 + HOUR, lasts=60, moldable=1),
        "sweep[1]": fate("25-32", 0, lasts=60),
        "sweep[2]": fate("25-32", 60, lasts=60),
        "never": Fate("Error", message="This reservation cannot run"),
        "filler": Fate("Running", killed=True),
    }
)


def why(subject: str, word: str, value: Any, plan: Schedule = PLAN) -> list[str]:
    return [b.why for b in broken({subject: {word: value}}, HERE, plan, "x.toml")]


@pytest.mark.parametrize(
    ("subject", "word", "value"),
    [
        ("b", "starts-after", "a"),
        ("b", "starts-after", ["a", "sweep"]),
        ("a", "starts-before", "b"),
        ("a", "starts-with", "a"),
        ("b", "starts-after-end-of", "a"),
        ("a", "ends-before-start-of", "b"),
        ("a", "starts-at-least", 600),
        ("a", "starts-at-most", 600),
        ("a", "starts-at-most", "0:10:00"),
        ("a", "starts-at-most", "0:10"),
        ("b", "starts-at-least", "1:10:00"),
        ("b", "starts-at-most", "1:10:00"),
        ("sweep", "starts-at-most", 60),
        ("b", "lasts", 60),
        ("a", "on", "node1"),
        ("b", "on", ["node3", "node2", "node4"]),
        ("b", "not-on", ["node1", "node4"]),
        ("b", "nodes", 2),
        ("b", "resources", 16),
        ("b", "moldable", 1),
        ("never", "state", "Error"),
        ("never", "state", ["Rejected", "Error"]),
        ("never", "message", "cannot .*run"),
        ("never", "placed", False),
        ("a", "placed", True),
        ("filler", "killed", True),
        ("a", "killed", False),
    ],
)
def test_met(subject: str, word: str, value: Any) -> None:
    assert why(subject, word, value) == []


@pytest.mark.parametrize(
    ("subject", "word", "value", "text"),
    [
        ("a", "starts-after", "b", "expected starts-after b, but it starts 3600 s before the start of b"),
        ("a", "starts-after", "a", "expected starts-after a, but it starts 0 s after the start of a"),
        ("b", "starts-before", "a", "expected starts-before a, but it starts 3600 s after the start of a"),
        ("a", "starts-before", "a", "expected starts-before a, but it starts 0 s after the start of a"),
        ("a", "starts-with", "b", "expected starts-with b, but it starts 3600 s before the start of b"),
        ("b", "starts-with", "a", "expected starts-with a, but it starts 3600 s after the start of a"),
        ("a", "starts-after-end-of", "a", "expected starts-after-end-of a, but it starts 0 s after the start of a"),
        (
            "b",
            "ends-before-start-of",
            "a",
            "expected ends-before-start-of a, but it starts 3600 s after the start of a",
        ),
        ("a", "starts-after", "never", "expected starts-after never, but never has no place"),
        ("a", "starts-at-least", 601, "expected starts-at-least 601, but it starts 0:10:00 after the beginning"),
        (
            "a",
            "starts-at-most",
            "0:09:59",
            "but it starts 0:10:00 after the beginning",
        ),
        ("b", "lasts", 61, "expected lasts 61, but it lasts 0:01:00"),
        ("b", "on", "node2", "expected on node2, but it is on node3 too"),
        ("b", "not-on", ["node2", "node1"], "expected not-on node2, node1, but it is on node2"),
        ("b", "on", "node9", "expected on node9, but it is on node2, node3 too"),
        ("b", "not-on", ["node3", "node2"], "but it is on node2, node3"),
        ("b", "nodes", 1, "expected nodes 1, but it is on 2"),
        ("b", "resources", 8, "expected resources 8, but it has 16"),
        ("b", "moldable", 0, "expected moldable 0, but it takes 1"),
        ("never", "state", "Rejected", "expected state Rejected, but it is Error"),
        ("never", "message", "done", "expected message done, but it says 'This reservation cannot run'"),
        ("never", "placed", True, "expected placed True, but it has no place"),
        ("a", "placed", False, "expected placed False, but it has a place"),
        ("a", "killed", True, "expected killed True, but it is not killed"),
        ("filler", "killed", False, "expected killed False, but it is killed"),
        ("never", "starts-at-most", 5, "expected starts-at-most 5, but it has no place (Error)"),
    ],
)
def test_not_met(subject: str, word: str, value: Any, text: str) -> None:
    (found,) = why(subject, word, value)
    assert found.endswith(text)
    assert found.startswith(f"expected {word} ")


def test_jobs_that_the_schedule_does_not_know() -> None:
    empty = schedule()
    assert why("a", "state", "absent", empty) == []
    assert why("a", "state", "Waiting", empty) == ["expected state Waiting, but it is absent"]
    assert why("a", "message", "x", empty) == ["expected message x, but it says ''"]
    assert why("a", "placed", False, empty) == []
    assert why("a", "killed", False, empty) == []
    assert why("a", "nodes", 1, empty) == ["expected nodes 1, but it has no place (absent)"]


def test_an_array_stands_for_its_jobs() -> None:
    found = list(broken({"sweep": {"starts-at-most": 0}}, HERE, PLAN, "x.toml"))
    assert [(b.job, b.why[-30:]) for b in found] == [("sweep[2]", "s 0:01:00 after the beginning")] or len(found) == 1
    assert found[0].job == "sweep[2]"
    one = list(broken({"sweep[2]": {"starts-at-most": 0}}, HERE, PLAN, "x.toml"))
    assert one == found
    assert why("a", "starts-before", "sweep") == [
        "expected starts-before sweep, but it starts 600 s after the start of sweep[1]"
    ]


def test_times_count_from_the_beginning_of_the_case() -> None:
    late = replace(HERE, beginning=HERE.now - 601)
    for word, most in (("starts-at-least", 1201), ("starts-at-most", 1201)):
        assert [*broken({"a": {word: most}}, late, PLAN, "x.toml")] == []
    (early,) = broken({"a": {"starts-at-most": 1200}}, late, PLAN, "x.toml")
    (tardy,) = broken({"a": {"starts-at-least": 1202}}, late, PLAN, "x.toml")
    assert early.why == "expected starts-at-most 1200, but it starts 0:20:01 after the beginning"
    assert tardy.why == "expected starts-at-least 1202, but it starts 0:20:01 after the beginning"


def test_every_broken_word_is_told() -> None:
    expect = {"valid": True, "a": {"nodes": 2, "resources": 8, "moldable": 3}, "b": {"nodes": 9}}
    assert [b.job for b in broken(expect, HERE, PLAN, "x.toml")] == ["a", "a", "b"]


def test_unknown_resources_are_on_no_node() -> None:
    assert why("a", "on", "node1", Schedule({"a": fate("1-8 99")})) == []


@pytest.mark.parametrize(("expect", "judged"), [({}, True), ({"valid": True}, True), ({"valid": False}, False)])
def test_validity(expect: dict[str, Any], judged: bool) -> None:
    assert judges_validity(expect) is judged


@pytest.mark.parametrize(
    ("expect", "what", "remedy"),
    [
        ({"valid": "yes"}, "[expect] valid = 'yes'", "it takes true or false"),
        ({"sweeep": {}}, "[expect] no job 'sweeep'", "did you mean 'sweep["),
        ({"a": True}, "[expect] a = True", "write for example a.placed = true"),
        ({"a": {"start-after": "b"}}, "[expect] a.start-after", "did you mean 'starts-after'?"),
        ({"a": {"stat": "x"}}, "[expect] a.stat", "did you mean 'state'?"),
        ({"a": {"starts-after": "c"}}, "[expect] no job 'c'", "known are: a, b, sweep[1], sweep[2], never, filler"),
        ({"a": {"ends-before-start-of": "c"}}, "[expect] no job 'c'", "known are"),
        ({"a": {"starts-with": "c"}}, "[expect] no job 'c'", "known are"),
        ({"a": {"starts-after": 3}}, "[expect] a.starts-after = 3", "it takes a text, or a list of texts"),
        ({"a": {"starts-after": []}}, "[expect] a.starts-after = []", "it takes a text, or a list of texts"),
        ({"a": {"starts-at-most": "soon"}}, "[expect] a.starts-at-most = 'soon'", '"hours:minutes:seconds"'),
        ({"a": {"starts-at-most": "0:61:00"}}, "[expect] a.starts-at-most", "it takes seconds"),
        ({"a": {"starts-at-most": -1}}, "[expect] a.starts-at-most", "it takes seconds"),
        ({"a": {"starts-at-most": 1.5}}, "[expect] a.starts-at-most", "it takes seconds"),
        ({"a": {"nodes": True}}, "[expect] a.nodes = True", "it takes a whole number"),
        ({"a": {"placed": 1}}, "[expect] a.placed = 1", "it takes true or false"),
        ({"a": {"killed": "yes"}}, "[expect] a.killed = 'yes'", "it takes true or false"),
        ({"a": {"message": "("}}, "[expect] a.message = '('", "it takes a regular expression"),
        ({"a": {"message": 3}}, "[expect] a.message = 3", "it takes a regular expression"),
        ({"a": {"state": 3}}, "[expect] a.state = 3", "it takes a text, or a list of texts"),
    ],
)
def test_faults(expect: dict[str, Any], what: str, remedy: str) -> None:
    with pytest.raises(ConfigurationFault) as fault:
        check_expect(expect, [j.name for j in JOBS], "x.toml")
    assert fault.value.where == "x.toml"
    assert what in fault.value.what
    assert remedy in fault.value.remedy


def test_validity_does_not_end_the_check() -> None:
    with pytest.raises(ConfigurationFault, match="no job 'z'"):
        check_expect({"valid": True, "z": {}}, ["a"], "x.toml")


def test_nodes_named_by_on_are_no_jobs() -> None:
    check_expect({"a": {"on": "anything", "not-on": ["x"], "state": "any"}}, ["a"], "x.toml")


def test_judging_names_the_scenario_or_the_case() -> None:
    with pytest.raises(ConfigurationFault, match="no job 'z'") as fault:
        judge_case(record(HERE, PLAN, PLAN, expect={"z": {"placed": True}}), "kao")
    assert fault.value.where == "c1"


def test_jobs_only_the_schedule_knows_can_be_named() -> None:
    assert list(broken({"ghost": {"nodes": 1}}, HERE, schedule(ghost=fate("1-8")), "x")) == []
