"""The soak of kills can fail: what is left is found, and what is wrongly said of a killed run is seen."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness.engine.own.binaries import Binaries
from harness.engine.own.paths import EnginePaths
from tests.soak import leftovers
from tests.soak.judged import Said, false_words, observations
from tests.soak.kills import Hit, read, table
from tests.soak.leftovers import TOKEN, Machine, settled
from tests.soak.shots import KINDS, SIGNALS, draw


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose engine has never been, and whose shared folder is the test's own."""
    shared = tmp_path / "shared"
    shared.mkdir()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(leftovers, "_SHARED_TMP", (shared,))
    monkeypatch.setattr(leftovers, "engine_binaries", lambda *_: Binaries(tmp_path, {}))
    monkeypatch.setattr(Machine, "_rules", lambda _: "")
    return Machine(EnginePaths(tmp_path / "engine"), tmp_path / "tmp")


def test_nothing_is_left_of_nothing(machine: Machine) -> None:
    assert machine.left(machine.before(), "none") == []


def test_a_process_a_file_and_a_container_that_stay_are_found(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "shared" / "runc-process1").touch()
    before = machine.before()
    (tmp_path / "shared" / "runc-process2").touch()
    (tmp_path / "shared" / "somebody-else-s").touch()
    (tmp_path / "tmp" / "forgotten").touch()
    (machine.place.data / "containers" / "abc").mkdir(parents=True)
    child = subprocess.Popen(["sleep", "60"], env={TOKEN: "shot"})
    try:
        left = settled(lambda: machine.left(before, "shot"), 0)[0]
    finally:
        child.kill()
        child.wait()
    assert [line.split(":")[0].partition(str(tmp_path))[0] + Path(line.split(":")[0]).name for line in left] == [
        f"process {child.pid}process {child.pid}",
        "file forgotten",
        "file runc-process2",
        "container on disk abccontainer on disk abc",
    ]


@pytest.mark.parametrize(
    ("said", "undisturbed", "wrong"),
    [
        (Said("run", False, 0, "Compatible"), 0, "cut short is judged 0"),
        (Said("run", False, 1, "incompatible"), 0, "cut short is judged 1"),
        (Said("run", False, 5, "no space"), 0, "cut short is judged 5"),
        (Said("run", False, 2, "Traceback (most recent call last)"), 0, "traceback"),
        (Said("run", False, 2, "", "compatible"), 0, "reports 'compatible'"),
        (Said("run", True, 1, "incompatible"), 0, "whole run is judged 1"),
        (Said("run", False, 4, "holds no recorded run", "", 3), 0, "cannot be judged"),
        (Said("run", False, 2, "", "inconclusive"), 0, ""),
        (Said("run", False, 4, "holds no recorded run"), 0, ""),
        (Said("run", True, 0, "Compatible", "compatible"), 0, ""),
        (Said("run", True, 0, "Compatible", "incompatible"), None, "whole run is judged 0"),
        (Said("run", True, 1, "incompatible", "incompatible"), None, ""),
        (Said("run", True, 5, "no space"), None, "whole run is judged 5"),
        (Said("run", True, 2, "interrupted"), 0, ""),
    ],
)
def test_false_words_are_seen(said: Said, undisturbed: int | None, wrong: str) -> None:
    words = false_words(said, undisturbed)
    assert (wrong in words) if wrong else (words == "")


def test_a_file_that_is_cut_off_is_no_observation(tmp_path: Path) -> None:
    folder = tmp_path / "cases" / "plan-one"
    folder.mkdir(parents=True)
    (folder / "case.json").write_text("{}")
    (folder / "kao.json").write_text('{"jobs": 1}\n')
    (folder / "kamelot.json").write_text('{"jobs"')
    assert observations(tmp_path) == {"plan-one/kao.json"}


def test_shots_are_the_same_for_a_seed_and_meet_every_kind_and_signal() -> None:
    shots = [draw(10, number) for number in range(24)]
    assert shots == [draw(10, number) for number in range(24)]
    assert shots != [draw(11, number) for number in range(24)]
    assert {(shot.kind, shot.signal) for shot in shots} == {(kind, signal) for kind in KINDS for signal in SIGNALS}
    assert {shot.group for shot in shots} == {True, False}
    assert {shot.engine for shot in shots} == {"own", "found"}


def test_what_was_done_is_read_back_and_counted(tmp_path: Path) -> None:
    state = tmp_path / "kills.jsonl"
    shot = draw(10, 0)
    hit = {"after": 3.0, "ended": 1.0, "gone": 2.0, "code": 130, "folders": [[2, False]], "wrong": ["left: x"]}
    entry = {name: getattr(shot, name) for name in shot.__slots__}
    state.write_text(
        json.dumps({"seed": 10, "kind": "plan", "seconds": 9.0, "code": 0, "observed": ["a"]})
        + "\n"
        + json.dumps({"seed": 10, "shot": entry, **hit, "missed": False})
        + "\n"
        + json.dumps({"seed": 11, "shot": entry, **hit, "missed": False})
        + "\n"
    )
    usual, hits = read(state, 10)
    assert usual["plan"].observed == ("a",)
    assert hits == {0: Hit(shot, 3.0, 1.0, 2.0, 130, [[2, False]], ["left: x"])}  # type: ignore[list-item]
    assert "1 things left, 1 kills with anything wrong" in table(list(hits.values()))
