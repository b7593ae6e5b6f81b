"""Locks between processes: files, each with a limit, and with a word for whoever waits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from harness.engine.deadline import Deadline

_SECONDS = 1800.0
"""An image may be made by another run meanwhile, on a slow machine."""
_TOLD_AFTER = 2.0


@contextlib.contextmanager
def locked(path: Path, doing: str, progress: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Hold a lock file. Raises Late if another process holds it for half an hour.

    :param doing: what the other process does meanwhile, as in "another run is … ing".
    """
    deadline = Deadline(f"the end of another run that is {doing}", _SECONDS, where=str(path))
    lock = FileLock(path)
    step = _TOLD_AFTER
    while True:
        deadline.check()
        try:
            lock.acquire(timeout=step)
            break
        except Timeout:
            if step == _TOLD_AFTER:
                progress(f"waiting for another run that is {doing}")
            step = 0.5
    try:
        yield
    finally:
        lock.release()
