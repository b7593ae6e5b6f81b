"""``[conf]`` of scenario and site files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.fault import ConfigurationFault, ExitCode
from harness.model.oar_keys import KNOWN_KEYS
from harness.model.owned_keys import LOGGING, OWNED, Owner, owner_of
from harness.oar2.scenario_setup import lane_conf, scenario_conf
from harness.site.site import load_site
from harness.workload.scenario import parse_scenario

HEAD = 'title = "t"\ncluster = "2 nodes x 1 cpus x 2 cores"\n'
JOB = "[[job]]\nname = 'one'\nuser = 'alice'\nsubmit = 'oarsub -l /nodes=1 \"sleep 9\"'\n"
LANES = [each.pattern.replace("*", "X") for each in OWNED if each.owner is Owner.LANE]
COLUMNS = [each.pattern for each in OWNED if each.owner is Owner.COLUMN]
VALUES = st.sampled_from(["", "1", "yes", "/opt/x", "%s|%s"])
MACHINES = [each.pattern.replace("*", "X") for each in OWNED if each.owner is Owner.MACHINE]


def refusal(text: str) -> str:
    with pytest.raises(ConfigurationFault) as fault:
        parse_scenario(HEAD + JOB + text, "x.toml")
    assert fault.value.exit_code == ExitCode.CONFIGURATION
    assert fault.value.where.startswith("x.toml:")
    assert fault.value.remedy
    return str(fault.value)


@pytest.mark.parametrize("key", [*LANES, *COLUMNS])
def test_a_scenario_may_not_set_what_is_not_its_own(key: str) -> None:
    said = refusal(f"[conf]\n{key} = 'x'\n")
    assert f"[conf] {key} belongs to the" in said
    assert said.startswith("x.toml:8: ")


@pytest.mark.parametrize("key", [*MACHINES, *LOGGING, "SCHEDULER_TIMEOUT"])
def test_the_others_are_let_through(key: str) -> None:
    scenario = parse_scenario(HEAD + JOB + f"[conf]\n{key} = '5'\n")
    assert scenario.conf == {key: "5"}


def test_a_lane_logs_in_its_own_way() -> None:
    scenario = parse_scenario(HEAD + JOB + "[conf]\nLOG_LEVEL = '0'\nLOG_FORMAT = 'x'\nSCHEDULER_TIMEOUT = '5'\n")
    assert lane_conf(scenario) == {"SCHEDULER_TIMEOUT": "5"}
    assert not set(LOGGING) & set(scenario_conf(scenario))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[conf]\nscheduler_timeout = '5'\n", "is no key of oar.conf — write SCHEDULER_TIMEOUT"),
        ("[conf]\n'SCHEDULER TIMEOUT' = '5'\n", "is no key of oar.conf — write SCHEDULER_TIMEOUT"),
        ("[conf]\nSCHEDULER-TIMEOUT = '5'\n", "is no key of oar.conf — write SCHEDULER_TIMEOUT"),
        ("[conf]\n9LIVES = '5'\n", "is no key of oar.conf — write capital letters, digits and _"),
        ("[[quota]]\nuser = '/'\njobs = 1\n[conf]\nQUOTAS_CONF_FILE = '/x'\n", "that file is made of the quotas"),
    ],
)
def test_refuses_with_one_clear_line(text: str, message: str) -> None:
    assert message in refusal(text)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("SCHEDULER_JOB_SECURITY_TIEM = '5'", "did you mean SCHEDULER_JOB_SECURITY_TIME?"),
        ("SECURITY = '5'", "it changes nothing, unless a program of your own reads it"),
        ("SCHEDULER_TIMEOUT = '5'", ""),
        ("WALLTIME_CHANGE_TIMEOUT = '5'", ""),
        ("KAMELOT_GET_RESOURCES_HIERARCHY_MODE = '5'", ""),
    ],
)
def test_a_key_that_nobody_reads_is_warned_of(line: str, hint: str) -> None:
    scenario = parse_scenario(HEAD + JOB + f"[conf]\n{line}\n", "x.toml")
    key = line.partition(" ")[0]
    said = f"x.toml:8: [conf] {key}: neither OAR2 nor OAR3 reads it — {hint}"
    assert scenario.warnings == ((said,) if hint else ())


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True) | st.sampled_from(sorted(KNOWN_KEYS)), VALUES
    )
)
def test_a_key_is_refused_with_its_reason_or_set_or_warned_of(keys: dict[str, str]) -> None:
    text = HEAD + JOB + "[conf]\n" + "".join(f"{key} = '{value}'\n" for key, value in keys.items())
    owned = [key for key in keys if (owner := owner_of(key)) and owner.owner is not Owner.MACHINE]
    if owned:
        assert f"[conf] {owned[0]} belongs to the" in refusal(text.removeprefix(HEAD + JOB))
        return
    scenario = parse_scenario(text)
    assert scenario.conf == keys
    assert len(scenario.warnings) == len(set(keys) - KNOWN_KEYS)
    in_force = scenario_conf(scenario)
    assert in_force.keys() >= keys.keys() - set(LOGGING)
    assert not {each.owner for each in map(owner_of, in_force) if each} & {Owner.LANE, Owner.COLUMN}


def site(folder: Path, text: str) -> Path:
    (folder / "site.toml").write_text(HEAD + text)
    return folder


def test_a_site_may_say_what_it_runs(tmp_path: Path) -> None:
    keys = "".join(
        f"{key} = '{value}'\n" for key, value in zip(COLUMNS, ("kao", "external", "yes", "/x"), strict=True)
    )
    assert load_site(site(tmp_path, f"[conf]\n{keys}")).reference.id.startswith("kao-external")


@pytest.mark.parametrize("key", LANES)
def test_a_site_may_not_set_what_is_the_lanes(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigurationFault, match=f"{key} belongs to the harness") as fault:
        load_site(site(tmp_path, f"[conf]\n{key} = 'x'\n"))
    assert fault.value.exit_code == ExitCode.CONFIGURATION
    own = f"[[metascheduler]]\nname = 'm'\ncommand = '/m'\n[metascheduler.conf]\n{key} = 'x'\n"
    with pytest.raises(ConfigurationFault, match=f"{key} belongs to the harness"):
        load_site(site(tmp_path, own))


def test_a_site_is_warned_once(tmp_path: Path) -> None:
    found = load_site(site(tmp_path, "[conf]\nSCHEDULER_TIMEUOT = '5'\n"))
    (warning,) = found.warnings
    assert warning.endswith(
        ":4: [conf] SCHEDULER_TIMEUOT: neither OAR2 nor OAR3 reads it — did you mean SCHEDULER_TIMEOUT?"
    )
    assert parse_scenario(HEAD + JOB, "x.toml", found.defaults).warnings == ()


@pytest.mark.parametrize("key", [*LANES, *LOGGING])
def test_a_step_may_set_neither_the_lanes_keys_nor_what_is_logged(key: str) -> None:
    step = f"[[step]]\nname = 's'\nsays = 'p'\nconf = '{key}=\"x\"'\n[[step]]\nname = 't'\nsubmit = ['one']\n"
    text = 'kinds = ["procedure"]\n' + HEAD + JOB + step
    with pytest.raises(ConfigurationFault, match=f"{key} belongs to the harness"):
        parse_scenario(text, "x.toml")
