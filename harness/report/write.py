"""All reports of a run, written into its folder."""

from __future__ import annotations

from pathlib import Path

from harness.model.record import RunRecord
from harness.model.result import RunResult
from harness.report.html import write_html
from harness.report.json_report import write_json
from harness.report.junit import write_junit
from harness.report.markdown import write_markdown

REPORT_JSON, JUNIT_XML, REPORT_MD, REPORT_HTML = "report.json", "junit.xml", "report.md", "report.html"


def write_reports(result: RunResult, record: RunRecord, folder: Path) -> None:
    """Write report.json, junit.xml, report.md and report.html to ``folder``, each whole or not at all.

    :param result: what judging says; the reports' figures are all from it.
    :param record: the history judged, for charts, logs and command lines; a case it lacks is reported without.
    :raises Fault: if the report breaks its schema; nothing is written then.
    :raises MachineFault: if the disk does not take a file.
    """
    write_json(result, folder / REPORT_JSON)
    write_junit(result, record, folder / JUNIT_XML)
    write_markdown(result, record, folder / REPORT_MD)
    write_html(result, record, folder / REPORT_HTML)
