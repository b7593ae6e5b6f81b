"""junit.xml: it parses whatever the logs hold, has the shape CI servers read, and hides nothing."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, fromstring

from hypothesis import given

from harness.model.record import RunRecord
from harness.model.result import RunResult, Status
from harness.report.junit import as_xml
from harness.report.wording import all_combinations
from tests.report import examples
from tests.report.strategies import judged_runs, whole_runs

# Jenkins' junit-10.xsd, as far as it concerns us: attributes demanded, and children in their order.
SHAPE = {
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, r"(testsuite )*"),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time"}, r"(properties )?(testcase )*"),
    "properties": (set(), r"(property )+"),
    "property": ({"name", "value"}, r""),
    "testcase": ({"classname", "name", "time"}, r"(skipped |error |failure )?(system-out )?(system-err )?"),
    "failure": ({"message", "type"}, r""),
    "error": ({"message", "type"}, r""),
    "skipped": ({"message"}, r""),
    "system-out": (set(), r""),
    "system-err": (set(), r""),
}


def _conforms(element: Element) -> None:
    attributes, children = SHAPE[element.tag]
    assert set(element.attrib) == attributes
    assert re.fullmatch(children, "".join(f"{child.tag} " for child in element)), element.tag
    for child in element:
        _conforms(child)


@whole_runs
@given(judged_runs())
def test_it_parses_and_has_the_shape(run: tuple[RunResult, RunRecord]) -> None:
    root = fromstring(as_xml(*run))
    _conforms(root)
    result = run[0]
    statuses = [case.status for case in result.cases]
    missing = len(result.missing) + bool(result.ended_early)
    assert int(root.get("tests", "")) == len(statuses) + missing
    assert int(root.get("failures", "")) == sum(s in (Status.DIFFERS, Status.INVALID) for s in statuses)
    assert int(root.get("errors", "")) == statuses.count(Status.CRASH)
    assert len(root.findall(".//skipped")) == statuses.count(Status.NOT_RUN) + missing
    assert len(root) == len(all_combinations(result)) + bool(missing)
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))


def test_one_suite_a_combination_and_one_for_the_missing() -> None:
    root = fromstring(as_xml(examples.result(), examples.record()))
    assert [suite.get("name") for suite in root] == [
        examples.REFERENCE,
        examples.KAMELOT,
        examples.EXTERNAL,
        examples.KAO,
        "missing",
    ]


def test_a_crash_is_an_error_with_its_log_and_its_command() -> None:
    root = fromstring(as_xml(examples.result(), examples.record()))
    error = root.find(".//error")
    assert error is not None
    assert error.get("type") == "crash"
    assert "reproduce: ./oar-compat run" in (error.text or "")
    log = root.findtext(".//system-err") or ""
    assert "UndefinedColumn: column jobs.last_karma" in log


def test_environment_and_adaptations_are_properties() -> None:
    root = fromstring(as_xml(examples.result(), examples.record()))
    kao = {p.get("name"): p.get("value") for p in root.findall("testsuite[@name='kao']/properties/property")}
    assert kao["environment.oar3.version"] == "3.0.2"
    assert kao["adaptation.column:jobs.last_karma"] == (
        "ALTER TABLE jobs ADD last_karma real (because: column jobs.last_karma does not exist)"
    )
