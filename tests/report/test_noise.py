"""What the reference shows against itself stands in every report, counted apart."""

from __future__ import annotations

import json
from pathlib import Path

from procset import ProcSet

from harness.compare.judge import judge_run
from harness.model.cluster import parse_cluster
from harness.model.job import Job
from harness.model.record import CaseRecord, Kind, Observation, RunRecord
from harness.model.schedule import Fate, Placement, Schedule, Situation
from harness.report.terminal import summary
from harness.report.write import write_reports
from harness.store.history import read_record, write_record

NOW = 1_750_000_000


def plan(start: int) -> Schedule:
    place = Placement(NOW + start, NOW + start + 3600, 0, ProcSet.from_str("1-4"))
    return Schedule({"a": Fate("Waiting", place, launched=False)})


def noisy() -> RunRecord:
    resources = parse_cluster("2 nodes x 1 cpus x 4 cores").resources
    situation = Situation(NOW, resources, ("host", "cpu", "core"), (Job("a", 1, submitted=NOW - 60),))
    case = CaseRecord(
        "noisy-1",
        Kind.PLAN,
        "a noisy case",
        situation,
        "native",
        60,
        {"native": Observation("native", plan(0)), "kao": Observation("kao", plan(500))},
        {"valid": False},
        repeats=(Observation("native", plan(0)), Observation("native", plan(500))),
    )
    return RunRecord({"debian": "trixie"}, "native", ("native", "kao"), (case,))


def test_it_stands_in_every_report(tmp_path: Path) -> None:
    record = noisy()
    result = judge_run(record)
    write_reports(result, record, tmp_path)
    line = "the reference, asked 2 times more, does not decide alike: a (later)"
    report = json.loads((tmp_path / "report.json").read_text())
    (found,) = (case for case in report["cases"] if case["candidate"] == "kao")
    assert (report["verdict"], found["status"]) == ("compatible", "agrees")
    assert found["counts"] == report["combinations"][1]["differences"] == {"unstable-reference": 1}
    assert (found["differences"][0]["class"], found["differences"][0]["unstable"]) == ("later", True)
    assert found["unstable"] == ["a"]
    assert any(line in note for note in found["notes"])
    for name in ("report.md", "report.html"):
        text = (tmp_path / name).read_text()
        assert line in text
        assert "1 unstable-reference" in text
    assert line in " ".join(str(one).strip() for one in summary(result, tmp_path, 200))


def test_repeats_are_read_back(tmp_path: Path) -> None:
    record = noisy()
    write_record(record, tmp_path)
    assert read_record(tmp_path) == record
    assert judge_run(read_record(tmp_path)) == judge_run(record)


def test_a_history_of_before_is_read(tmp_path: Path) -> None:
    record = noisy()
    write_record(record, tmp_path)
    (path,) = tmp_path.glob("cases/*/case.json")
    head = json.loads(path.read_text())
    del head["repeats"]
    path.write_text(json.dumps(head))
    for file in path.parent.glob("*.json"):
        text = json.loads(file.read_text())
        for fate in ((text.get("schedule") or {}).get("fates") or {}).values():
            del fate["launched"]
        file.write_text(json.dumps(text))
    (case,) = read_record(tmp_path).cases
    assert case.repeats == ()
    assert [
        fate.launched for o in case.observations.values() if o.schedule for fate in o.schedule.fates.values()
    ] == [
        None,
        None,
    ]
    assert judge_run(read_record(tmp_path)).verdict.value == "incompatible"
