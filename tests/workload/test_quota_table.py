"""``[[quota]]``: what it says, and what it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.fault import ConfigurationFault
from harness.model.quota import Quota
from harness.model.record import Kind
from harness.workload.case_ids import case_id
from harness.workload.quota_file import dump_quotas, parse_quotas
from harness.workload.scenario import Defaults, Scenario, parse_scenario
from harness.workload.scenario_dump import dump_scenario

HEAD = 'title = "t"\ncluster = "2 nodes x 1 cpu x 2 cores"\n'
JOB = '[[job]]\nname = "one"\nuser = "alice"\nsubmit = "oarsub -l core=1 cmd"\n'


def read(quotas: str, defaults: Defaults | None = None) -> Scenario:
    return parse_scenario(HEAD + quotas + JOB, "s.toml", defaults)


def test_what_is_left_out_is_every_one_and_no_limit() -> None:
    found = read(
        """
        [[quota]]
        user = "/"
        resources = 4
        [[quota]]
        queue = "default"
        project = "physics"
        type = "besteffort"
        user = "al.ice"
        jobs = 0
        hours = 1.5
        [[quota]]
        user = "boss"
        resources = -1
        """
    )
    assert found.quotas == (
        Quota(user="/", resources=4),
        Quota("default", "physics", "besteffort", "al.ice", jobs=0, hours=1.5),
        Quota(user="boss"),
    )


@pytest.mark.parametrize(
    ("quota", "message"),
    [
        ("resource = 4", "s.toml:4: [[quota]] 1: unknown key 'resource'"),
        ("user = 'alice'", "s.toml:3: [[quota]] 1: it limits nothing"),
        ("user = 'a,b'\njobs = 1", "s.toml:4: [[quota]] 1: user is 'a,b'"),
        ("user = ''\njobs = 1", "s.toml:4: [[quota]] 1: user is ''"),
        ('project = "o\'brien"\njobs = 1', "project is"),
        ("type = '/'\njobs = 1", "s.toml:4: [[quota]] 1: type is '/': OAR counts no type by itself"),
        (
            "queue = 'defualt'\njobs = 1",
            "s.toml:4: [[quota]] 1: there is no queue 'defualt' — did you mean 'default'",
        ),
        ("jobs = -2", "s.toml:4: [[quota]] 1: jobs is -2"),
        ("jobs = 1.5", "jobs is 1.5"),
        ("hours = '1'", "hours is '1'"),
        ("hours = nan", "hours is nan"),
        ("hours = -0.5", "s.toml:4: [[quota]] 1: hours is -0.5"),
        ("hours = true", "hours is True"),
        (
            "jobs = 1\n[[quota]]\nuser = '*'\nhours = 2",
            "[[quota]] 2: there are two quotas on the same — the other is at s.toml:3",
        ),
    ],
)
def test_refuses_with_one_clear_line(quota: str, message: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        read(f"[[quota]]\n{quota}\n")
    line = str(caught.value)
    assert message in line
    assert "\n" not in line
    assert caught.value.remedy


def test_a_queue_of_the_file_and_a_site_s_quotas() -> None:
    night = "[[queue]]\nname = 'night'\n"
    own = read(f"{night}[[quota]]\nqueue = 'night'\njobs = 1\n")
    assert own.quotas == (Quota("night", jobs=1),)
    site = Defaults(quotas=(Quota("of-the-site", jobs=9),))
    assert read("", site).quotas == site.quotas
    assert read("[[quota]]\njobs = 1\n", site).quotas == (Quota(jobs=1),)


def test_quotas_tell_cases_apart_and_none_changes_no_id() -> None:
    plain, some = read(""), read("[[quota]]\njobs = 1\n[[quota]]\nuser = '/'\nhours = 2\n")
    assert case_id(plain, Kind.PLAN) == "t-" + case_id(plain, Kind.PLAN)[-8:]
    assert case_id(some, Kind.PLAN) != case_id(plain, Kind.PLAN)
    turned = replace(some, quotas=some.quotas[::-1])
    assert case_id(turned, Kind.PLAN) == case_id(some, Kind.PLAN)


words = st.sampled_from(["*", "/", "default", "p-1", "x_y.z"])
quotas = st.lists(
    st.builds(
        Quota,
        st.sampled_from(["*", "/", "default", "admin"]),
        words,
        words.filter(lambda word: word != "/"),
        words,
        st.integers(-1, 10**6),
        st.integers(-1, 10**6),
        st.just(-1.0) | st.integers(0, 10**6).map(float) | st.integers(0, 10**6).map(lambda n: n / 8),
    ),
    max_size=5,
    unique_by=lambda quota: quota.key,
).map(tuple)


@given(quotas)
def test_written_out_and_read_again(found: tuple[Quota, ...]) -> None:
    assert parse_quotas(dump_quotas(found)) == found
    scenario = replace(read(""), quotas=found)
    assert parse_scenario(dump_scenario(scenario), "s.toml") == scenario
