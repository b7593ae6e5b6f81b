"""What the log and the exit code of a round say of programs that did not end as they should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from harness.model.record import Crash

_TRACEBACK = re.compile(
    r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(?P<error>[A-Za-z_][\w.]*(?:: .*)?)", re.M
)
_CHAINED = re.compile(
    r"^(?:The above exception was the direct cause of|During handling of the above exception, another)", re.M
)
_DISABLED = re.compile(r"^.*(?:[Ee]xecution of|Scheduler) (?P<program>\S+).*Disabling queue.*$", re.M)
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)')
_OUTPUT = re.compile(r"Read on the scheduler output:(?P<line>.*)")
_LAUNCH = re.compile(r"\s*(?:SCHEDRUN JOB_ID=\d+ MOLDABLE_JOB_ID=\d+ RESOURCES=[\d,]+)?\s*")
"""What a scheduler may print: oar_meta_sched launches the job at once, and both metaschedulers log every line."""
_CALLED = re.compile(r"Launching scheduler (?P<program>\S+) at")
_LAST_WORDS = {"oar_meta_sched": "End of Meta Scheduler"}
"""What a metascheduler writes into the log when its round is over."""
_NO_MEMORY = re.compile(r"^Out of memory(?:!| in perl).*", re.M)
_PERL_DEATH = re.compile(r"^(?P<error>.+ at (?P<file>/\S+) line \d+\.?.*)$", re.M)


def find_crashes(program: str, exit_code: int, stderr: str, log: str, *, late: float = 0) -> tuple[Crash, ...]:
    """Crashes that one round shows.

    :param program: the metascheduler's name.
    :param exit_code: its exit code: 0, 1 (run me again) and 2 (run Leon too) are fine (OAR2, ``almighty.pl``); that
        of a signal is negative.
    :param stderr: what it and the schedulers below it printed on standard error.
    :param log: what was written into OAR's log during the round.
    :param late: the seconds after which it was ended, since it went on and on; 0: it ended by itself.

    A scheduler that dies of a traceback, or of Perl's "Out of memory", exits with 1, which ``oar_meta_sched``
    accepts; so both count whatever the exit code, and a traceback is told once although it may stand in both texts.
    Perl dies with the number of the last system error, which may be 1 or 2 as well; then the log lacks the round's
    last line. A scheduler that prints anything but lines that launch jobs has gone wrong too, whatever its exit code.
    """
    crashes = []
    if late:
        crashes.append(Crash(program, f"time limit of {late:g} s", _tail(stderr or log)))
    seen = set()
    for text in (stderr, log):
        for whole, last in _tracebacks(text):
            error = last["error"].strip()
            if error not in seen:
                seen.add(error)
                how = f"traceback: {error}{_place(last[0])}"
                crashes.append(Crash(_owner(last[0], program), how, _tail(whole, 40)))
    crashes += _nonsense(log)
    if starved := _NO_MEMORY.search(stderr):
        crashes.append(Crash(program, f"out of memory: {starved[0]}", _tail(stderr)))
    crashes += [
        Crash(match["program"], "the queue was disabled", match[0].strip()) for match in _DISABLED.finditer(log)
    ]
    deaths = _PERL_DEATH.findall(stderr)
    ended = _LAST_WORDS.get(program, "") in log
    if not crashes and (exit_code not in (0, 1, 2) or (exit_code and deaths and not ended)):
        how = f"signal {-exit_code}" if exit_code < 0 else f"exit {exit_code}"
        crashes.append(Crash(program, f"{how}: {deaths[-1][0]}" if deaths else how, _tail(stderr or log)))
    return tuple(crashes)


def _nonsense(log: str) -> Iterator[Crash]:
    """A scheduler that printed what no metascheduler understands, told once: its first such line."""
    program = "scheduler"
    for line in log.splitlines():
        if called := _CALLED.search(line):
            program = called["program"]
        if (printed := _OUTPUT.search(line)) and not _LAUNCH.fullmatch(printed["line"]):
            yield Crash(program, f"nonsense on its output: {printed['line'].strip()[:80]}", line.strip()[:300])
            return


def _tracebacks(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Each traceback, with those it was caused by or came while handling in one text, and the match of the last."""
    found = list(_TRACEBACK.finditer(text))
    start = -1
    for match, following in zip_longest(found, found[1:]):
        start = match.start() if start < 0 else start
        if following is None or not _CHAINED.search(text, match.end(), following.start()):
            yield text[start : match.end()], match
            start = -1


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
