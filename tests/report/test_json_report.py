"""report.json: the fixed keys, and a schema that refuses what is not of them."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from harness.model.difference import DifferenceClass
from harness.model.fault import Fault
from harness.model.opinion import Departs
from harness.model.record import Kind, RunRecord
from harness.model.result import RunResult, Status, Verdict
from harness.report.json_report import as_dict, check, schema, write_json
from tests.report import examples
from tests.report.strategies import judged_runs, whole_runs


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


@whole_runs
@given(judged_runs())
def test_every_run_gives_a_valid_report(run: tuple[RunResult, RunRecord]) -> None:
    report = as_dict(run[0])
    check(report)
    assert json.loads(json.dumps(report)) == report


def test_the_keys_are_the_fixed_ones() -> None:
    report = as_dict(examples.result())
    assert list(report) == [
        "schema",
        "verdict",
        "exit_code",
        "environment",
        "reference",
        "combinations",
        "cases",
        "missing",
    ]
    assert list(report["combinations"][0]) == ["id", "verdict", "adaptations", "cases", "differences"]
    assert {"id", "kind", "title", "candidate", "status", "seconds", "differences", "artefacts", "reproduce"} <= set(
        report["cases"][0]
    )
    later = report["cases"][0]["differences"][1]
    assert later["class"] == "later"
    assert later["known"] is None
    assert later["candidate"]["resources"] == [5, 6, 7, 8]


def test_the_schema_knows_the_words_of_the_model() -> None:
    definitions = schema()["$defs"]
    assert definitions["class"]["enum"] == list(DifferenceClass)
    assert definitions["verdict"]["enum"] == list(Verdict)
    case = definitions["case"]["properties"]
    assert case["status"]["enum"] == list(Status)
    assert case["kind"]["enum"] == list(Kind)
    assert definitions["opinion"]["properties"]["jobs"]["items"]["properties"]["departs"]["enum"] == list(Departs)


def test_the_third_opinion_is_written_where_there_is_one() -> None:
    first, second, *_ = as_dict(examples.result())["cases"]
    assert "opinion" not in second
    assert first["opinion"]["summary"].startswith("the reference departs ")
    assert [(job["job"], job["departs"]) for job in first["opinion"]["jobs"]] == [
        ("short", "reference"),
        ("wide", "neither"),
    ]


def _set(*path: Any, value: Any) -> Callable[[Any], None]:
    def change(report: Any) -> None:
        for key in path[:-1]:
            report = report[key]
        report[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (_set("cases", 0, "status", value="fine"), "cases[0].status"),
        (_set("cases", 0, "kind", value="guess"), "cases[0].kind"),
        (_set("cases", 0, "differences", 0, "class", value="worse"), "class"),
        (_set("cases", 0, "reproduce", value="two\nlines"), "reproduce"),
        (_set("cases", 0, "artefacts", value="/tmp/x"), "artefacts"),
        (_set("combinations", 0, "differences", "worse", value=1), "differences"),
        (_set("verdict", value="fine"), "verdict"),
        (_set("exit_code", value=0), "exit_code"),
        (_set("schema", value="oar-compat-report/2"), "schema"),
        (_set("verdicts", value=[]), "$"),
        (_set("reference", value="two words"), "reference"),
        (_set("environment", "oar3", "origin", value="found"), "origin"),
    ],
)
def test_what_is_not_of_the_design_is_refused(change: Callable[[Any], None], place: str) -> None:
    report = copy.deepcopy(as_dict(examples.result()))
    change(report)
    with pytest.raises(Fault, match="breaks its schema") as fault:
        check(report)
    assert place in str(fault.value)


@pytest.mark.parametrize("key", list(as_dict(examples.result())))
def test_no_key_may_be_left_out(key: str) -> None:
    report = as_dict(examples.result())
    del report[key]
    with pytest.raises(Fault, match="breaks its schema"):
        check(report)


def test_a_report_that_breaks_the_schema_is_not_written(tmp_path: Path) -> None:
    broken = dataclasses.replace(examples.result(), reference="")
    with pytest.raises(Fault):
        write_json(broken, tmp_path / "report.json")
    assert list(tmp_path.iterdir()) == []


def test_what_the_environment_does_not_say_is_null(tmp_path: Path) -> None:
    bare = dataclasses.replace(examples.result(), environment={"debian": "trixie"})
    write_json(bare, tmp_path / "report.json")
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert written["environment"] == {
        "engine": None,
        "debian": "trixie",
        "oar2": None,
        "postgresql": None,
        "oar3": None,
    }
