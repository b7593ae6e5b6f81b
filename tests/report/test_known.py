"""Every report tells of each known difference: who owns it, until when it holds, and whether it is still of use."""

from __future__ import annotations

import dataclasses
import io
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from harness.model.result import KnownUse
from harness.report.html import as_html
from harness.report.json_report import as_dict, check
from harness.report.junit import as_xml
from harness.report.markdown import as_markdown
from harness.report.terminal import print_summary
from harness.report.wording import DRAFT, remark
from tests.report import examples

DAY = date(2026, 12, 1)
USES = (
    KnownUse("KD-003", "in use", "ann", 1, False, date(2027, 11, 22), 365, 4),
    KnownUse("KD-004", "soon over", "bob", 2, False, DAY, 9, 4),
    KnownUse("KD-005", "over", "carol", 0, True, date(2026, 1, 1), -300, 4),
    KnownUse("KD-006", "mended", "dave", 0, False, DAY, 9, 4),
    KnownUse("KD-007", "not tried", "eve", 0, False, DAY, 9, 0),
)
RESULT = dataclasses.replace(examples.result(), known=USES)
REMARKS = {
    "KD-003": "",
    "KD-004": "expires in 9 days",
    "KD-005": "expired on 2026-01-01, explains nothing since",
    "KD-006": "explains nothing any more: 4 cases it is for",
    "KD-007": "no case of this run is one it is for",
}


def test_remarks() -> None:
    assert {use.id: remark(use) for use in USES} == REMARKS
    assert remark(dataclasses.replace(USES[1], days=0)) == "expires today"
    assert remark(dataclasses.replace(USES[1], days=1)) == "expires in 1 day"


@pytest.mark.parametrize("text", [as_markdown(RESULT, examples.record()), as_html(RESULT, examples.record())])
def test_pages(text: str) -> None:
    for use in USES:
        assert use.title in text
        assert use.owner in text
        assert str(use.expires) in text
        assert REMARKS[use.id] in text
    assert "Known differences" in text


def test_json() -> None:
    report = as_dict(RESULT)
    check(report)
    assert report["known"][1] == {
        "id": "KD-004",
        "title": "soon over",
        "owner": "bob",
        "expires": "2026-12-01",
        "state": "expiring",
        "differences": 2,
        "cases": 4,
    }
    assert [use["state"] for use in report["known"]] == ["used", "expiring", "expired", "unused", "not-met"]


def test_junit() -> None:
    root = ElementTree.fromstring(as_xml(RESULT, examples.record()))
    properties = {p.get("name"): p.get("value") for p in root.iter("property")}
    assert properties["known.KD-003"] == "in use; explains 1; owner ann; expires 2027-11-22"
    assert properties["known.KD-005"] == f"over; explains 0; owner carol; expires 2026-01-01; {REMARKS['KD-005']}"


def _shown(folder: Path) -> str:
    file = io.StringIO()
    print_summary(RESULT, folder, Console(file=file, width=80))
    return file.getvalue()


def test_terminal(tmp_path: Path) -> None:
    shown = _shown(tmp_path)
    assert "KD-003 (in use" not in shown
    for use in USES[1:4]:
        assert f"{use.id} ({use.title}; {use.owner}): {REMARKS[use.id]}" in shown
    assert "1 known difference for no case of this run: KD-007" in shown
    assert DRAFT not in shown
    (tmp_path / DRAFT).write_text("")
    (line,) = (line for line in _shown(tmp_path).splitlines() if DRAFT in line)
    assert len(line) <= 80
