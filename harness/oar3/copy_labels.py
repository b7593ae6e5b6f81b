"""What copies of OAR3 are called in columns' ids: a label of the user's own, a version, a commit; no two alike."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from harness.model.combination import AGAIN
from harness.model.fault import ConfigurationFault
from harness.oar3.source import Oar3Source

LONGEST = 40
"""Characters of a label at most: it stands in each column's heading."""

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*", re.ASCII)
_OTHERS = re.compile(r"[^A-Za-z0-9._+-]+", re.ASCII)


def split_label(value: str, option: str, there: Callable[[str], bool]) -> tuple[str, str]:
    """``new=PATH`` as label and the rest; the label is empty if the value has none.

    A path may hold ``=`` itself: what is there under the whole value wins, and so does what can be nothing but a
    path, since ``/``, ``~`` or ``.`` stands before the first ``=`` (``./a=b``).

    :param there: whether a value, taken as a whole, names a copy.

    Raises ConfigurationFault if the label is none.
    """
    label, equals, rest = value.partition("=")
    if not equals or os.sep in label or label.startswith(("~", ".")) or there(value):
        return "", value
    if not _LABEL.fullmatch(label) or len(label) > LONGEST or label == AGAIN:
        raise ConfigurationFault(
            f"{label[:LONGEST]!r} cannot be a label"
            + (", for it says that a combination is compared with itself" if label == AGAIN else ""),
            where=option,
            remedy=f"write LABEL=PATH with at most {LONGEST} letters, digits, '.', '_', '+', '-', a letter or digit "
            "first; a path that holds '=' is written with its folder, as ./a=b",
        )
    return label, rest


def as_name(text: str) -> str:
    """Text as it can stand in a column's id: characters that a label may not have become ``-``."""
    name = _OTHERS.sub("-", text).lstrip("._+-") or "oar3"
    return f"{name}-" if name == AGAIN else name


def told_apart(sources: Iterable[Oar3Source]) -> tuple[Oar3Source, ...]:
    """The same with names that no two of them share.

    A label stays as it is. Others that share a name are called by their commit, where they lie in a git repository,
    else by version and content; only what is alike to the last byte gets a number.

    Raises ConfigurationFault if two have the same label.
    """
    named = [replace(source, name=source.label or as_name(source.name)) for source in sources]
    labels = Counter(source.label for source in named if source.label)
    if twice := next((label for label, count in labels.items() if count > 1), ""):
        paths = " and ".join(str(source.path) for source in named if source.label == twice)
        raise ConfigurationFault(
            f"two copies of OAR3 are called {twice!r}: {paths}", where="--oar3", remedy="give each a label of its own"
        )
    for better in (_by_commit, _by_content):
        count = Counter(source.name for source in named)
        named = [
            replace(source, name=better(source)) if count[source.name] > 1 and not source.label else source
            for source in named
        ]
    return tuple(_numbered(named))


def _by_commit(source: Oar3Source) -> str:
    return as_name(source.commit) if source.commit else _by_content(source)


def _by_content(source: Oar3Source) -> str:
    return as_name(f"{source.commit or source.version}-{source.sha256[:8]}")


def _numbered(sources: list[Oar3Source]) -> Iterable[Oar3Source]:
    taken = {source.name for source in sources if source.label}
    for source in sources:
        name, number = source.name, 1
        while not source.label and name in taken:
            number += 1
            name = f"{source.name}-{number}"
        taken.add(name)
        yield replace(source, name=name)


def same(one: Oar3Source) -> tuple[Path, str]:
    """What makes two that were asked for one and the same copy: its place, and what it is to be called."""
    return one.path.resolve(), one.label
