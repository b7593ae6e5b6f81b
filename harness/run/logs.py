"""Where the harness's loggers write: ``run.log`` in a run's folder, and standard error if that is asked for.

Modules log by ``logging.getLogger(__name__)``: DEBUG for commands in containers and for what is made and removed,
INFO for stages, WARNING for retries and lost servers. Lines hide the passwords of lanes, and hold no control signs.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Callable, Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

from harness.engine.secrets_kept import without_secrets
from harness.model.bounds import one_line

RUN_LOG = "run.log"
"""The file's name in the run's folder; what was in it before it was full is in ``run.log.1``."""
MOST_BYTES = 8 << 20
"""How large each of the two may become."""
_LINE = 2000
_FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"
_OURS = "harness"


class _Formatter(logging.Formatter):
    """One line a record, and the lines of its trace; nothing of it is secret."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The record without its trace: what is logged may hold line ends, as scripts do."""
        return one_line(without_secrets(super().formatMessage(record)), _LINE)

    def format(self, record: logging.LogRecord) -> str:
        """With its trace, line by line."""
        lines = super().format(record).splitlines()
        return "\n".join(one_line(without_secrets(line), _LINE) for line in lines)


class _RunLog(RotatingFileHandler):
    """For its owner alone; a disk that is full, or a folder taken away, ends no run."""

    def _open(self) -> io.TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return open(handle, "a", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say nothing: what is asked for is the run, not its log."""


class _Shown(logging.Handler):
    """Gives each line to a function; stages, which the progress shows, are left out."""

    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__()
        self._write = write
        self.addFilter(unseen)

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._write(self.format(record))


@contextlib.contextmanager
def run_log(folder: Path) -> Iterator[None]:
    """Write every record to the folder's ``run.log`` meanwhile; of other libraries, warnings and errors alone."""
    try:
        handler = _RunLog(folder / RUN_LOG, maxBytes=MOST_BYTES, backupCount=1)
    except OSError:
        # The first file of the run that is needed says what is wrong with the folder.
        yield
        return
    handler.setFormatter(_Formatter(_FORMAT))
    with _added(handler, logging.DEBUG):
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                handler.close()


@contextlib.contextmanager
def shown(verbosity: int, write: Callable[[str], object]) -> Iterator[None]:
    """Show records meanwhile: with 1 from INFO, with 2 from DEBUG; nothing with 0."""
    if not verbosity:
        yield
        return
    handler = _Shown(write)
    handler.setFormatter(_Formatter("%(levelname)s %(name)s: %(message)s"))
    with _added(handler, logging.DEBUG if verbosity > 1 else logging.INFO):
        yield


def unseen(record: logging.LogRecord) -> bool:
    """Whether a record says something that the progress does not show by itself."""
    return not getattr(record, "shown", False)


def _ours_or_grave(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == _OURS or record.levelno >= logging.WARNING


@contextlib.contextmanager
def _added(handler: logging.Handler, level: int) -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger(_OURS)
    handler.setLevel(level)
    handler.addFilter(_ours_or_grave)
    before = ours.level
    root.addHandler(handler)
    ours.setLevel(min(level, before or level))
    try:
        yield
    finally:
        root.removeHandler(handler)
        ours.setLevel(before)
