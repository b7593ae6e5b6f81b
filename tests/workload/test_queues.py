"""Which scheduler a queue is given, which queue a job comes to, and what a scenario is not for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.combination import NATIVE_SCHEDULERS
from harness.model.registry import Registry
from harness.oarsub.admission import admit
from harness.oarsub.request import read_request
from harness.oarsub.submission import parse_oarsub
from harness.workload.queues import given_schedulers, queue_of
from harness.workload.scenario import Queue, Scenario, parse_scenario

DEBIAN, PLAIN, FAIR = (each.name for each in NATIVE_SCHEDULERS[:3])
NAMES = st.sampled_from(["default", "besteffort", "admin", "night", "day"])
QUEUES = st.lists(
    st.builds(Queue, NAMES, st.integers(0, 9), st.sampled_from(["", PLAIN, FAIR])),
    unique_by=lambda queue: queue.name,
)


@pytest.mark.parametrize(
    ("own", "site", "policies"),
    [
        ([], [], {}),
        ([Queue("default", 2, PLAIN)], [], {"default": PLAIN, "besteffort": PLAIN, "admin": PLAIN}),
        ([Queue("night", 1, FAIR)], [], {"night": FAIR}),
        ([Queue("night", 1)], [Queue("night", 5, FAIR)], {"night": FAIR}),
        (
            [Queue("night", 1)],
            [Queue("default", 5, FAIR)],
            dict.fromkeys(("night", "default", "admin", "besteffort"), FAIR),
        ),
        ([Queue("night", 1, PLAIN)], [Queue("night", 5, FAIR)], {"night": PLAIN}),
    ],
)
def test_a_queue_s_own_scheduler_else_the_site_s_else_that_of_default(
    own: list[Queue], site: list[Queue], policies: dict[str, str]
) -> None:
    fresh = dict.fromkeys(("admin", "default", "besteffort"), DEBIAN)
    assert given_schedulers(own, site) == fresh | policies


@given(QUEUES, QUEUES)
def test_each_queue_is_given_a_scheduler_and_what_is_said_holds(own: list[Queue], site: list[Queue]) -> None:
    found = given_schedulers(own, site)
    assert set(found) == {"admin", "default", "besteffort", *(queue.name for queue in own)}
    assert all(found.values())
    assert all(found[queue.name] == queue.scheduler for queue in own if queue.scheduler)


@pytest.mark.parametrize(
    "options", ["", "-q night", "-t besteffort", "-q besteffort", "-q night -t besteffort", "--queue=x"]
)
def test_the_queue_a_job_comes_to_is_the_one_that_the_admission_rules_give_it(options: str) -> None:
    submission = parse_oarsub(f"oarsub {options} -l core=1 x")
    assert queue_of(submission) == admit(read_request(submission.argv, {}), "alice").queue


def scenario(text: str, queue: str = "") -> Scenario:
    return parse_scenario(
        f"""
        title = "t"
        cluster = "1 nodes x 1 cpus x 1 cores"
        {text}
        [[queue]]
        name = "night"
        priority = 1
        scheduler = "{PLAIN}"
        [[job]]
        name = "one"
        user = "alice"
        submit = "oarsub {queue} -l core=1 x"
        """
    )


@pytest.mark.parametrize(
    ("pattern", "queue", "combination", "holds"),
    [
        ("oar_meta_sched+kamelot", "", "oar_meta_sched+kamelot:default", True),
        ("oar_meta_sched+kamelot", "-q night", "oar_meta_sched+kamelot:default", False),
        ("oar_meta_sched+kamelot:default", "", "oar_meta_sched+kamelot", False),
        ("oar_meta_sched+kamelot:default", "", "oar_meta_sched+kamelot:default", True),
        (f"*{PLAIN}", "-q night", "oar_meta_sched+kamelot:default", True),
        (f"*{PLAIN}", "", "oar_meta_sched+kamelot:default", False),
        (f"*{PLAIN}", "-q night", "kao-external", True),
        ("kao-external+*", "", "kao-external", True),
        ("oar_meta_sched+kamelot", "-q night", "oar_meta_sched+kamelot", True),
        ("kao", "", "kao-external", False),
    ],
)
def test_what_a_scenario_is_not_for_and_only_for(pattern: str, queue: str, combination: str, holds: bool) -> None:
    found = Registry().find(combination)
    refused = scenario(f'[not-applicable]\n"{pattern}" = "why"', queue).not_for(found)
    assert refused == ("why" if holds else "")
    only = scenario(f'only = ["{pattern}"]', queue).not_for(found)
    assert only == ("" if holds else f"only for {pattern}")


def test_only_holds_where_it_holds_for_each_queue_that_a_job_goes_to() -> None:
    both = scenario('only = ["*+kamelot"]')
    night = scenario("", "-q night").jobs[0]
    mixed = Scenario("t", both.cluster, (*both.jobs, night), queues=both.queues, only=both.only)
    assert mixed.not_for(Registry().find("oar_meta_sched+kamelot:default")) == "only for *+kamelot"
    assert mixed.not_for(Registry().find("oar_meta_sched+kamelot")) == ""


def test_a_queue_that_a_scenario_has_not() -> None:
    assert scenario("").not_for(Registry().find("oar_meta_sched+kamelot:day")) == "it has no queue day"
    assert scenario("").not_for(Registry().find("oar_meta_sched+kamelot:night,besteffort")) == ""
