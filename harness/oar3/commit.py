"""The git commit that a source tree is of. Only objects are read: nothing that the repository configures is run."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SECONDS = 20
_DIRTY = "-dirty"
_SHORT = "--short=8"
# status and diff would run the repository's own filters and hooks; a partial clone would fetch what it lacks.
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}
_OF_ANOTHER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")


def commit_of(folder: Path, files: Mapping[str, Path]) -> str:
    """The short hash of the commit that ``folder`` is checked out at, with ``-dirty`` where a file is another.

    :param files: by their path in the folder, those that count; what else the checkout holds may have changed.

    Empty if the folder is in no git repository or not among what that has committed (a tree unpacked inside of
    another project's checkout), or git is not there or does not trust the folder's owner.
    """
    commit = _git(folder, "rev-parse", "--verify", "--quiet", _SHORT, "HEAD").strip()
    if not commit:
        return ""
    tops = sorted({name.partition("/")[0] for name in files})
    listed = _git(folder, "ls-tree", "-r", "-z", "HEAD", "--", *tops)
    committed = {}
    for entry in filter(None, listed.split("\0")):
        kind, _, name = entry.partition("\t")
        mode, what, digest = kind.split()
        if what == "blob" and mode != "120000":
            committed[name] = digest
    if "oar/__init__.py" not in committed:
        return ""
    try:
        there = {name: _blob(path, committed.get(name, "")) for name, path in files.items()}
    except OSError:
        return ""
    return commit + (_DIRTY if there != committed else "")


def _git(folder: Path, *words: str) -> str:
    environment = {key: value for key, value in os.environ.items() if key not in _OF_ANOTHER} | _ENVIRONMENT
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="surrogateescape") if done.returncode == 0 else ""


def _blob(path: Path, like: str) -> str:
    """What git calls a file's content; of the length of ``like``, since a repository may use SHA-1 or SHA-256."""
    content = path.read_bytes()
    kind = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return kind(b"blob %d\0" % len(content) + content).hexdigest()
