"""The end of this process by a signal: heard by every thread that waits, and over in time, whatever hangs.

The first SIGINT or SIGTERM begins it. The main thread gets KeyboardInterrupt, every wait of the harness ends with
:class:`Ended`, nothing new is begun, and what was given to :func:`on_end` is called, in a thread of its own. Where
that has not ended the process after ``SECONDS``, the process is left as it stands; a second signal does so at once.
Containers go with the process all the same: each by its lease (``engine/container.py``), those of an engine of our
own also with the connection to its supervisor.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

SECONDS = 10.0
"""How long an orderly end may take."""
EXIT_CODE = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = b"\x1b[?25h"


class Ended(KeyboardInterrupt):
    """The run is being ended: nothing more is waited for, and nothing new is begun."""


class _State:
    """What this process knows of its end; there is one."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        # Beside the event, since a signal's handler may set nothing that takes a lock the main thread may hold.
        self.flag = False
        self.raises = False
        self.seconds = SECONDS
        self.left = self.raised = False
        self.actions: list[Callable[[], object]] = []
        self.pipe: tuple[int, int] | None = None


_state = _State()


def begun() -> bool:
    """Whether the end has begun."""
    return _state.flag


def check() -> None:
    """Raise Ended if the end has begun: called before anything new is begun, and in every wait."""
    if _state.flag:
        raise Ended


def pause(seconds: float) -> None:
    """Sleep; raises Ended as soon as the end begins."""
    check()
    _state.begun.wait(max(0.0, seconds))
    check()


@contextlib.contextmanager
def on_end(action: Callable[[], object]) -> Iterator[None]:
    """Have an action called once when the end begins; it may be called beside the main thread's own tidying up."""
    _state.actions.append(action)
    try:
        yield
    finally:
        _state.actions.remove(action)


def begin() -> None:
    """Begin the end as a signal does, but without raising anything in the main thread."""
    _state.flag = True
    if _state.pipe:
        os.write(_state.pipe[1], bytes([signal.SIGTERM]))
    else:
        _state.begun.set()


def leave_behind() -> None:
    """Note that something could not be tidied up in time, and goes with the process."""
    _state.left = True


def left_behind() -> bool:
    """Whether that is so."""
    return _state.left


def install(*, raises: bool = True, seconds: float = SECONDS) -> None:
    """Take SIGINT and SIGTERM in hand; to be called in the main thread, and again to change how.

    :param raises: whether the main thread gets KeyboardInterrupt; else the process is left at once, as there is
        nothing yet, or nothing any more, to tidy up.
    :param seconds: in place of ``SECONDS``.

    A SIGINT that is ignored stays so, as in a job in the background of a shell.
    """
    _state.raises, _state.seconds = raises, seconds
    if _state.pipe is None:
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        _state.pipe = reading, writing
        threading.Thread(target=_watch, args=(reading,), name="ending", daemon=True).start()
    # Written by the interpreter's own handler: heard also where the main thread is in a call that does not return.
    signal.set_wakeup_fd(_state.pipe[1], warn_on_full_buffer=False)
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def uninstall() -> None:
    """As before :func:`install`, and no end has begun: for a process that goes on, as pytest's does."""
    for number in _SIGNALS:
        if signal.getsignal(number) is _handle:
            default = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, default)
    signal.set_wakeup_fd(-1)
    if _state.pipe:
        os.close(_state.pipe[1])
        _state.pipe = None
    _state.flag = _state.left = _state.raised = False
    _state.begun = threading.Event()


def uninstall_if_well() -> None:
    """:func:`uninstall`, unless an end has begun: then it is seen to that the process ends in time."""
    if not _state.flag:
        uninstall()


def leave(text: str) -> NoReturn:
    """End the process as it stands, with one line and ``EXIT_CODE``."""
    with contextlib.suppress(OSError):
        show = _SHOW_CURSOR if os.isatty(2) else b""
        os.write(2, show + f"oar-compat: {text}\n".encode())
    os._exit(EXIT_CODE)


def _handle(*_: object) -> None:
    if not _state.raises:
        leave("ended")
    # The flag may be set by now, by the thread that has heard of the same signal.
    if _state.raised:
        leave("ended at once; its containers end with it")
    _state.flag = _state.raised = True
    raise KeyboardInterrupt


def _watch(reading: int) -> None:
    """Wait for a signal; let what waits know; then see to it that the process ends."""
    if not _heard(reading, None):
        os.close(reading)
        return
    _state.flag = True
    _state.begun.set()
    deadline = time.monotonic() + _state.seconds
    for action in list(_state.actions):
        threading.Thread(target=_quietly, args=(action,), daemon=True).start()
    again = _heard(reading, deadline)
    if again is None:
        os.close(reading)
        return
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    leave("ended at once; its containers end with it" if again else f"not over after {_state.seconds:g} s: ended")


def _heard(reading: int, deadline: float | None) -> bool | None:
    """Whether a signal came before the deadline; None if nobody listens for any more."""
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not select.select([reading], [], [], left)[0]:
            return False
        data = os.read(reading, 64)
        if not data:
            return None
        if any(number in data for number in _SIGNALS):
            return True


def _quietly(action: Callable[[], object]) -> None:
    with contextlib.suppress(BaseException):
        action()
