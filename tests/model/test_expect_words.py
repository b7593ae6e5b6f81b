"""Each word of ``[expect]`` is read, checked and documented."""

from __future__ import annotations

from pathlib import Path

import pytest

import harness
from harness.compare.expect.assertions import OF_FATE, OF_PLACE, READERS
from harness.compare.expect.expectations import broken
from harness.model.expect_words import (
    ACTION_WORDS,
    ALIASES,
    JOB_WORDS,
    SCHEDULE_WORDS,
    ExpectWord,
    ValueType,
    documented,
)
from harness.model.schedule import Schedule
from harness.workload.scenario import parse_scenario
from tests.compare.making import job, situation

PAGE = (Path(harness.__file__).parent.parent / "docs" / "scenarios.md").read_text()
VALUES = {
    ValueType.JOBS: "'two'",
    ValueType.DURATION: "60",
    ValueType.NODES: "'node1'",
    ValueType.COUNT: "1",
    ValueType.STATES: "'Running'",
    ValueType.PATTERN: "'some text'",
    ValueType.FLAG: "true",
}
FILE = """
title = "t"
kinds = ["live"]
nodes = "real"
cluster = "2 nodes x 1 cpus x 2 cores"
[[job]]
name = "one"
user = "alice"
submit = "oarsub -l core=1 x"
[[job]]
name = "two"
user = "alice"
submit = "oarsub -l core=1 x"
[[action]]
name = "act"
when = "one.Running"
run = "true"
[expect]
"""
EVERY = [
    *((word, "") for word in SCHEDULE_WORDS.values()),
    *((word, "one") for word in JOB_WORDS.values()),
    *((word, "act") for word in ACTION_WORDS.values()),
]


@pytest.mark.parametrize(("word", "subject"), EVERY)
def test_it_is_read(word: ExpectWord, subject: str) -> None:
    key = f"{subject}.{word.name}" if subject else word.name
    expect = parse_scenario(f"{FILE}{key} = {VALUES[word.value]}\n").expect
    assert word.name in (expect[subject] if subject else expect)


@pytest.mark.parametrize("word", [word for word in JOB_WORDS.values() if word.alias])
def test_an_alias_is_read_as_its_word(word: ExpectWord) -> None:
    read = parse_scenario(f"{FILE}one.{word.alias} = {VALUES[word.value]}\n").expect
    assert read == parse_scenario(f"{FILE}one.{word.name} = {VALUES[word.value]}\n").expect
    assert set(ALIASES) & set(JOB_WORDS) == set()


@pytest.mark.parametrize("word", JOB_WORDS.values())
def test_it_is_checked(word: ExpectWord) -> None:
    value = parse_scenario(f"{FILE}one.{word.name} = {VALUES[word.value]}\n").expect["one"][word.name]
    seen = list(broken({"one": {word.name: value}}, situation(job("one"), job("two")), Schedule({}), "x.toml"))
    assert [(found.job, found.why.split(",")[0].split()[1]) for found in seen if word.name != "killed"] == (
        [] if word.name == "killed" else [("one", word.name)]
    )


def test_no_word_is_checked_twice_or_without_being_known() -> None:
    assert sorted([*OF_PLACE, *OF_FATE]) == sorted(JOB_WORDS)
    assert set(READERS) == set(ValueType)


@pytest.mark.parametrize(("word", "subject"), EVERY)
def test_it_is_documented(word: ExpectWord, subject: str) -> None:
    assert documented(word, {"": "", "one": "NAME", "act": "ACTION"}[subject]) + "\n" in PAGE
