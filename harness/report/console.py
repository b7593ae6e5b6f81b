"""Terminals and pipes that people read: one that nobody reads any more ends no run, and is no verdict."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console


class Terminal(Console):
    """Rich's console; if whoever read it has left (``| head``), it says no more, and the command goes on.

    Rich itself ends the process with 1 then, which would be a verdict.
    """

    def on_broken_pipe(self) -> None:
        """Say no more."""
        self.quiet = True
        silence(sys.stderr if self.stderr else sys.stdout)


def silence(stream: TextIO) -> None:
    """Let nothing be written to a stream any more, also not by Python's own flush at the end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@contextlib.contextmanager
def readers_may_leave() -> Iterator[None]:
    """What is printed within to standard output may go unread."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)


def prepare() -> None:
    """Make both streams such that writing any text is no error: also if one was closed, or is no UTF-8."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # The lowest number that is free is that of the stream, so no file of ours gets it.
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
