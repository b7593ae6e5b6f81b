"""The command: exit codes, one clear line for every fault, and never a traceback."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from harness import cli
from harness.fuzz.generate import Feature
from harness.model.record import CaseRecord, Kind, Missing, Observation, RunRecord
from harness.store.history import write_record
from tests.report.examples import JOBS, KAMELOT, REFERENCE, SITUATION, place, record, schedule

KNOWN = """
[[known]]
id = "KD-001"
title = "later"
reason = "as it is"
owner = "the tests"
expires = 2999-01-01
[known.when]
classes = "later"
"""
SOURCE = Path(__file__).resolve().parents[2]


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No cache, no release page, no engine, another working folder; signal handlers as before afterwards."""
    monkeypatch.setenv("OAR_COMPAT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OAR_COMPAT_GITHUB_API", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.delenv("OAR_COMPAT_OAR3", raising=False)
    monkeypatch.delenv("OAR_COMPAT_ENGINE", raising=False)
    monkeypatch.chdir(tmp_path)
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def oar_compat(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command here."""

    def run(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["oar-compat", *map(str, words)])
        code: object = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        return Ended(int(code or 0), out, err)  # type: ignore[call-overload]

    return run


class Command:
    """What the fixture gives."""

    def __call__(self, *words: object) -> Ended:
        raise NotImplementedError


def one_line(ended: Ended, code: int) -> str:
    """The one line on standard error."""
    assert ended.code == code, ended.err
    assert ended.out == ""
    (line,) = ended.err.splitlines()
    assert line.startswith("oar-compat: ")
    return line.removeprefix("oar-compat: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rnu",), "oar-compat: there is no command 'rnu' — did you mean 'run'?"),
        (("zzzzzz",), "known are: "),
        (("run", "--lanse", "2"), "No such option '--lanse'"),
        (("run", "--lanes", "0"), "--lanes"),
        (("run", "--lanes", "many"), "--lanes"),
        (("run", "extra"), "unexpected extra argument"),
        (("run", "--scenario", "nowhere.toml"), "nowhere.toml: cannot read it"),
        (("fuzz",), "Missing option '--candidate'"),
        (("fuzz", "--candidate", "kamelott"), "unknown combination 'kamelott' — did you mean 'kamelot'?"),
        (("fuzz", "--candidate", "kao", "--without", "timeshare"), "no feature 'timeshare' — did you mean 'timesh"),
        (("fuzz", "--candidate", "kao", "--minutes", "x"), "--minutes"),
        (("fuzz", "--candidate", "kao", "--oar3", "/nowhere"), "/nowhere: is not there"),
        (("shrink", "--candidate", "oar_meta_sched+oar_sched_gantt_with_timesharing"), "there are no findings"),
        (("run", "--oar2", "trixi"), "--oar2: unknown Debian release 'trixi' — did you mean 'trixie'?"),
        (("run", "--combination", "kaoo"), "--combination: unknown combination 'kaoo' — did you mean 'kao'?"),
        (("run", "--reference", "kaoo"), "--reference: unknown combination 'kaoo' — did you mean 'kao'?"),
        (("run", "--reference", "kao"), "--reference: the reference kao needs OAR3, and there is none"),
        (("run", "--kind", "plam"), "--kind: unknown kind 'plam' — did you mean 'plan'?"),
        (("run", "--case", "no-such-case"), "--case: there is no case 'no-such-case'"),
        (("run", "--scenario", SOURCE / "scenarios", "--case", "zzzzzz"), " more"),
        (("run", "--site", "nowhere"), "nowhere: there is no site here"),
        (("run", "--known", "nowhere"), "nowhere: there is no such folder"),
        (("list", "--site", "nowhere"), "nowhere: there is no site here"),
        (("run", "--oar3", "/nowhere"), "/nowhere: is not there"),
        (("run", "--oar3", "9.9.9"), "--oar3: there is no OAR3 '9.9.9'"),
        (("run", "--oar3", ""), "--oar3: is empty"),
        (("compare", "nowhere"), "nowhere: holds no recorded run"),
        (("compare", "--tolerance", "-1"), "--tolerance"),
    ],
)
def test_what_is_wrongly_asked_for_is_one_line_and_exit_code_4(
    oar_compat: Command, words: tuple[str, ...], said: str
) -> None:
    assert said in one_line(oar_compat(*words), 4)


def test_nothing_is_made_where_what_is_asked_for_is_wrong(oar_compat: Command, tmp_path: Path) -> None:
    one_line(oar_compat("run", "--combination", "kaoo", "--reports", "reports"), 4)
    one_line(oar_compat("run", "--oar3", "/nowhere", "--reports", "reports"), 4)
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("command", ["run", "clean", "doctor"])
def test_an_engine_that_does_not_answer_is_one_line_and_exit_code_5(oar_compat: Command, command: str) -> None:
    line = one_line(oar_compat(command), 5)
    assert "nobody.sock: no container engine answers there — start it, or unset DOCKER_HOST" in line


def test_a_word_for_the_engine_that_is_none(oar_compat: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAR_COMPAT_ENGINE", "dcoker")
    assert "auto, found or own" in one_line(oar_compat("doctor"), 4)


def test_reports_that_cannot_be_written(oar_compat: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot write reports" in one_line(oar_compat("run", "--reports", "file"), 5)


INSTALLED = importlib.util.find_spec("harness") is not None and bool(
    importlib.metadata.packages_distributions().get("harness")
)
VERSION = pytest.param(("--version",), marks=pytest.mark.skipif(not INSTALLED, reason="oar-compat is not installed"))


@pytest.mark.parametrize("words", [("--help",), ("run", "-h"), VERSION])
def test_help_and_version_are_fine(oar_compat: Command, words: tuple[str, ...]) -> None:
    ended = oar_compat(*words)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out


def test_without_a_command_help_is_shown(oar_compat: Command) -> None:
    ended = oar_compat()
    assert "Usage: " in ended.out + ended.err
    assert "Traceback" not in ended.err


def test_list_names_cases_combinations_and_copies_of_oar3(oar_compat: Command, tmp_path: Path) -> None:
    ended = oar_compat("list")
    assert (ended.code, ended.err) == (0, "")
    assert "site demonstration on Debian trixie, reference oar_meta_sched+oar_sched_gantt" in ended.out
    assert "\n  kao  (OAR3)\n" in ended.out
    assert ended.out.endswith("OAR3 in the cache: none\n")
    assert {line.split()[0] for line in ended.out.splitlines() if line.startswith("  ")} >= {"plan", "live", "kao"}
    (tmp_path / "cache" / "oar3" / "3.0.2").mkdir(parents=True)
    (tmp_path / "cache" / "oar3" / "3.0.2" / "README").write_text("x")
    assert oar_compat("list").out.endswith("OAR3 in the cache: 3.0.2\n")


def recorded(folder: Path, found: RunRecord) -> Path:
    run = folder / "reports" / "20261122-190000"
    write_record(found, run)
    return run


def two(seconds_later: int = 0) -> RunRecord:
    """One case with one job under two combinations, which the second starts later."""
    situation = replace(SITUATION, jobs=JOBS[2:3])
    seen = {
        name: Observation(name, schedule(short=place(60 + late, 600, 5, 8)))
        for name, late in ((REFERENCE, 0), (KAMELOT, seconds_later))
    }
    case = CaseRecord("one-3f2a91c0", Kind.PLAN, "one", situation, REFERENCE, 60, seen)
    found = record()
    return replace(found, combinations=(REFERENCE, KAMELOT), cases=(case,), adaptations={}, missing=())


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (two(), 0),
        (two(600), 1),
        (replace(two(), missing=(Missing("kao", "no copy", "get one"),)), 2),
        (replace(two(), cases=()), 3),
    ],
    ids=["compatible", "incompatible", "inconclusive", "nothing ran"],
)
def test_a_recorded_run_is_judged_again_without_containers(
    oar_compat: Command, tmp_path: Path, found: RunRecord, code: int
) -> None:
    run = recorded(tmp_path, found)
    ended = oar_compat("compare", run)
    assert (ended.code, ended.err) == (code, "")
    assert str(run) in ended.out
    assert (run / "report.json").is_file()
    assert (run.parent / "latest").resolve() == run
    assert oar_compat("compare").code == code, "reports/latest is the default"
    assert oar_compat("compare", run.parent).code == code


def test_a_tolerance_and_known_differences_change_the_verdict_and_not_the_record(
    oar_compat: Command, tmp_path: Path
) -> None:
    run = recorded(tmp_path, two(600))
    before = (run / "run.json").read_bytes()
    assert oar_compat("compare", run, "--tolerance", 600).code == 0
    assert oar_compat("compare", run, "--tolerance", 599).code == 1
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "a.toml").write_text(KNOWN)
    ended = oar_compat("compare", run, "--known", "known")
    assert ended.code == 0
    assert "KD-001" in ended.out
    (tmp_path / "known" / "a.toml").write_text(KNOWN.replace("2999", "1999"))
    assert oar_compat("compare", run, "--known", "known").code == 1, "an expired one explains nothing"
    assert "there is no such folder" in one_line(oar_compat("compare", run, "--known", "nowhere"), 4)
    assert (run / "run.json").read_bytes() == before


def test_what_is_unexplained_comes_with_a_draft_that_explains_it_once_it_is_filled_in(
    oar_compat: Command, tmp_path: Path
) -> None:
    run = recorded(tmp_path, two(600))
    draft = run / "known-differences.draft.toml"
    assert "known-differences.draft.toml" in oar_compat("compare", run).out
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "mine.toml").write_text(draft.read_text())
    assert "mine.toml: KD-" in one_line(oar_compat("compare", run, "--known", "known"), 4)
    text = draft.read_text().replace('expires = ""', "expires = 2999-01-01")
    (tmp_path / "known" / "mine.toml").write_text(text.replace('= ""', '= "understood"'))
    ended = oar_compat("compare", run, "--known", "known")
    assert ended.code == 0
    assert "draft" not in ended.out
    assert not draft.exists()


def test_entries_of_no_use_are_told(oar_compat: Command, tmp_path: Path) -> None:
    run = recorded(tmp_path, two(600))
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "a.toml").write_text(KNOWN.replace("2999", "1999"))
    (tmp_path / "known" / "b.toml").write_text(KNOWN.replace("001", "002").replace('"later"\n', '"earlier"\n'))
    (tmp_path / "known" / "c.toml").write_text(KNOWN.replace("001", "003") + 'kinds = "live"\n')
    out = oar_compat("compare", run, "--known", "known").out
    assert "KD-001 (later; the tests): expired on 1999-01-01" in out
    assert "KD-002 (earlier; the tests): explains nothing any more" in out
    assert "1 known difference for no case of this run: KD-003" in out


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"format": "oar-compat-run/9"}'])
def test_a_record_that_is_none_is_one_line(oar_compat: Command, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_bytes(content)
    assert one_line(oar_compat("compare", "run"), 4).startswith(f"{tmp_path}/run/run.json: ")


def test_a_record_whose_case_is_lost_says_which(oar_compat: Command, tmp_path: Path) -> None:
    run = recorded(tmp_path, two())
    lost = next(run.glob("cases/*/case.json"))
    lost.unlink()
    ended = oar_compat("compare", run)
    assert ended.code == 3
    assert f"{lost.parent.name}/case.json: cannot read it" in " ".join(ended.out.split())


def test_a_reader_that_goes_away_is_no_fault() -> None:
    command = f"{sys.executable} -c 'from harness.cli import main; main()' list | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=SOURCE, check=True)
    assert done.stdout.startswith("site demonstration")
    assert "Traceback" not in done.stderr


def test_fuzzing_without_a_copy_of_oar3_is_inconclusive(oar_compat: Command) -> None:
    ended = oar_compat("fuzz", "--candidate", "kamelot")
    assert ended.code == 2
    assert "OAR3" in ended.err


def test_the_features_that_can_be_left_out_are_listed(oar_compat: Command) -> None:
    ended = oar_compat("fuzz", "--candidate", "kao", "--without", "help")
    assert ended.code == 0
    assert all(feature.value in ended.out for feature in Feature)
