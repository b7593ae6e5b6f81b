"""What logs and exit codes tell of the machine rather than of OAR: pure, from their texts."""

from __future__ import annotations

import os
import re
import signal

_KILLED = (
    # Almighty, launch_command.
    re.compile(r"(?P<program>\S+) terminated with exit value: \d+ ; signal num: 9 ;"),
    # oar_meta_sched, main program.
    re.compile(r"execution of (?P<program>\S+) failed \(pid=\S* signal=9 "),
    # kao, call_external_scheduler: Python has a signal's number negative, of which kao takes the last seven bits.
    re.compile(r"Execution of (?P<program>\S+) failed \(signal=(?:9|119)\)"),
    # Ours, plan/inside/launch.
    re.compile(r"^(?P<program>\S+): its process is gone$", re.M),
)
"""How programs of OAR tell that another was ended by SIGKILL. None of them ends a scheduler, a metascheduler or a
module of the Almighty so: they kill bipbip and the appendice, of which nothing of this kind is told."""

_NO_ROOM = re.compile(
    r"^.*(?:No space left on device|could not (?:extend|write to) file|Disk quota exceeded).*$", re.M
)
_SEVERED = re.compile(
    r"^.*(?:server closed the connection unexpectedly"
    r"|terminating connection (?:due to administrator command|because of crash of another server process)"
    r"|the database system is (?:shutting down|starting up|in recovery mode)).*$",
    re.M,
)
"""What PostgreSQL or its client says where the server was ended, or has ended what it did."""

_STOPPED = "Stop Almighty"
_REASONS = (
    "Something wrong occured (signal or core dumped)",
    "returned an unknown value",
    "falled into an unknown state",
)
"""What the Almighty writes before it stops of its own accord (``$finishTag = 1``)."""

_APPENDICE_DIED = "I guess Appendice has died"
_APPENDICE_WORDS = ("End of appendice listening", "Returned from comportement_appendice", "I kill myself")
_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1}
_EXIT_OF_STOP, _EXIT_OF_APPENDICE = 10, 8


def killed_program(text: str) -> str:
    """Which program of OAR was ended by SIGKILL, as the others tell; empty where none was."""
    for pattern in _KILLED:
        if found := pattern.search(text):
            return f"{found['program'].strip('[]')} was ended by SIGKILL, which no program of OAR sends it"
    return ""


def no_room(text: str) -> str:
    """The line that tells of a full disk; empty where none does."""
    found = _NO_ROOM.search(text)
    return f"a disk is full: {found[0].strip()[:160]}" if found else ""


def severed(text: str) -> str:
    """The line that tells of a PostgreSQL that was ended, or ended its connections; empty where none does."""
    found = _SEVERED.search(text)
    return f"PostgreSQL broke off: {found[0].strip()[:160]}" if found else ""


def almighty_ended(status: int | None, log: str) -> str:
    """Why the end of an Almighty is none of OAR's; empty where it is.

    :param status: how it ended, of wait(2); None: nobody has seen it end.
    :param log: OAR's log since it was started, or since it was known to be well.
    """
    if status is None:
        return "the Almighty is gone, and with it the process that watched it"
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return f"the Almighty was ended by {name}, from outside" if -code in _OUTSIDE else ""
    if code == _EXIT_OF_STOP and _STOPPED in log and not any(reason in log for reason in _REASONS):
        return "the Almighty was told to stop by a signal, from outside"
    if code == _EXIT_OF_APPENDICE and _APPENDICE_DIED in log and not any(words in log for words in _APPENDICE_WORDS):
        return "the process in which the Almighty listens was ended, from outside"
    return ""
