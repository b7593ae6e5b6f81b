"""Files from outside: each is opened here, so that none is too large, a pipe or a device, or a way to a traceback.

A pipe without a writer would be waited for without end, and a device may never end: both are refused unopened.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from harness.model import bounds
from harness.model.fault import ConfigurationFault

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_MAGIC = frozenset("*?[")


def read_bytes(path: Path, *, most: int = bounds.FILE) -> bytes:
    """A plain file's content; raises ConfigurationFault if it is none, larger than ``most``, or unreadable."""
    with open_plain(path, most=most) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise _too_large(path, most)
    return content


@contextlib.contextmanager
def open_plain(path: Path, *, most: int) -> Iterator[BinaryIO]:
    """The same opened, for what is read in pieces; also what cannot be read later on is a ConfigurationFault."""
    try:
        _check_plain(path.stat(), path, most)
        # What is there now may be another file: it is looked at again, and opening it waits for nobody.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        with os.fdopen(handle, "rb") as file:
            _check_plain(os.fstat(handle), path, most)
            yield file
    except OSError as error:
        raise ConfigurationFault(
            f"cannot read it: {error.strerror or error}", where=named(path), remedy="check the path and its rights"
        ) from None
    except ValueError:
        raise ConfigurationFault("this is no path of a file", where=named(path), remedy="check the path") from None


def read_text(path: Path, *, most: int = bounds.FILE) -> str:
    """The same as text in UTF-8."""
    try:
        return read_bytes(path, most=most).decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigurationFault("it is not UTF-8", where=named(path), remedy="save it as UTF-8") from None


def named(path: Path) -> str:
    """A path as messages and records can hold it, whatever bytes its name has."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def is_file(path: Path) -> bool:
    """Whether there is a plain file; false for whatever cannot be a path."""
    return _is(path, stat.S_ISREG)


def is_folder(path: Path) -> bool:
    """Whether there is a folder."""
    return _is(path, stat.S_ISDIR)


def files_in(folder: Path, suffix: str = ".toml") -> list[Path]:
    """The files of a folder that end so, by name; of no folder within. Raises ConfigurationFault for too many."""
    return [path for path in matching(folder, f"*{suffix}") if path.name.endswith(suffix)]


def files_below(folder: Path, suffix: str = ".toml") -> list[Path]:
    """The files below a folder that end so, by path; links to folders are not followed."""
    return [path for path in matching(folder, f"**/*{suffix}") if path.name.endswith(suffix)]


def matching(folder: Path, pattern: str) -> list[Path]:
    """What a pattern such as ``cases/**/*.toml`` finds from a folder, by path; nothing if it finds nothing.

    Links to folders are not followed by ``**``. Raises ConfigurationFault if more is to be looked at than
    :mod:`~harness.model.bounds` allows.
    """
    parts = [part for part in PurePosixPath(pattern).parts if part != "."]
    base = folder
    while parts and not _MAGIC & set(parts[0]):
        base /= parts.pop(0)
    if "\0" in str(base) or len(parts) > bounds.DEPTH:
        return []
    if not parts:
        return [base] if is_file(base) or is_folder(base) else []
    # Two ** in a row mean the same as one.
    wanted = [part for place, part in enumerate(parts) if part != "**" or parts[place - 1 : place] != ["**"]]
    found: dict[Path, None] = {}
    for path in _walk(base, wanted, _Count(folder)):
        found[path] = None
        if len(found) > bounds.FILES:
            raise ConfigurationFault(
                f"more than {bounds.FILES:,} files", where=named(folder), remedy="name a smaller folder"
            )
    return sorted(found)


class _Count:
    """How much was looked at so far."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = 0

    def entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """A folder's entries; none if it cannot be read, as a pattern finds nothing there."""
        try:
            with os.scandir(folder) as entries:
                found = []
                for entry in entries:
                    self._seen += 1
                    if self._seen > bounds.WALKED:
                        raise ConfigurationFault(
                            f"more than {bounds.WALKED:,} files and folders",
                            where=named(self._folder),
                            remedy="name a smaller folder",
                        )
                    found.append(entry)
                return found
        except OSError:
            return []


def _walk(folder: Path, parts: list[str], count: _Count) -> Iterator[Path]:
    """What the parts of a pattern find in a folder; its own stack, since folders may be nested deeply."""
    todo = [(folder, tuple(parts))]
    done = set(todo)

    def later(place: Path, rest: tuple[str, ...]) -> None:
        if (place, rest) not in done:
            done.add((place, rest))
            todo.append((place, rest))

    while todo:
        here, (part, *rest) = todo.pop()
        if part == "**" and rest:
            later(here, tuple(rest))
        for entry in count.entries(here):
            place = here / entry.name
            if part == "**":
                if _is_own_folder(entry):
                    later(place, (part, *rest))
                if not rest:
                    yield place
            elif not fnmatchcase(entry.name, part):
                continue
            elif not rest:
                yield place
            elif is_folder(place):
                later(place, tuple(rest))


def _is_own_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is(path: Path, kind: Callable[[int], bool]) -> bool:
    try:
        return bool(kind(path.stat().st_mode))
    except (OSError, ValueError):
        return False


def _check_plain(found: os.stat_result, path: Path, most: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = next((word for kind, word in _KINDS if kind(found.st_mode)), "no plain file")
        raise ConfigurationFault(f"it is {what}, not a file", where=named(path), remedy="name a plain file")
    if found.st_size > most:
        raise _too_large(path, most)


def _too_large(path: Path, most: int) -> ConfigurationFault:
    return ConfigurationFault(
        f"it is larger than {most >> 20} MiB" if most >> 20 else f"it is larger than {most} bytes",
        where=named(path),
        remedy="is it the right file?",
    )
