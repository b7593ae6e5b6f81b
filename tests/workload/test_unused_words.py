"""Words of a scenario that its kind has no use for."""

from __future__ import annotations

import pytest

from harness.model.fault import ConfigurationFault
from harness.workload.scenario import parse_scenario

HEAD = 'title = "t"\ncluster = "2 nodes x 1 cpus x 2 cores"\n'
JOB = "[[job]]\nname = 'one'\nuser = 'alice'\nsubmit = 'oarsub{} -l /nodes=1 \"sleep 9\"'\n"
LIVE = "kinds = ['live']\n"


@pytest.mark.parametrize("word", ["exit = 0", "output = 'x'"])
def test_where_no_program_runs_nothing_can_be_said_of_it(word: str) -> None:
    for kinds in ("", LIVE):
        with pytest.raises(ConfigurationFault, match="is of a program, which runs on no node here"):
            parse_scenario(HEAD + kinds + JOB.format("") + f"[expect]\none.{word}\n", "x.toml")
    parse_scenario(HEAD + LIVE + "nodes = 'real'\n" + JOB.format("") + f"[expect]\none.{word}\n")


def test_an_action_has_its_own() -> None:
    action = "[[action]]\nname = 'look'\nrun = 'oarstat'\n[expect]\nlook.exit = 0\n"
    assert parse_scenario(HEAD + LIVE + JOB.format("") + action).expect == {"look": {"exit": 0}}


@pytest.mark.parametrize(
    ("kinds", "option", "more", "warning"),
    [
        (
            "",
            "",
            "runtime = '0:00:09'\n",
            "x.toml:3: [[job]] 'one': runtime is of live cases: a plan makes no job end",
        ),
        (LIVE, "", "runtime = '0:00:09'\n", ""),
        ("kinds = ['plan', 'live']\n", "", "runtime = '0:00:09'\n", ""),
        ("", " -q defalt", "", "x.toml:3: [[job]] 'one': there is no queue 'defalt' — did you mean 'default'?"),
        ("", " -q besteffort", "", ""),
        ("", " -q night", "[[queue]]\nname = 'night'\n", ""),
        ("", " -q defalt", "[expect]\none.state = 'Rejected'\n", ""),
    ],
)
def test_what_changes_nothing_is_told(kinds: str, option: str, more: str, warning: str) -> None:
    scenario = parse_scenario(HEAD + kinds + JOB.format(option) + more, "x.toml")
    line = 3 + bool(kinds)
    assert scenario.warnings == ((warning.replace(":3:", f":{line}:"),) if warning else ())


@pytest.mark.parametrize(("kinds", "told"), [("", False), ("kinds = ['plan', 'live']\n", False), (LIVE, True)])
def test_what_only_plans_try_is_told(kinds: str, told: bool) -> None:
    scenario = parse_scenario(HEAD + kinds + JOB.format("") + "[conf]\nLOG_LEVEL = '4'\n", "x.toml")
    said = "x.toml:9: [conf] LOG_LEVEL is tried in plan cases alone: lanes log in their own way"
    assert scenario.warnings == ((said,) if told else ())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("on = ['node1']", "on is ['node1'] — write ids of resources, for example on = \"1-4,7\""),
        ("on = 4", "on is 4 — write ids of resources"),
        ("at = '1:30'", 'at \'1:30\' could mean hours or minutes — write "0:1:30" or "1:30:00"'),
        ("at = '90:30'", "at '90:30' could mean hours or minutes — write \"90:30:00\""),
        ("at = '1:75'", "at '1:75' could mean hours or minutes — write for example \"1:30:00\""),
    ],
)
def test_hints_can_be_followed(line: str, message: str) -> None:
    with pytest.raises(ConfigurationFault) as fault:
        parse_scenario(HEAD + JOB.format("") + line + "\n")
    assert message in str(fault.value)


@pytest.mark.parametrize(
    ("value", "hint"), [("5", 'A = "5"'), ("1.5", 'A = "1.5"'), ("true", 'A = "…"'), ("[1]", 'A = "…"')]
)
def test_a_value_of_conf_is_a_string(value: str, hint: str) -> None:
    with pytest.raises(ConfigurationFault) as fault:
        parse_scenario(HEAD + JOB.format("") + f"[conf]\nA = {value}\n")
    assert str(fault.value).endswith(f"write it as a string: {hint}")
