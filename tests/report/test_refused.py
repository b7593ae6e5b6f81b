"""Refusals, what the reference breaks too, and a run that ended early: in every report, and in true sentences."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console

from harness.compare.judge import judge_run
from harness.model.difference import Difference, DifferenceClass
from harness.model.fault import ExitCode
from harness.model.record import Asked, CaseRecord, Kind, Observation, RunRecord, RunState
from harness.model.result import CaseResult, RunResult, Status, Verdict
from harness.model.schedule import Fate, Schedule
from harness.report.html import as_html
from harness.report.json_report import as_dict, check
from harness.report.junit import as_xml
from harness.report.markdown import as_markdown
from harness.report.sentence import sentence
from harness.report.terminal import summary
from tests.report import examples

WORDS, TYPED = "# There are not enough resources", "oarsub -l nodes=9,walltime=1:00:00 sleep"
BOTH = (examples.REFERENCE, examples.KAO)


def record(expect: dict[str, object], **more: object) -> RunRecord:
    refused = Schedule({"toomany": Fate("Rejected", None, WORDS, command=TYPED)})
    seen = {name: Observation(name, refused) for name in BOTH}
    here = dataclasses.replace(examples.SITUATION, jobs=())
    case = CaseRecord("c1", Kind.PLAN, "too many", here, examples.REFERENCE, 60, seen, expect, "c1.toml", BOTH)
    run = RunRecord(examples.ENVIRONMENT, examples.REFERENCE, BOTH, (case,))
    return dataclasses.replace(run, **more)  # type: ignore[arg-type]


def reports(run: RunRecord) -> dict[str, str]:
    result = judge_run(run)
    check(as_dict(result))
    return {
        "terminal": " ".join(" ".join(line.plain for line in summary(result, Path("r"), 200)).split()),
        "json": str(as_dict(result)),
        "junit": as_xml(result, run).decode(),
        "markdown": as_markdown(result, run),
        "html": as_html(result, run),
    }


@pytest.mark.parametrize("expect", [{}, {"toomany": {"state": "Rejected"}}])
def test_a_refusal_stands_in_every_report(expect: dict[str, object]) -> None:
    for name, text in reports(record(expect)).items():
        assert WORDS.removeprefix("# ") in text, name
        assert "oarsub -l nodes=9,walltime=1:00:00 sleep" in text, name
        if name != "json":
            unexpected = "no scenario expects" in text or "scenario does not expect" in text
            assert unexpected is not bool(expect), name


def test_that_a_run_ended_early_stands_in_every_report() -> None:
    early = record(
        {"toomany": {"state": "Rejected"}},
        asked=(Asked("c1", Kind.PLAN, "too many", "", BOTH), Asked("c2", Kind.LIVE, "another", "", BOTH)),
        state=RunState.INTERRUPTED,
        ended="it was ended by Ctrl-C or SIGTERM",
    )
    for name, text in reports(early).items():
        assert "it was ended by Ctrl-C or SIGTERM" in text, name
        assert "not reached: the run ended early" in text, name


def row(case: str, status: Status, *differences: Difference, candidate: str = examples.KAO) -> CaseResult:
    return CaseResult(case, Kind.PLAN, case, candidate, status, 1.0, differences)


def run(verdict: Verdict, *rows: CaseResult, early: str = "") -> RunResult:
    return RunResult(verdict, verdict.exit_code, {}, examples.REFERENCE, (), rows, ended_early=early)


LATER = Difference("a", DifferenceClass.LATER, "late")
CRASH = Difference("", DifferenceClass.CRASH, "kao: exit 7")
WRONG = Difference("a", DifferenceClass.INVALID, "expected placed True", rules=("expected",))
OWN = row("c1", Status.INVALID, WRONG, candidate=examples.REFERENCE)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (
            run(Verdict.COMPATIBLE, row("c1", Status.AGREES)),
            "Compatible: in the one case every candidate decided as the reference does.",
        ),
        (
            run(Verdict.COMPATIBLE, *(row(f"c{n % 2}", Status.AGREES, candidate=str(n)) for n in range(4))),
            "Compatible: in all 2 cases every candidate decided as the reference does.",
        ),
        (
            run(
                Verdict.COMPATIBLE,
                row("c1", Status.AGREES),
                dataclasses.replace(row("c2", Status.AGREES), alone=True),
            ),
            "Compatible: in the one case every candidate decided as the reference does; in 1 case that is not for "
            "the reference every candidate kept all rules.",
        ),
        (
            run(
                Verdict.COMPATIBLE_WITH_KNOWN_DIFFERENCES,
                row("c1", Status.KNOWN, dataclasses.replace(CRASH, known="K")),
                row("c2", Status.AGREES),
            ),
            "Compatible but for 1 accepted crash: in 1 of 2 cases a candidate decided otherwise, each time for a "
            "reason already known; read those reasons before you switch.",
        ),
        (
            run(
                Verdict.COMPATIBLE_WITH_KNOWN_DIFFERENCES,
                *(row(f"c{n}", Status.KNOWN, dataclasses.replace(CRASH, known="K")) for n in range(11)),
            ),
            "Compatible but for 11 accepted crashes: in 11 of 11 cases a candidate decided otherwise, each time for "
            "a reason already known; read those reasons before you switch.",
        ),
        (
            run(
                Verdict.INCOMPATIBLE,
                row("c1", Status.AGREES, candidate=examples.REFERENCE),
                row("c1", Status.DIFFERS, LATER),
                row("c1", Status.CRASH, CRASH, candidate="x"),
                row("c2", Status.AGREES),
            ),
            "Incompatible: in 1 of 2 cases a candidate crashed or did not decide as the reference does (1 crash, 1 "
            "differ of 3 comparisons); do not switch production before each is understood.",
        ),
        (
            run(Verdict.INCONCLUSIVE, OWN, row("c1", Status.INVALID, dataclasses.replace(WRONG, shared=True))),
            "Inconclusive: in 1 case what the scenario expects does not hold under the reference either: check the "
            "scenario; of 1 comparison made, 0 agree.",
        ),
        (
            run(Verdict.INCONCLUSIVE, row("c1", Status.AGREES), row("c2", Status.NOT_RUN)),
            "Inconclusive: 1 comparison in 1 case could not be made; of 1 comparison made, 1 agrees.",
        ),
        (
            run(Verdict.INCONCLUSIVE, row("c1", Status.AGREES), row("c2", Status.NOT_RUN), early="a signal"),
            "Inconclusive: the run ended early, with 1 of 2 comparisons made (a signal); of 1 comparison made, "
            "1 agrees.",
        ),
        (
            run(Verdict.INCONCLUSIVE, row("c1", Status.AGREES, candidate=examples.REFERENCE)),
            "Inconclusive: only the reference was run, and compared with nothing; nothing was compared, so this says "
            "neither yes nor no.",
        ),
    ],
)
def test_sentences_are_true(result: RunResult, said: str) -> None:
    assert sentence(result) == said


def test_nothing_ran() -> None:
    nothing = dataclasses.replace(run(Verdict.INCONCLUSIVE), exit_code=ExitCode.NOTHING_RAN)
    assert sentence(nothing) == "Inconclusive: nothing ran, so this says neither yes nor no."


def test_the_reference_has_no_verdict_and_no_difference_on_the_terminal() -> None:
    result = run(Verdict.INCONCLUSIVE, OWN, row("c1", Status.INVALID, dataclasses.replace(WRONG, shared=True)))
    file = io.StringIO()
    console = Console(file=file, width=120)
    for line in summary(result, Path("r"), 120):
        console.print(line)
    shown = file.getvalue()
    assert "· reference" in shown
    assert "Differences, worst first" not in shown
    assert "Under the reference itself: check the scenario, or OAR2" in shown
