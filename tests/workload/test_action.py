"""What is done in a live case beside submitting jobs, and what it waits for."""

from __future__ import annotations

import pytest

from harness.model.fault import ConfigurationFault
from harness.model.record import Kind
from harness.workload.action import Action, with_ids
from harness.workload.awaited import Awaited
from harness.workload.case_ids import case_id
from harness.workload.scenario import Scenario, parse_scenario
from harness.workload.scenario_dump import dump_scenario

HEAD = """
title = "a live case"
cluster = "2 nodes x 1 cpus x 2 cores"
kinds = ["live"]
nodes = "real"
[[job]]
name = "one"
user = "alice"
submit = "oarsub -l core=1 'sleep 60'"
[[job]]
name = "sweep"
user = "alice"
submit = "oarsub --array 2 -l core=1 'sleep 60'"
"""
HOLD = """
[[action]]
name = "hold"
when = ["one.Running", "node1.Alive"]
at = "0:00:05"
rounds = 2
run = "oarhold {one} {sweep[2]}"
user = "carol"
compare = true
ignore = ["message", '\\d+ s']
"""
KILL = """
[[action]]
name = "kill"
when = "hold.done"
node = "node2"
do = "stop"
"""
POST = """
[[action]]
name = "delete"
when = "one-again.Waiting"
post = "/jobs/{one-again}/deletions/new.json"
user = "alice"
body = { why = "of {sweep}" }
"""


def parse(text: str, head: str = HEAD) -> Scenario:
    return parse_scenario(head + text, "live.toml")


def test_all_that_an_action_can_say() -> None:
    hold, kill, post = parse(HOLD + KILL + POST).actions
    assert hold == Action(
        "hold",
        at=5,
        when=(Awaited("one", "Running"), Awaited("node1", "Alive")),
        rounds=2,
        run="oarhold {one} {sweep[2]}",
        user="carol",
        compare=True,
        ignore=("message", r"\d+ s"),
    )
    assert (kill.command, kill.when) == ("stop node2", (Awaited("hold", "done"),))
    assert (post.command, post.rest, post.body) == (
        "POST /jobs/{one-again}/deletions/new.json",
        True,
        {"why": "of {sweep}"},
    )


def test_whoever_runs_a_command_is_a_user_of_the_server() -> None:
    assert parse(HOLD + KILL).users == ("alice", "carol")


def test_what_is_written_out_is_read_back() -> None:
    text = HOLD + KILL + POST
    late = """
    [[job]]
    name = "late"
    user = "bob"
    submit = "oarsub -r '+0:01:00' -l core=1"
    when = ["hold.done", "one.Terminated"]
    client = "leaves"
    """
    scenario = parse(late + text)
    assert scenario.jobs[-1].leaves
    assert parse_scenario(dump_scenario(scenario)) == scenario


def test_names_become_ids_and_nothing_else_in_braces_does() -> None:
    ids = {"one": 7, "sweep": 8, "sweep[2]": 9}
    assert (
        with_ids("oardel {one} {sweep} {sweep[2]}; echo ${HOME} {} {a,b}", ids)
        == "oardel 7 8 9; echo ${HOME} {} {a,b}"
    )


def test_a_job_that_was_never_submitted_has_an_id_that_no_command_takes() -> None:
    assert with_ids("oardel {one}", {}, quoted=True) == "oardel no-id-of-one"


def test_jobs_that_wait_for_something_come_last() -> None:
    waits = """
    [[job]]
    name = "waits"
    user = "bob"
    submit = "oarsub -a one -l core=1 x"
    when = "one.Running"
    [[job]]
    name = "late"
    user = "bob"
    submit = "oarsub -l core=1 x"
    at = "0:00:30"
    """
    assert [job.name for job in parse(waits).jobs] == ["one", "sweep", "late", "waits"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("oarhold {one} {sweep[2]}", "oarhold {one}"),
        ('user = "carol"', 'user = "alice"'),
        ('"one.Running", ', ""),
        ("rounds = 2", "rounds = 1"),
        ('at = "0:00:05"', ""),
        ('do = "stop"', 'do = "start"'),
        ('nodes = "real"', ""),
    ],
)
def test_what_is_done_makes_another_case(old: str, new: str) -> None:
    text = HEAD + HOLD + KILL
    assert old in text
    if old.startswith("nodes"):
        text = text.replace(KILL, "")
    changed = parse_scenario(text.replace(old, new))
    assert case_id(changed, Kind.LIVE) != case_id(parse_scenario(text), Kind.LIVE)


def test_how_an_answer_is_judged_does_not() -> None:
    plain = HOLD.replace("compare = true", "").replace("ignore", "#")
    assert case_id(parse(plain), Kind.LIVE) == case_id(parse(HOLD), Kind.LIVE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HOLD.replace('name = "hold"', 'name = "one"'),
            "live.toml:16: [[action]] 'one': 'one' is the name of something",
        ),
        (HOLD + HOLD, "there are two actions of that name"),
        (HOLD.replace("{one}", "{on}"), "live.toml:20: [[action]] 'hold': {on}: there is no such job"),
        (HOLD.replace("one.Running", "one.Runing"), "one is never 'Runing' — did you mean 'Running'?"),
        (HOLD.replace("one.Running", "node1.Running"), "node1 is never 'Running'"),
        (HOLD.replace("one.Running", "hold.done"), "there is no job, node or earlier action 'hold'"),
        (HOLD.replace("one.Running", "one"), "when is 'one'"),
        (HOLD.replace("rounds = 2", "rounds = -1"), "rounds is -1"),
        (HOLD.replace("\\d+ s", "("), "'(' is no regular expression"),
        (HOLD.replace('user = "carol"', 'user = "Carol"'), "'Carol' cannot name a user"),
        (HOLD.replace("run =", "get ="), "get is 'oarhold {one} {sweep[2]}'"),
        (HOLD + KILL.replace("node2", "node3"), "there is no node 'node3'"),
        (HOLD + KILL.replace("stop", "reboot"), "a node cannot 'reboot'"),
        (HOLD + KILL + "compare = true", "there is no answer to compare"),
        (HOLD + KILL + 'run = "true"', "it has run and node"),
        (HOLD + 'body = { a = "b" }', "a body is for post alone"),
        ('[[action]]\nname = "nothing"', "it has nothing to do"),
        (
            '[[job]]\nname="x"\nuser="bob"\nsubmit="oarsub -l core=1 x"\nclient="leaves"',
            "does not wait for an answer",
        ),
        ('[[job]]\nname="x"\nuser="bob"\nsubmit="oarsub -l core=1 x"\nwhen="y.Running"', "or earlier action 'y'"),
        ("[expect]\none.done = true", "unknown key 'done'"),
        (HOLD + "[expect]\nhold.state = 'Running'", "unknown key 'state'"),
    ],
)
def test_refuses_with_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        parse(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("head", "text", "message"),
    [
        (HEAD.replace('["live"]', '["live", "plan"]'), "", "a plan case has no use for real nodes"),
        (
            HEAD.replace('["live"]', '["plan"]').replace('nodes = "real"', ""),
            HOLD,
            "a plan case has no use for actions",
        ),
        (HEAD.replace('nodes = "real"', ""), HOLD + KILL, "[[action]] 'kill': the nodes are no containers"),
        (HEAD.replace('"real"', '"many"'), "", "nodes is 'many'"),
    ],
)
def test_what_only_a_live_case_can_do(head: str, text: str, message: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        parse(text, head)
    assert message in str(caught.value)
