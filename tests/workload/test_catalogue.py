"""The catalogue of behaviours that sites rely on, ``scenarios/``: each file promises something, says who promised it,
and holds every combination to it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from harness.workload.scenario import load_scenario

ROOT = Path(__file__).resolve().parents[2]
FOUND = sorted((ROOT / "scenarios" / "fuzz").glob("*.toml"))
PROCEDURES = sorted((ROOT / "scenarios" / "procedures").glob("*.toml"))
CATALOGUE = sorted(set((ROOT / "scenarios").rglob("*.toml")) - set(FOUND) - set(PROCEDURES))
SITES = sorted((ROOT / "fixtures" / "sites").rglob("scenarios/*.toml"))
THEMES = ("dependencies", "order", "quotas", "requests", "reservations", "scale", "state", "time", "types")

# A document of OAR2 and a place in it: a manual page and its option, a chapter, a key, a rule, a version, a program.
CITATION = re.compile(
    r"[Mm]anual page \w+\(\d\), [\w-]"
    r"|OAR's documentation, (?:user|admin)/[\w/]+"
    r"|oar\.conf of OAR2, [A-Z_]+"
    r"|OAR2's default admission rules, \d+"
    r"|CHANGELOG of OAR2, \d\.\d\.\d"
    r"|\bOAR2, (?:oar|OAR::)\w+"
)


def identity(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def comment(path: Path) -> str:
    """The lines before the first key, as one."""
    lines = path.read_text().splitlines()
    words = [line.lstrip("# ") for line in lines[: next(i for i, line in enumerate(lines) if line[:1] != "#")]]
    return " ".join(words)


@pytest.mark.parametrize("path", CATALOGUE, ids=identity)
def test_it_says_who_promised_what(path: Path) -> None:
    text = comment(path)
    assert CITATION.search(text), text
    assert len(text.split()) >= 12, "a sentence, not a heading"


@pytest.mark.parametrize("path", CATALOGUE, ids=identity)
def test_it_asserts_more_than_validity(path: Path) -> None:
    scenario = load_scenario(path)
    words = [word for subject, words in scenario.expect.items() if subject != "valid" for word in words]
    assert words
    assert set(words) != {"placed"} or False in {w["placed"] for s, w in scenario.expect.items() if s != "valid"}
    assert 1 <= len(scenario.jobs) <= 8


@pytest.mark.parametrize("path", CATALOGUE, ids=identity)
def test_it_says_why_its_validity_is_not_judged(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if line.startswith("valid = ")]
    assert len(lines) == 1
    assert lines[0] == "valid = true" or re.fullmatch(r"valid = false # \w.{10,}", lines[0])


@pytest.mark.parametrize("path", FOUND, ids=identity)
def test_what_fuzzing_found_is_a_known_difference_and_told_of(path: Path) -> None:
    (entry,) = re.findall(r"KD-\d+", comment(path))
    known = "".join(each.read_text() for each in (ROOT / "fixtures" / "known-differences").rglob("*.toml"))
    assert f'id = "{entry}"' in known
    assert f"scenarios/fuzz/{path.name}" in (ROOT / "docs" / "findings.md").read_text()
    assert 1 <= len(load_scenario(path).jobs) <= 8


@pytest.mark.parametrize("path", PROCEDURES, ids=identity)
def test_a_procedure_says_which_page_it_carries_out(path: Path) -> None:
    scenario = load_scenario(path)
    assert "admin/oar3-schedulers.rst" in comment(path)
    documented = [step for step in scenario.steps if step.run or step.conf or step.install]
    assert any(".rst" in step.says for step in documented)
    assert [step.under for step in scenario.steps if step.under][-1] == "native", "it restores what there was"


def test_titles_are_unique() -> None:
    titles = Counter(load_scenario(path).title for path in (*CATALOGUE, *FOUND, *PROCEDURES, *SITES))
    assert [title for title, count in titles.items() if count > 1] == []


def test_every_theme_is_there() -> None:
    themes = Counter(path.parent.name for path in CATALOGUE)
    assert set(THEMES) <= set(themes)
    assert sum(themes[theme] for theme in THEMES) >= 90
