from __future__ import annotations

import re

import pytest

from harness.model.record import Kind
from harness.workload.case_ids import case_id, slug
from harness.workload.scenario import parse_scenario

TEXT = """
title = "Ein kurzer Job füllt die Lücke"
cluster = "2 nodes x 1 cpu x 2 cores"
[conf]
A = "1"
B = "2"
[[job]]
name = "one"
user = "alice"
submit = "oarsub -l core=1 'sleep 60'"
[[job]]
name = "two"
user = "bob"
submit = "oarsub -l core=1 'sleep 60'"
"""
ID = case_id(parse_scenario(TEXT), Kind.PLAN)


def test_title_and_eight_digits() -> None:
    assert re.fullmatch(r"ein-kurzer-job-fullt-die-lucke-[0-9a-f]{8}", ID)


def test_never_changes() -> None:
    # Known differences and links name cases by their ids: a release must not move them.
    assert ID == "ein-kurzer-job-fullt-die-lucke-c8af96c3"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('A = "1"\nB = "2"', 'B = "2"\nA = "1"'),
        ('name = "one"\nuser = "alice"', 'user = "alice"\nname = "one"'),
        ("'sleep 60'", '\\"sleep 60\\"'),
        ('"2 nodes x 1 cpu x 2 cores"', '"2 NODES × 1 cpus x 2 core"'),
        ('cluster = "2 nodes x 1 cpu x 2 cores"', "cluster = { node = [{ count = 2, cpus = 1, cores = 2 }] }"),
        ("[conf]", "tolerance = 5 # only judges\n[conf]"),
        ('[[job]]\nname = "one"', '[[job]]\nat = "0:00:00"\nname = "one"'),
        ("title", "# a comment\ntitle"),
    ],
)
def test_the_same_however_it_is_written(old: str, new: str) -> None:
    assert old in TEXT
    assert case_id(parse_scenario(TEXT.replace(old, new)), Kind.PLAN) == ID


def test_an_assertion_does_not_change_it() -> None:
    assert case_id(parse_scenario(TEXT + "[expect]\nvalid = true\n"), Kind.PLAN) == ID


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Ein", "Noch ein"),
        ("2 nodes", "3 nodes"),
        ('A = "1"', 'A = "2"'),
        ("core=1", "core=2"),
        ("alice", "carol"),
        ('"two"', '"three"'),
        ('"alice"', '"alice"\nat = 1'),
        ('"alice"', '"alice"\nruntime = 1'),
        ("[conf]", "admission = 'x'\n[conf]"),
        ("[conf]", "files = { x = 'y' }\n[conf]"),
        ("[conf]", "queue = [{ name = 'q' }]\n[conf]"),
    ],
)
def test_another_with_other_content(old: str, new: str) -> None:
    assert old in TEXT
    assert case_id(parse_scenario(TEXT.replace(old, new)), Kind.PLAN) != ID


def test_another_with_another_order_of_jobs() -> None:
    head, one, two = TEXT.split("[[job]]")
    assert case_id(parse_scenario("[[job]]".join([head, two, one])), Kind.PLAN) != ID


def test_another_kind_or_context_is_another_case() -> None:
    scenario = parse_scenario(TEXT)
    ids = {ID, case_id(scenario, Kind.LIVE), case_id(scenario, Kind.PLAN, "bookworm")}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("title", "name"), [("A — b/c!", "a-b-c"), ("日本", "case"), ("x" * 90, "x" * 60), ("  ", "case")]
)
def test_slugs(title: str, name: str) -> None:
    assert slug(title) == name
