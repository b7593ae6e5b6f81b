"""junit.xml: the run for CI servers. One testsuite a combination, one testcase a case."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.model.difference import UNSTABLE, Difference
from harness.model.record import Missing, RunRecord
from harness.model.result import CaseResult, CombinationResult, KnownUse, RunResult, Status
from harness.model.schedule import Placement
from harness.report.evidence import crashes_of
from harness.report.safe_text import last_lines, one_line, printable
from harness.report.wording import STATUSES, all_combinations, flat, remark
from harness.store.atomic import write_atomically

_OUTCOMES = {
    Status.DIFFERS: "failure",
    Status.INVALID: "failure",
    Status.CRASH: "error",
    Status.NOT_RUN: "skipped",
}
_LOG_LINES = 100


def write_junit(result: RunResult, record: RunRecord, path: Path) -> None:
    """Write junit.xml; raises MachineFault if the disk does not take it."""
    write_atomically(path, as_xml(result, record))


def as_xml(result: RunResult, record: RunRecord) -> bytes:
    """The report in JUnit's form (Jenkins' and GitLab's dialect), UTF-8 with its declaration.

    Differing and invalid cases are failures, crashes errors, what did not run is skipped. What could not even be
    planned is a suite of its own, ``missing``, of skipped testcases: CI must not look green because of it.
    """
    root = Element("testsuites", name="oar-compat")
    for combination in all_combinations(result):
        _suite(root, result, record, combination)
    ended = Missing("the rest of the run", f"it ended early: {result.ended_early}", "run it again")
    missing = (*result.missing, *((ended,) if result.ended_early else ()))
    if missing:
        _missing(root, missing)
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    root.set("time", f"{sum(case.seconds for case in result.cases):.3f}")
    indent(root, " ")
    xml: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return xml + b"\n"


def _suite(root: Element, result: RunResult, record: RunRecord, combination: CombinationResult) -> None:
    cases = [case for case in result.cases if case.candidate == combination.id]
    suite = _suite_element(root, combination.id, [case.status for case in cases])
    suite.set("time", f"{sum(case.seconds for case in cases):.3f}")
    properties = SubElement(suite, "properties")
    for name, value in (
        ("verdict", combination.verdict.value),
        ("reference", result.reference),
        *((("ended early", result.ended_early),) if result.ended_early else ()),
        *((("accepted crashes", str(n)),) if (n := combination.accepted_crashes) else ()),
        *((f"environment.{key}", value) for key, value in flat(result.environment)),
        *(("warning", each) for each in result.warnings),
        *((f"adaptation.{a.id}", f"{a.what} (because: {a.because})") for a in combination.adaptations),
        *((f"known.{use.id}", _known(use)) for use in result.known),
    ):
        SubElement(properties, "property", name=one_line(name), value=one_line(value))
    for case in cases:
        _testcase(suite, record, case)


def _known(use: KnownUse) -> str:
    parts = (use.title, f"explains {use.differences}", f"owner {use.owner}", f"expires {use.expires}", remark(use))
    return "; ".join(part for part in parts if part)


def _suite_element(root: Element, name: str, statuses: Iterable[Status]) -> Element:
    outcomes = [_OUTCOMES.get(status, "") for status in statuses]
    return SubElement(
        root,
        "testsuite",
        name=one_line(name),
        tests=str(len(outcomes)),
        failures=str(outcomes.count("failure")),
        errors=str(outcomes.count("error")),
        skipped=str(outcomes.count("skipped")),
    )


def _testcase(suite: Element, record: RunRecord, case: CaseResult) -> None:
    element = SubElement(
        suite,
        "testcase",
        # CI servers distinguish testcases by both names; the id keeps two cases with one title apart.
        classname=one_line(f"{case.candidate}.{case.kind}"),
        name=one_line(f"{case.title} [{case.id}]"),
        time=f"{case.seconds:.3f}",
    )
    outcome = _OUTCOMES.get(case.status)
    if outcome == "skipped":
        SubElement(element, "skipped", message=one_line(f"{STATUSES[case.status]}: {case.why}"))
    elif outcome:
        detail = SubElement(element, outcome, message=one_line(_message(case)), type=case.status.value)
        detail.text = printable("\n".join([*_differences(case), f"reproduce: {case.reproduce}"]))
    lines = [
        *_differences(case),
        *_refused(case),
        *_steps(case),
        *([f"artefacts: {case.artefacts}"] if case.artefacts else []),
    ]
    if lines:
        SubElement(element, "system-out").text = printable("\n".join(lines))
    logs = [
        f"{crash.program}: {crash.how} ({side})\n{last_lines(crash.log, _LOG_LINES)}"
        for side, crash in crashes_of(record, case)
    ]
    if logs:
        SubElement(element, "system-err").text = printable("\n\n".join(logs))


def _message(case: CaseResult) -> str:
    telling = [d for d in case.differences if not d.known and not d.harmless]
    if not telling:
        return case.why or case.status.value
    if case.shared:
        first = telling[0]
        return f"under the reference too: {first.job or 'the round'}: {first.kind}: {first.why}"
    worst = max(telling, key=lambda d: d.kind.severity)
    more = f" (and {len(telling) - 1} more)" if len(telling) > 1 else ""
    return f"{STATUSES[case.status]}: {worst.job or 'the round'}: {worst.kind}: {worst.why}{more}"


def _differences(case: CaseResult) -> list[str]:
    return [_line(d) for d in case.differences] or ([case.why] if case.why else [])


def _refused(case: CaseResult) -> list[str]:
    lines = []
    for refusal in case.refused:
        expected = "as the scenario expects" if refusal.expected else "which the scenario does not expect"
        typed = f" (typed: {refusal.command})" if refusal.command else ""
        lines.append(one_line(f"refused by oarsub, {expected}: {refusal.label}: {refusal.words}{typed}"))
    return lines


def _steps(case: CaseResult) -> list[str]:
    """A procedure's remarks, and its steps with their seconds."""
    if case.procedure is None:
        return []
    lines = [one_line(note) for note in case.notes]
    for each in case.procedure.passes:
        for number, step in enumerate(each.steps, 1):
            failed = f": {step.problem}" if step.problem else ""
            lines.append(one_line(f"{each.way} {number}. {step.name}, {step.seconds:.1f} s{failed}"))
    lines += [one_line(f"left: {left.name} {left.how}: {left.why}") for left in case.procedure.leftovers]
    return lines


def _line(d: Difference) -> str:
    known = f" [known: {d.known}]" if d.known else f" [{UNSTABLE}]" if d.unstable else ""
    places = (
        f"; reference {_place(d.reference)}, candidate {_place(d.candidate)}" if d.reference or d.candidate else ""
    )
    return one_line(f"{d.job or 'the round'}: {d.kind}{known}: {d.why}{places}")


def _place(placement: Placement | None) -> str:
    if placement is None:
        return "nowhere"
    return f"{placement.start} to {placement.stop} on {placement.resources}"


def _missing(root: Element, missing: Iterable[Missing]) -> None:
    entries = list(missing)
    suite = _suite_element(root, "missing", [Status.NOT_RUN] * len(entries))
    suite.set("time", "0.000")
    for entry in entries:
        testcase = SubElement(suite, "testcase", classname="missing", name=one_line(entry.what), time="0.000")
        SubElement(testcase, "skipped", message=one_line(f"{entry.why}; to get it: {entry.how}"))
