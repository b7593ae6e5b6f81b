"""What logs say of the machine, and what of OAR: a program that dies of itself is none of the machine's trouble."""

from __future__ import annotations

import signal

import pytest

from harness.oar2.log_symptoms import almighty_ended, killed_program, no_room, severed

ROUND = "[Almighty] /usr/lib/oar/kao terminated with exit value: {} ; signal num: {} ; core dumped: 0\n"
STOP = "[warning] [2026-01-05 08:00:01.1] [Almighty] Stop Almighty\n"
WRONG = "[Almighty] Something wrong occured (signal or core dumped) when trying to call [/usr/lib/oar/kao]\n"
UNKNOWN = "[error] [..] [Almighty] Scheduler returned an unknown value: 3\n"
DIED = "[error] [..] [Almighty] Error while reading in pipe: I guess Appendice has died\n"
EXIT = 256


@pytest.mark.parametrize(
    "log",
    [
        ROUND.format(0, 9),
        "[MetaSched] Error: execution of kamelot failed (pid=7 signal=9 core_dump=0). Disabling queue default\n",
        "[ERROR] Execution of kamelot failed (signal=119) Disabling queue default (see `oarnotify')\n",
        "kamelot: its process is gone\n",
    ],
)
def test_a_program_that_was_killed_is_the_machine_s(log: str) -> None:
    assert "was ended by SIGKILL" in killed_program(log)


@pytest.mark.parametrize(
    "log",
    [
        ROUND.format(0, 11),
        ROUND.format(9, 0),
        ROUND.format(137, 0),
        "[MetaSched] Error: execution of kamelot failed (pid=7 signal=11 core_dump=0). Disabling queue default\n",
        "[ERROR] Execution of kamelot failed (signal=117) Disabling queue default (see `oarnotify')\n",
        "Traceback (most recent call last):\nKeyError: 9\n",
    ],
)
def test_a_program_that_dies_otherwise_is_oar_s(log: str) -> None:
    assert killed_program(log) == ""


@pytest.mark.parametrize(
    ("status", "log", "outside"),
    [
        (int(signal.SIGKILL), "", True),
        (int(signal.SIGHUP), "", True),
        (int(signal.SIGSEGV), "", False),
        (int(signal.SIGABRT), "", False),
        (10 * EXIT, ROUND.format(0, 0) + STOP, True),
        (10 * EXIT, ROUND.format(0, 11) + WRONG + STOP, False),
        (10 * EXIT, ROUND.format(3, 0) + UNKNOWN + STOP, False),
        (8 * EXIT, DIED, True),
        (8 * EXIT, "End of appendice listening: the socket disappeared\n" + DIED, False),
        (1 * EXIT, "", False),
        (2 * EXIT, STOP, False),
        (0, "", False),
        (None, "", True),
    ],
)
def test_whose_the_end_of_the_almighty_is(status: int | None, log: str, outside: bool) -> None:
    assert bool(almighty_ended(status, log)) is outside


def test_a_full_disk_and_a_broken_connection_are_told_with_their_line() -> None:
    line = 'psycopg2.errors.DiskFull: could not extend file "base/16384/2619": No space left on device'
    assert no_room(f"Traceback:\n{line}\n") == f"a disk is full: {line}"
    assert no_room("jobs: no space for them\n") == ""
    assert "terminating connection" in severed("FATAL:  terminating connection due to administrator command\n")
    assert severed("psycopg2.errors.UndefinedColumn: column jobs.last_karma does not exist\n") == ""
