"""What the log and the exit code of a round say of programs that did not end as they should."""

from __future__ import annotations

import re

from harness.model.record import Crash

_TRACEBACK = re.compile(
    r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(?P<error>[A-Za-z_][\w.]*(?:: .*)?)", re.M
)
_DISABLED = re.compile(r"^.*(?:Execution of|Scheduler) (?P<program>\S+).*Disabling queue.*$", re.M)
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)')
_PERL_DEATH = re.compile(r"^(?P<error>.+ at (?P<file>/\S+) line \d+\.?.*)$", re.M)


def find_crashes(program: str, exit_code: int, stderr: str, log: str, *, limit: int) -> tuple[Crash, ...]:
    """Crashes that one round shows.

    :param program: the metascheduler's name.
    :param exit_code: its exit code: 0, 1 (run me again) and 2 (run Leon too) are fine (OAR2, ``almighty.pl``), and
        124 or 137 means that it was ended after ``limit`` seconds.
    :param stderr: what it and the schedulers below it printed on standard error.
    :param log: what was written into OAR's log during the round.

    A scheduler that dies of a traceback exits with 1, which ``oar_meta_sched`` accepts; so tracebacks count whatever
    the exit code, and each is told once although it may stand in both texts.
    """
    crashes = []
    if exit_code in (124, 137):
        crashes.append(Crash(program, f"time limit of {limit} s", _tail(stderr or log)))
    seen = set()
    for text in (stderr, log):
        for match in _TRACEBACK.finditer(text):
            error = match["error"].strip()
            if error not in seen:
                seen.add(error)
                how = f"traceback: {error}{_place(match[0])}"
                crashes.append(Crash(_owner(match[0], program), how, _tail(match[0], 40)))
    crashes += [
        Crash(match["program"], "the queue was disabled", match[0].strip()) for match in _DISABLED.finditer(log)
    ]
    if exit_code not in (0, 1, 2, 124, 137) and not crashes:
        how = f"signal {exit_code - 128}" if exit_code > 128 else f"exit {exit_code}"
        death = _PERL_DEATH.search(stderr)
        crashes.append(Crash(program, f"{how}: {death['error']}" if death else how, _tail(stderr or log)))
    return tuple(crashes)


def _owner(traceback: str, default: str) -> str:
    """The program a traceback came from: the script in its first frame."""
    frame = _FRAME.search(traceback)
    return frame["file"].rpartition("/")[2] if frame else default


def _place(traceback: str) -> str:
    """Where the error was raised: the last frame, without the folders above the package."""
    frames = list(_FRAME.finditer(traceback))
    if not frames:
        return ""
    file = "/".join(frames[-1]["file"].split("/")[-3:])
    return f" in {frames[-1]['function']} ({file}, line {frames[-1]['line']})"


def _tail(text: str, lines: int = 15) -> str:
    return "\n".join(text.rstrip().splitlines()[-lines:])
