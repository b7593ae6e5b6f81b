"""Unforeseen errors in one line: what it was, where its trace is kept, and how to report it."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import docker.errors
import psycopg2
import requests.exceptions
from sqlalchemy.exc import SQLAlchemyError

from harness.engine.engine_fault import engine_fault
from harness.model.bounds import one_line
from harness.model.fault import Fault, MachineFault

LOG = "error.log"
"""The file in a run's folder that traces are kept in."""

_ROOM = "make room, or name another folder by --reports or OAR_COMPAT_CACHE"
_RIGHTS = "check the path and its rights, or name another by --reports or OAR_COMPAT_CACHE"


class OwnFault(MachineFault):
    """A fault of the harness itself."""


def fault_of(error: BaseException, folder: Path | None = None) -> Fault:
    """Any error as a fault of one line and an exit code.

    The trace of one that has no words of its own is added to the run's log, or kept where temporary files are.

    :param folder: the run's, if there is one.
    """
    if isinstance(error, Fault):
        return error
    if isinstance(error, docker.errors.DockerException | requests.exceptions.RequestException):
        return engine_fault(error, "container engine")
    if isinstance(error, SQLAlchemyError | psycopg2.Error):
        words = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        return MachineFault(f"the database: {words}", remedy=f"run it again; {_kept(error, folder)}")
    if isinstance(error, MemoryError):
        return MachineFault("out of memory", remedy=f"ask for less at a time; {_kept(error, folder)}")
    if isinstance(error, OSError) and error.strerror:
        remedy = _ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else _RIGHTS
        where = str(error.filename or "")
        return MachineFault(error.strerror, where=where, remedy=f"{remedy}; {_kept(error, folder)}")
    return OwnFault(
        f"a fault of oar-compat itself: {type(error).__name__}: {one_line(str(error), 200)}",
        remedy=f"please report it with its trace; {_kept(error, folder)}",
    )


@contextlib.contextmanager
def keeping_traces(folder: Path) -> Iterator[None]:
    """An unforeseen error within becomes a fault whose trace lies in the run's folder."""
    try:
        yield
    except (Fault, InterruptedError):
        raise
    except Exception as error:
        raise fault_of(error, folder) from error


def _kept(error: BaseException, folder: Path | None) -> str:
    """Keep a trace; says where."""
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, oar-compat {_version()}, Python {platform.python_version()}",
        f"arguments: {sys.argv!r}",
        *(line.rstrip("\n") for line in traceback.format_exception(error)),
        "",
    ]
    text = "\n".join(lines).encode("utf-8", "backslashreplace")
    if folder is not None:
        with contextlib.suppress(OSError, ValueError), (folder / LOG).open("ab") as file:
            file.write(text)
            return f"the trace is in {folder / LOG}"
    try:
        handle, name = tempfile.mkstemp(prefix="oar-compat-error-", suffix=".log")
        with os.fdopen(handle, "wb") as file:
            file.write(text)
    except OSError as full:
        return f"its trace could not be kept: {full.strerror}"
    return f"the trace is in {name}"


def _version() -> str:
    try:
        return metadata.version("oar-compat")
    except metadata.PackageNotFoundError:
        return "(not installed)"
