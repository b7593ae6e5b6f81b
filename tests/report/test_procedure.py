"""A procedure in every report: how far its words carry, its steps, and what is not as before."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from harness.compare.judge import judge_run
from harness.compare.judge_settings import JudgeSettings
from harness.compare.known.known_file import parse_known
from harness.model.adaptation import Adaptation
from harness.model.job_history import Entry, JobHistory, StateSpan
from harness.model.procedure import Accepted, Footprint, Pass, Procedure, StepRecord, Way
from harness.model.record import CaseRecord, Crash, Kind, Observation, RunRecord
from harness.model.result import RunResult, Status, Verdict
from harness.report.html import as_html
from harness.report.json_report import as_dict, check
from harness.report.junit import as_xml
from harness.report.markdown import as_markdown
from harness.report.terminal import print_summary
from tests.report import examples

ERROR = "ModuleNotFoundError: No module named 'rich'"
LINK = StepRecord("link", "admin/page.rst", "ln -s a b && \\\nls b", "", 0.1, 0, "01-link.log")
ROUND = StepRecord("a job under kao", "", "submit one", seconds=12.5, output="02-a-job-under-kao.log")
FAILED = dataclasses.replace(ROUND, problem="kao: traceback: " + ERROR, log=f"Traceback\n{ERROR}")
RICH = Adaptation("package:python3-rich", "Debian's package python3-rich installed", ERROR)
BEFORE = Footprint(
    {"row": {"queues default": {"priority": "2"}}, "package": {}}, {"/etc/oar/oar.conf": "DB_TYPE=Pg\n"}
)
AFTER = Footprint(
    {"row": {"queues default": {"priority": "3"}}, "package": {"python3-rich": {"version": "13"}}},
    {"/etc/oar/oar.conf": 'DB_TYPE=Pg\nMETA_SCHED_CMD="oar_meta_sched"\n'},
)
DONE = Entry(
    1, "one", "Terminated", start=7, stop=9, moldable=1, walltime=60, accounted="NA",
    states=(StateSpan("Waiting", 1, 6), StateSpan("Running", 7, 9), StateSpan("Terminated", 9)),
)  # fmt: skip
LEDGER = JobHistory("after oaraccounting", 99, (DONE,), 1, settled=True)
WRITTEN = Pass(Way.AS_WRITTEN, (LINK, FAILED), 20.0, remedy="Debian's package python3-rich", skipped=("restart",))
ADAPTED = Pass(Way.ADAPTED, (LINK, dataclasses.replace(ROUND, adaptations=(RICH.id,))), 33.0, (RICH,))
ACCEPTED = (
    Accepted("package *", "of no use to OAR2"),
    Accepted("/etc/oar/oar.conf META_SCHED_CMD", "OAR2's default"),
)


def record(after: Footprint = AFTER, histories: tuple[JobHistory, ...] = (LEDGER,), *crashes: Crash) -> RunRecord:
    adapted = dataclasses.replace(ADAPTED, before=BEFORE, after=after, histories=histories)
    seen = Observation(
        examples.KAO, crashes=crashes, seconds=53.0, artefacts="cases/kao/logs/kao",
        procedure=Procedure((WRITTEN, adapted), ACCEPTED),
    )  # fmt: skip
    case = CaseRecord(
        "kao-and-back-12345678", Kind.PROCEDURE, "kao and back", examples.SITUATION, examples.REFERENCE, 60,
        {examples.KAO: seen}, combinations=(examples.KAO,),
    )  # fmt: skip
    return RunRecord(examples.ENVIRONMENT, examples.REFERENCE, (examples.REFERENCE, examples.KAO), (case,))


RUN = record()
RESULT = judge_run(RUN)


def terminal(result: RunResult) -> str:
    file = io.StringIO()
    print_summary(result, Path("reports/latest"), Console(file=file, width=80))
    return " ".join(file.getvalue().split())


def test_the_reference_has_no_row_of_its_own() -> None:
    assert [case.candidate for case in RESULT.cases] == [examples.KAO]
    assert [combination.id for combination in RESULT.combinations] == [examples.KAO]
    assert RESULT.verdict is Verdict.INCOMPATIBLE


def test_what_is_left_differs_unless_the_scenario_names_it() -> None:
    (case,) = RESULT.cases
    assert case.status is Status.DIFFERS
    assert [each.why for each in case.differences] == [
        "not as before: row queues default changed: priority was 2, is 3"
    ]
    assert case.counts == {"identical": 1, "other-outcome": 1}
    (same,) = judge_run(record(BEFORE)).cases
    assert same.status is Status.AGREES
    assert "the scenario expects package * to be left, and it was not" in same.notes


def test_what_was_adapted_before_is_not_passed_over() -> None:
    assert "adapted: Debian's package python3-rich installed" in RESULT.cases[0].notes
    case = RUN.cases[0]
    seen = case.observations[examples.KAO]
    assert seen.procedure
    only = Procedure((dataclasses.replace(seen.procedure.passes[1], adaptations=()),), ACCEPTED, installed=True)
    case = dataclasses.replace(case, observations={examples.KAO: dataclasses.replace(seen, procedure=only)})
    (result,) = judge_run(dataclasses.replace(RUN, cases=(case,))).cases
    assert result.notes[0] == (
        "adapted: OAR3 was installed and adapted before; since then, nothing was added to the documented words"
    )


def test_a_site_may_know_of_a_leftover() -> None:
    entry = """
        [[known]]
        id = "KD-900"
        title = "the queue's priority becomes 3"
        reason = "no other queue has it here"
        owner = "the site"
        expires = 2999-01-01
        [known.when]
        classes = "other-outcome"
        kinds = "procedure"
        message = "row queues default changed: priority"
    """
    (case,) = judge_run(RUN, JudgeSettings(known=parse_known(entry, "known.toml"))).cases
    assert (case.status, case.differences[0].known) == (Status.KNOWN, "KD-900")


def test_a_broken_invariant_is_invalid_and_a_failed_step_a_crash() -> None:
    running = dataclasses.replace(LEDGER, jobs=(dataclasses.replace(DONE, state="Running"),))
    (case,) = judge_run(record(BEFORE, (running,))).cases
    assert case.status is Status.INVALID
    assert case.differences[0].rules == ("unfinished",)
    in_error = dataclasses.replace(DONE, state="Error")
    (case,) = judge_run(record(BEFORE, (dataclasses.replace(LEDGER, jobs=(in_error,)),))).cases
    assert case.status is Status.DIFFERS
    (case,) = judge_run(record(BEFORE, (LEDGER,), Crash("step 'restart'", "exit 1"))).cases
    assert case.status is Status.CRASH


def test_that_it_cannot_be_done_as_written_stands_out() -> None:
    said = (
        "as written: fails at step 2 of 3, 'a job under kao': kao: traceback: ModuleNotFoundError: No module named "
        "'rich'; what would help: Debian's package python3-rich"
    )
    assert said in RESULT.cases[0].notes
    assert said in terminal(RESULT)
    for text in (as_markdown(RESULT, RUN), as_html(RESULT, RUN)):
        head, _, _ = text.partition("Cases<" if text.startswith("<!") or "<html" in text else "## Cases")
        assert "fails at step 2 of 3" in head


def test_what_can_be_done_as_written_is_said_too() -> None:
    case = RUN.cases[0]
    seen = case.observations[examples.KAO]
    assert seen.procedure
    fine = dataclasses.replace(WRITTEN, steps=(LINK, ROUND), remedy="", skipped=())
    procedure = dataclasses.replace(seen.procedure, passes=(fine, seen.procedure.passes[1]))
    case = dataclasses.replace(case, observations={examples.KAO: dataclasses.replace(seen, procedure=procedure)})
    (result,) = judge_run(dataclasses.replace(RUN, cases=(case,))).cases
    assert "as written: all 2 steps can be carried out" in result.notes


@pytest.mark.parametrize("write", [as_markdown, as_html])
def test_steps_and_leftovers_are_shown(write: object) -> None:
    text = write(RESULT, RUN)  # type: ignore[operator]
    for word in ("admin/page.rst", "ln -s a b", "12.5", "python3-rich", "queues default", "nobody says"):
        assert word in text
    assert "OAR2&#39;s default" in text or "OAR2's default" in text
    assert "Not tried any more: restart" in text


def test_words_keep_their_lines() -> None:
    assert "<pre>ln -s a b &amp;&amp; \\\nls b</pre>" in as_html(RESULT, RUN)


def test_junit_has_the_steps() -> None:
    xml = as_xml(RESULT, RUN).decode()
    assert "as written 2. a job under kao, 12.5 s: kao: traceback" in xml
    assert "left: row queues default changed: priority was 2, is 3" in xml


def test_json_is_what_the_schema_says_and_has_all_of_it() -> None:
    report = json.loads(json.dumps(as_dict(RESULT)))
    check(report)
    procedure = report["cases"][0]["procedure"]
    written, adapted = procedure["passes"]
    assert (written["way"], written["failed"], written["skipped"]) == ("as written", "a job under kao", ["restart"])
    assert adapted["failed"] is None
    assert adapted["steps"][1]["adaptations"] == ["package:python3-rich"]
    assert {left["name"]: bool(left["because"]) for left in procedure["leftovers"]} == {
        "row queues default": False,
        "package python3-rich": True,
        "/etc/oar/oar.conf META_SCHED_CMD": True,
    }
    assert "accounting" in procedure["invariants"]
