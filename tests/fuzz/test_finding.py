"""Findings are kept whole, and read again as they were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.fuzz.finding import DRAFT, FILE, SCENARIO, Finding, load, save
from harness.fuzz.findings_folder import FindingsFolder
from harness.fuzz.symptom import Symptom
from harness.model.fault import ConfigurationFault
from harness.workload.scenario import parse_scenario

SCENARIO_TEXT = """
title = "fuzz: plain jobs"
cluster = "1 nodes x 1 cpus x 2 cores"
[[job]]
name = "job1"
user = "alice"
submit = "oarsub -l core=1,walltime=0:10:00 x"
"""
FINDING = Finding(
    Symptom("candidate", "invalid", "overlap"),
    frozenset({"moldable", "conf"}),
    parse_scenario(SCENARIO_TEXT),
    seen=7,
    tried=frozenset({"a", "b"}),
    minimal=True,
    steady=False,
    why=("job1: invalid: overlap: …",),
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    place = save(FINDING, tmp_path, "job1 +0 – +600\nagain: ./oar-compat run")
    assert place == tmp_path / FINDING.name
    assert load(place) == FINDING
    assert FindingsFolder(tmp_path).findings() == [FINDING]
    assert (place / SCENARIO).read_text().startswith("# job1 +0 – +600\n# again: ./oar-compat run\n")


def test_a_draft_lies_beside_it_as_long_as_there_is_one(tmp_path: Path) -> None:
    place = save(FINDING, tmp_path, "", "[[known]]\n")
    assert (place / DRAFT).read_text() == "[[known]]\n"
    assert load(place) == FINDING
    save(FINDING, tmp_path, "")
    assert not (place / DRAFT).exists()


def test_its_name_tells_it_from_others_and_outlives_its_count() -> None:
    assert FINDING.name.startswith("invalid-overlap-conf-moldable-")
    assert replace(FINDING, seen=99, minimal=False).name == FINDING.name
    others = {
        replace(FINDING, features=frozenset()).name,
        replace(FINDING, symptom=Symptom("both", "invalid", "overlap")).name,
    }
    assert len(others | {FINDING.name}) == 3


def test_it_covers_what_has_its_features_and_more() -> None:
    assert FINDING.covers(FINDING.symptom, frozenset({"moldable", "conf", "users"}))
    assert not FINDING.covers(FINDING.symptom, frozenset({"moldable"}))
    assert not FINDING.covers(Symptom("candidate", "later"), FINDING.features)


def test_a_folder_without_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault, match="no finding"):
        load(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", '{"format": "oar-compat-finding/9"}'])
def test_a_broken_file_is_told_with_its_name(tmp_path: Path, content: str) -> None:
    place = save(FINDING, tmp_path, "")
    (place / FILE).write_text(content)
    with pytest.raises(ConfigurationFault) as raised:
        load(place)
    assert raised.value.where.endswith(FILE)


def test_a_store_holds_what_is_left_in_it_and_nothing_else(tmp_path: Path) -> None:
    small = replace(FINDING, features=frozenset())
    first = FindingsFolder(tmp_path)
    assert first.findings() == first.waiting() == []
    first.keep(FINDING, None, "./oar-compat run")
    first.leave([FINDING], [small])
    assert "again: ./oar-compat run --scenario" in (tmp_path / FINDING.name / SCENARIO).read_text()
    second = FindingsFolder(tmp_path)
    assert second.findings() == [FINDING]
    assert second.waiting() == [small]
    second.keep(small, None, "./oar-compat run")
    second.leave([small], [])
    third = FindingsFolder(tmp_path)
    assert third.findings() == [small]
    assert third.waiting() == []
