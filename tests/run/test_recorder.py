"""Where observations keep their files, and whose id they have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.model.record import Observation
from harness.run.recorder import Recorder
from harness.store.history import case_folder, read_case
from tests.run.broken_provisioner import case, columns

CASE = case("a case")


def test_files_lie_below_the_case_and_are_named_from_the_run_s_folder(tmp_path: Path) -> None:
    first, other = (replace(column, id=f"{column.id}@3.0.2") for column in columns())
    recorder = Recorder([first, other], tmp_path, lambda _: None)
    whole, again, without = (
        recorder.target(CASE, other),
        recorder.target(CASE, other).again(2),
        recorder.target(CASE, other, "without-1"),
    )
    for target in (whole, again, without):
        assert (target.id, target.combination) == (other.id, other.combination)
        assert target.artefacts.path == tmp_path / target.artefacts.name
        assert target.artefacts.path.is_relative_to(case_folder(tmp_path, CASE.id))
    assert len({target.artefacts.name for target in (whole, again, without)}) == 3


def test_observations_are_read_back_under_their_column(tmp_path: Path) -> None:
    first, other = (replace(column, id=f"{column.id}@3.0.2") for column in columns())
    recorder = Recorder([first, other], tmp_path, lambda _: None)
    for column in (first, other):
        target = recorder.target(CASE, column)
        recorder.keep(CASE, column, Observation(target.id, not_run="x", artefacts=target.artefacts.name))
    recorder.repeat(CASE, Observation(other.id, not_run="y"))
    kept = read_case(tmp_path, CASE.id)
    assert kept == recorder.record(CASE)
    assert list(kept.observations) == [first.id, other.id]
    assert [each.combination for each in kept.repeats] == [other.id]
