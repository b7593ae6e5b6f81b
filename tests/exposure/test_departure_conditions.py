"""Each departure's condition holds in the scenarios that show it, and not in those beside them that are kept."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from harness.exposure.asked_condition import AskedCondition
from harness.exposure.asked_job import AskedJob, Column, Surroundings
from harness.exposure.departure_conditions import Conditioned, read_conditions
from harness.exposure.holding import both, holds_of, refusals
from harness.exposure.scenario_jobs import jobs_of, surroundings_of
from harness.model.fault import ConfigurationFault
from harness.model.registry import Registry
from harness.workload.scenario import load_scenario

TOP = Path(__file__).resolve().parents[2]
ALL = read_conditions(TOP / "fixtures" / "departures")
TOLD = [each for each in ALL if each.when]
COLUMNS = tuple(Column(each.id) for each in Registry().all())


@cache
def seen(name: str, debian: str) -> tuple[Surroundings, tuple[AskedJob, ...]]:
    scenario = load_scenario(TOP / "scenarios" / f"{name}.toml")
    return surroundings_of(scenario, COLUMNS, debian), tuple(jobs_of(scenario))


def happens(entry: Conditioned, name: str) -> bool | None:
    """Whether one of its conditions holds there, of any job."""
    debian = "bookworm" if any(when.debian for when in entry.when) else "trixie"
    here, jobs = seen(name, debian)
    answers = [both([*(each.answer for each in refusals(when, here)), _of_any(when, jobs)]) for when in entry.when]
    return True if True in answers else None if None in answers else False


def _of_any(when: AskedCondition, jobs: tuple[AskedJob, ...]) -> bool | None:
    answers = {holds_of(when, job) for job in jobs}
    return True if True in answers else None if None in answers else False


@pytest.mark.parametrize("entry", TOLD, ids=lambda entry: entry.id)
def test_it_holds_where_the_departure_shows(entry: Conditioned) -> None:
    shown = {name: happens(entry, name) for name in entry.departure.scenarios}
    assert [name for name, holds in shown.items() if not holds] == list(entry.round_only)


@pytest.mark.parametrize("entry", [each for each in TOLD if each.kept], ids=lambda entry: entry.id)
def test_it_does_not_hold_in_what_is_kept_beside(entry: Conditioned) -> None:
    assert not set(entry.kept) & set(entry.departure.scenarios)
    assert [name for name in entry.kept if happens(entry, name) is not False] == []


def test_a_condition_without_a_neighbour_holds_everywhere_or_says_what_else_it_takes() -> None:
    bare = [each.id for each in TOLD if not each.kept and not each.at_most]
    assert bare == ["D-LIVE-06", "D-PROCEDURES-01", "D-TIME-04"]


def test_what_cannot_be_told_says_why() -> None:
    assert [each.id for each in ALL if not each.when and len(each.unknown) < 20] == []


ENTRY = """
[[departure]]
id = "D-1"
title = "t"
scenarios = ["s"]
candidates = ["*"]
promised = "p"
cause = "c"
consequence = "c"
remedy = "r"
"""


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("", "neither when"),
        ('when-unknown = "so"\n[[departure.when]]\ntype = "noop"', "it says when it happens, and"),
        ("[[departure.when]]\nshift = [0, 1]", "answered by a round"),
        ("[[departure.when]]\ntypo = 1", "unknown word 'typo'"),
        ('[[departure.when]]\nreservation = "yes"', "Expected"),
        ('round-only = ["s"]\n[[departure.when]]\ntype = "noop"', "round-only without unseen"),
        ("[departure.when]\ntype = 1", "when is no list"),
    ],
)
def test_what_is_no_condition_is_refused_with_its_departure(tmp_path: Path, more: str, what: str) -> None:
    (tmp_path / "d.toml").write_text(ENTRY + more)
    with pytest.raises(ConfigurationFault, match=what) as fault:
        read_conditions(tmp_path)
    assert "D-1" in fault.value.where
