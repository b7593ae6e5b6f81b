"""How commands end: exit 1 is a verdict alone, whatever becomes of their output, their arguments or their disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.model.fault import ConfigurationFault, ExitCode, MachineFault
from harness.model.record import Missing
from harness.run.command_entry import enter
from harness.run.run_request import RunRequest, cases_of, site_of
from harness.run.unforeseen_errors import LOG, OwnFault, fault_of, keeping_traces
from harness.store.history import write_record
from tests.report.examples import record

TOP = Path(__file__).resolve().parent.parent
JOB = '[[job]]\nname = "one"\nuser = "alice"\nsubmit = "oarsub -l core=1 cmd"\n'
GOOD = f'title = "good"\ncluster = "1 node"\n{JOB}'
BAD = f'title = "bad"\nclutser = "1 node"\n{JOB}'


def command(*words: object, module: str = "harness.cli", **streams: int) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, with nothing that answers outside."""
    code = f"import sys; from {module} import main; main()"
    given = [word if isinstance(word, bytes) else str(word) for word in words]
    environment = {
        **os.environ,
        "PYTHONPATH": str(TOP),
        "DOCKER_HOST": "unix:///nowhere/nobody.sock",
        "OAR_COMPAT_GITHUB_API": "http://127.0.0.1:9",
        "no_proxy": "127.0.0.1",
    }
    standard = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.run(
        [sys.executable, "-c", code, *given],
        env=environment,
        timeout=300,
        check=False,
        **standard,  # type: ignore[call-overload,no-any-return]
    )


def said(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line on standard error."""
    text = done.stderr.decode()
    assert "Traceback" not in text
    assert text.count("\n") == 1, text
    return text


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A run whose candidates differ."""
    write_record(record(), tmp_path / "run")
    return tmp_path / "run"


def test_a_reader_that_left_does_not_change_the_verdict(recorded: Path) -> None:
    whole = command("compare", recorded)
    assert whole.returncode == ExitCode.INCOMPATIBLE
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        left = command("compare", recorded, stdout=theirs)
    finally:
        os.close(theirs)
    assert left.returncode == ExitCode.INCOMPATIBLE
    assert left.stderr == b""


def test_a_reader_of_a_list_may_leave(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        done = command("list", stdout=theirs)
    finally:
        os.close(theirs)
    assert (done.returncode, done.stderr) == (0, b"")
    assert tmp_path.exists()


def test_standard_error_that_nobody_reads_is_no_verdict(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        done = command("run", "--reports", tmp_path / "reports", stderr=theirs)
    finally:
        os.close(theirs)
    assert done.returncode == ExitCode.MACHINE


def test_a_full_disk_behind_standard_output(recorded: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = command("compare", recorded, stdout=full.fileno())
    assert done.returncode == ExitCode.MACHINE
    assert "No space left on device" in said(done)


def test_an_argument_of_bytes_that_are_no_text() -> None:
    done = command("run", "--scenario", b"a\xff.toml")
    assert done.returncode == ExitCode.CONFIGURATION
    assert "is not UTF-8" in said(done)


@pytest.mark.parametrize("words", [("--minutes", "nan"), ("--limit", "nan"), ("--minutes", "9" * 5000)])
def test_a_time_that_never_ends(words: tuple[str, str]) -> None:
    done = command("fuzz", "--candidate", "kao", *words)
    assert done.returncode == ExitCode.CONFIGURATION
    assert words[0] in said(done)


def test_the_bench_ends_with_its_own_codes() -> None:
    done = command("--repeat", "-5", module="harness.bench.__main__")
    assert done.returncode == ExitCode.CONFIGURATION
    assert "--repeat" in said(done)


def test_a_server_by_hand_ends_with_its_own_codes() -> None:
    done = command("up", "--oar2", "sid", module="harness.cli.by_hand")
    assert done.returncode == ExitCode.CONFIGURATION
    done = command("down", module="harness.cli.by_hand")
    assert done.returncode == ExitCode.MACHINE


@pytest.mark.parametrize("name", ["/dev/null", "/dev/null/below", "x" * 5000, "/proc/self/mem"])
@pytest.mark.parametrize("words", [("list",), ("run",)])
def test_a_cache_where_none_can_be(monkeypatch: pytest.MonkeyPatch, name: str, words: tuple[str, ...]) -> None:
    monkeypatch.setenv("OAR_COMPAT_CACHE", name)
    done = command(*words)
    assert done.returncode == ExitCode.CONFIGURATION
    assert "OAR_COMPAT_CACHE" in said(done)


def test_what_nobody_foresaw_is_one_line_and_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def broken() -> None:
        raise KeyError("a\nb")

    with pytest.raises(SystemExit) as end:
        enter(broken)
    assert end.value.code == ExitCode.MACHINE
    (line,) = capsys.readouterr().err.splitlines()
    assert "a fault of oar-compat itself: KeyError" in line
    assert "please report it" in line
    trace = Path(line.rpartition("the trace is in ")[2])
    assert "raise KeyError" in trace.read_text()
    trace.unlink()
    with pytest.raises(OwnFault), keeping_traces(tmp_path):
        broken()
    assert "raise KeyError" in (tmp_path / LOG).read_text()


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device", "/disk/run.json"),
        MemoryError(),
        RecursionError("maximum recursion depth exceeded"),
        ValueError("Exceeds the limit (4300 digits) for integer string conversion"),
        UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"),
        OverflowError("too large"),
    ],
)
def test_any_error_is_a_fault_of_one_line_that_is_no_verdict(tmp_path: Path, error: Exception) -> None:
    fault = fault_of(error, tmp_path)
    assert fault.exit_code is ExitCode.MACHINE
    assert "\n" not in str(fault)
    assert str(tmp_path / LOG) in str(fault)
    assert fault_of(fault) is fault
    assert isinstance(fault, MachineFault)


def test_one_bad_scenario_does_not_end_a_run_of_others(tmp_path: Path) -> None:
    for name, text in (("good", GOOD), ("bad", BAD), ("deep", "a = " + "[" * 100_000)):
        (tmp_path / f"{name}.toml").write_text(text)
    request = RunRequest(files=(tmp_path,))
    site = site_of(request)
    broken: list[Missing] = []
    (case,) = cases_of(request, site, broken)
    assert case.title == "good"
    bad, deep = broken
    assert bad.what == f"the scenario {tmp_path}/bad.toml:2"
    assert bad.why == "unknown key 'clutser'"
    assert "brackets" in deep.why
    # Who names it, or has nothing else, has it refused.
    for files in ((tmp_path / "bad.toml",), (tmp_path, tmp_path / "bad.toml")):
        with pytest.raises(ConfigurationFault, match="clutser"):
            cases_of(RunRequest(files=files), site, [])
    (tmp_path / "good.toml").unlink()
    with pytest.raises(ConfigurationFault, match="clutser"):
        cases_of(request, site, [])


def test_list_shows_what_is_good_and_tells_what_is_not(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('title = "s"\ncluster = "1 node"\n')
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios/good.toml").write_text(GOOD)
    (tmp_path / "scenarios/bad.toml").write_text(BAD)
    done = command("list", "--site", tmp_path)
    assert done.returncode == ExitCode.CONFIGURATION
    assert b"good" in done.stdout
    assert "unknown key 'clutser'" in said(done)
