"""Files that are there whole or not at all, also after a kill -9 or on a full disk."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from harness.model.fault import MachineFault


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write ``content`` (text as UTF-8) to ``path``, making its folder; a reader sees the old file or the new one.

    Raises MachineFault, naming the file, if the disk or the rights do not allow it.
    """
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp is for the owner only; reports are for whoever may read the folder.
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _refused(path, error) from None
        raise


def write_log(path: Path, content: str) -> None:
    """Write a log, making its folder; it may be torn by a crash of the machine, and nothing is judged by it.

    Raises MachineFault, naming the file, if the disk or the rights do not allow it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", errors="replace")
    except OSError as error:
        raise _refused(path, error) from None


def _refused(path: Path, error: OSError) -> MachineFault:
    what = f"cannot write it: {error.strerror or error}"
    return MachineFault(what, where=str(path), remedy="check the folder's rights and space")
