"""Which packages a source tree's own files name, and which modules are its own. Nothing of it is run."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.oar3.requirement import NamedPackage, RefusedRequirement, from_line, from_poetry, named

_LARGEST = 4 << 20
"""Bytes of a file that is read: OAR3's lock file has 0.3 MB."""
_PAGES = 400
_COMMAND = re.compile(r"\b(?:apt|apt-get|aptitude|pip3?)\s+install\b|\bdpkg\s+(?:-i|--install)\b")
_DEBIAN = re.compile(r"(?<![\w/.-])python3-([a-z0-9][a-z0-9.+-]*[a-z0-9])(?![\w-])")


@dataclass
class Metadata:
    """What was read.

    :ivar packages: by key, the first mention's range, the lock file's version.
    :ivar debian: what follows ``python3-`` in Debian's packages that pages name, with the page.
    :ivar locked: by key, the versions of the lock file, for all that comes along.
    :ivar refused: what was named and cannot be taken, a line each.
    """

    packages: dict[str, NamedPackage] = field(default_factory=dict)
    debian: dict[str, str] = field(default_factory=dict)
    locked: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def add(self, by: str, read: Callable[[], NamedPackage]) -> None:
        """Take what ``read`` gives, unless it was named before; what it refuses is kept as a line."""
        try:
            found = read()
        except RefusedRequirement as refusal:
            self.refused.append(f"{by} names {refusal}")
            return
        known = self.packages.setdefault(found.key, found)
        if found.wanted and not known.wanted:
            self.packages[found.key] = replace(known, wanted=found.wanted)


def read_metadata(folder: Path) -> Metadata:
    """What ``pyproject.toml``, ``setup.py``, requirements, ``poetry.lock`` and pages of the tree in ``folder`` name.

    The first that names a range counts, in that order. A file that cannot be read names nothing.
    """
    found = Metadata()
    _pyproject(found, _toml(folder / "pyproject.toml"))
    for by in ("setup.py", *_requirement_files(folder)):
        text = _text(folder / by)
        for line in _of_setup(text) if by == "setup.py" else _of_requirements(text):
            found.add(by, lambda line=line, by=by: from_line(line, by))  # type: ignore[misc]
    _lock(found, _toml(folder / "poetry.lock"))
    for page in _pages(folder):
        for name in _installed_by(_text(page)):
            found.debian.setdefault(name, page.relative_to(folder).as_posix())
    return found


def own_modules(folder: Path) -> frozenset[str]:
    """The modules and packages at the top of a tree."""
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
        packages = {entry.name for entry in entries if entry.is_dir() and any(entry.glob("*.py"))}
    except OSError:
        return frozenset()
    return frozenset(packages | {entry.stem for entry in entries if entry.suffix == ".py"})


def _pyproject(found: Metadata, text: dict[str, Any]) -> None:
    by = "pyproject.toml"
    poetry = _table(text, "tool", "poetry")
    tables = [_table(poetry, "dependencies")]
    tables += [_table(group, "dependencies") for group in _table(poetry, "group").values()]
    tables.append(_table(poetry, "dev-dependencies"))
    project = _table(text, "project")
    lists = [project.get("dependencies"), *_table(project, "optional-dependencies").values()]
    for line in (line for lines in lists if isinstance(lines, list) for line in lines):
        found.add(by, lambda line=line: from_line(str(line), by))  # type: ignore[misc]
    for table in tables:
        for name, entry in table.items():
            if name != "python":
                found.add(by, lambda name=name, entry=entry: from_poetry(name, entry, by))  # type: ignore[misc]


def _lock(found: Metadata, text: dict[str, Any]) -> None:
    twice: set[str] = set()
    packages = text.get("package")
    for entry in packages if isinstance(packages, list) else ():
        if not isinstance(entry, dict):
            continue
        name, version = str(entry.get("name")), str(entry.get("version"))
        if source := _table(entry, "source"):
            found.refused.append(f"poetry.lock names {name[:60]} from elsewhere: {str(source.get('url'))[:60]!r}")
            continue
        try:
            locked = named(name, f"=={version}", "poetry.lock")
        except RefusedRequirement as refusal:
            found.refused.append(f"poetry.lock names {refusal}")
            continue
        if locked.key in found.locked:
            # One for each of several Pythons.
            twice.add(locked.key)
        found.locked[locked.key] = version
        known = found.packages.get(locked.key, replace(locked, wanted=""))
        found.packages[locked.key] = replace(known, locked=version)
    for key in twice:
        del found.locked[key]
        found.packages[key] = replace(found.packages[key], locked="")


def _requirement_files(folder: Path) -> list[str]:
    found = [*folder.glob("requirements*.txt"), *folder.glob("requirements/*.txt")]
    # What is needed to run it stands in base.txt; the rest is for its developers.
    names = sorted(path.relative_to(folder).as_posix() for path in found)
    return sorted(names, key=lambda name: name not in ("requirements.txt", "requirements/base.txt"))


def _of_requirements(text: str) -> Iterator[str]:
    for line in text.splitlines():
        plain = re.sub(r"(^|\s)#.*", "", line).strip()
        if plain:
            yield plain


def _of_setup(text: str) -> Iterator[str]:
    """The strings of ``install_requires`` and the like where they are written down; nothing is run."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(module):
        if isinstance(node, ast.keyword) and node.arg in ("install_requires", "extras_require"):
            lists = [node.value] if isinstance(node.value, ast.List) else []
            lists += [each for each in ast.walk(node.value) if isinstance(each, ast.List) and each is not node.value]
            yield from (
                str(each.value)
                for found in lists
                for each in found.elts
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )


def _installed_by(text: str) -> Iterator[str]:
    """Debian's Python packages that a page tells to install, its lines joined where they end with a backslash."""
    for line in re.sub(r"\\\s*\n", " ", text).splitlines():
        if command := _COMMAND.search(line):
            yield from _DEBIAN.findall(line.replace("_", " "), command.end())


def _pages(folder: Path) -> list[Path]:
    found = [*folder.glob("README*"), *folder.glob("INSTALL*"), *(folder / "docs").rglob("*")]
    pages = [page for page in found if page.suffix in ("", ".rst", ".md", ".txt") and not page.is_symlink()]
    return sorted(page for page in pages if page.is_file())[:_PAGES]


def _table(text: dict[str, Any], *keys: str) -> dict[str, Any]:
    for key in keys:
        text = text.get(key, {}) if isinstance(text, dict) else {}
    return text if isinstance(text, dict) else {}


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _text(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def as_lines(lines: Iterable[str]) -> str:
    """Refusals in one line."""
    return "; ".join(dict.fromkeys(lines))
