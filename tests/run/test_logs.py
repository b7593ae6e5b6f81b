"""What is logged, where, and what never is."""

from __future__ import annotations

import logging
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.engine.lane import Passwords
from harness.run import logs
from harness.run.logs import RUN_LOG, run_log, shown

_log = logging.getLogger("harness.engine.anything")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Every context leaves the loggers as they were."""
    root, ours = logging.getLogger(), logging.getLogger("harness")
    before = root.level, list(root.handlers), ours.level
    yield
    assert (root.level, list(root.handlers), ours.level) == before


def lines(folder: Path) -> list[str]:
    return (folder / RUN_LOG).read_text().splitlines()


def test_run_log_has_all_of_ours_and_what_is_grave_of_others(tmp_path: Path) -> None:
    with run_log(tmp_path):
        _log.debug("a command")
        logging.getLogger("harnessed").warning("a namesake's warning")
        for other in ("docker", "urllib3.connectionpool", "testcontainers", "harnessed"):
            logger = logging.getLogger(other)
            logger.info("chatter of %s", other)
            logger.warning("trouble of %s", other)
    _log.warning("afterwards")
    written = "\n".join(lines(tmp_path))
    assert "DEBUG   MainThread harness.engine.anything: a command" in written
    assert "chatter" not in written
    assert written.count("trouble of") == 4
    assert "afterwards" not in written


def test_no_password_of_a_lane_is_logged_wherever_it_stands(tmp_path: Path) -> None:
    told: list[str] = []
    passwords = Passwords()
    with run_log(tmp_path), shown(2, told.append):
        _log.debug("psql %s", f"postgresql://oar:{passwords.oar}@db")
        _log.debug(passwords.lines(admin=True))
        try:
            raise ValueError(f"authentication failed with {passwords.postgres!r}")
        except ValueError:
            _log.exception("refused %s", [passwords.oar_ro])
    written = (tmp_path / RUN_LOG).read_text()
    assert "postgresql://oar:(hidden)@db" in written
    assert "Traceback" in written
    for password in (passwords.oar, passwords.oar_ro, passwords.postgres):
        assert password not in written
        assert password not in "".join(told)


def test_a_record_cannot_forge_a_line_or_steer_a_terminal(tmp_path: Path) -> None:
    with run_log(tmp_path):
        _log.debug("`oarsub '\x1b[2J\x07'` ended \ud800\n2026-01-01 00:00:00 ERROR forged")
    (line,) = lines(tmp_path)
    assert "\\x1b[2J\\x07" in line
    assert line.isprintable()


def test_run_log_is_for_its_owner_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_BYTES", 4000)
    with run_log(tmp_path):
        threads = [
            threading.Thread(target=lambda: [_log.debug("x" * 300) for _ in range(50)], name="t") for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [RUN_LOG, f"{RUN_LOG}.1"]
    for file in files:
        assert file.stat().st_size <= 4000
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_log_that_cannot_be_written_ends_no_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    with run_log(folder):
        _log.warning("nowhere to go")
    (tmp_path / RUN_LOG).symlink_to("/dev/full")
    with run_log(tmp_path):
        _log.debug("the disk is full")
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("verbosity", "expected"),
    [(0, []), (1, ["WARNING", "INFO"]), (2, ["DEBUG", "WARNING", "INFO"]), (5, ["DEBUG", "WARNING", "INFO"])],
)
def test_verbosity_shows_levels_but_not_what_the_progress_shows(verbosity: int, expected: list[str]) -> None:
    told: list[str] = []
    with shown(verbosity, told.append):
        _log.debug("one")
        _log.info("the progress shows it", extra={"shown": True})
        _log.warning("two")
        _log.info("three")
    assert [line.split()[0] for line in told] == expected


def test_nothing_is_printed_if_nobody_asks(capfd: pytest.CaptureFixture[str]) -> None:
    _log.warning("only for the log")
    assert capfd.readouterr() == ("", "")
