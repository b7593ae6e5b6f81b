"""A copy of OAR3: which version it is, where it lies, and what shows that it is the same as last time."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.model.reading import is_file, matching, read_bytes, read_text
from harness.model.toml_reading import NotToml, loads
from harness.oar3.commit import commit_of

Origin = Literal["tree", "deb", "release"]
"""Where a copy came from, as the report's ``environment.oar3.origin`` has it: an unpacked source tree, ``.deb``s that
were given, or the ``.deb``s of the release page."""

_DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_CALLABLE = re.compile(rf"\s*(?P<target>{_DOTTED}\s*:\s*{_DOTTED})\s*(?:\[.*\])?\s*")
_SCRIPT_NAME = re.compile(r"[\w.+-]*[\w+-][\w.+-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A ``.deb`` that lies beside the wanted ones and is not installed, and why."""

    path: Path
    package: str
    reason: str


@dataclass(frozen=True, slots=True)
class Oar3Source:
    """One copy of OAR3, found and checked.

    :ivar version: what it says of itself: ``oar/__init__.py`` of a tree, the control file of ``python3-oar``.
    :ivar path: absolute; a tree's folder (it holds ``oar/`` and ``pyproject.toml``), the ``.deb``, or their folder.
    :ivar sha256: hexadecimal; of all files below a tree's ``oar/`` and of its ``pyproject.toml``, or of the chosen
        ``.deb``s; the same content in another folder has the same sum.
    :ivar name: what it is called on command lines and in reports: its label, else the name it was asked for by
        (``3.0.2``, ``master``), else its version; else what tells it from another of that name
        (:func:`~harness.oar3.copy_labels.told_apart`).
    :ivar scripts: console scripts a tree declares, name → ``module:function``; empty for ``.deb``s, which bring
        theirs.
    :ivar debs: the ``.deb``s to install, ``python3-oar`` first, then ProcSet's where there is one; empty for a tree.
    :ivar left_out: ``.deb``s beside them that are not installed.
    :ivar notes: what the reader of a report should know of the choice, a line each.
    :ivar label: what the user calls it (``--oar3 new=PATH``); empty if nothing was said.
    :ivar commit: of a tree in a git repository: the commit, ``-dirty`` where a file is another; else empty.
    """

    version: str
    origin: Origin
    path: Path
    sha256: str
    name: str
    scripts: Mapping[str, str] = field(default_factory=dict)
    debs: tuple[Path, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    label: str = ""
    commit: str = ""

    def environment(self) -> dict[str, str]:
        """The report's ``environment.oar3``: version, origin and sha256, and a tree's commit where it has one."""
        said = {"version": self.version, "origin": self.origin, "sha256": self.sha256}
        return said | ({"commit": self.commit} if self.commit else {})


def environment_of(sources: Sequence[Oar3Source]) -> dict[str, Any]:
    """What a report's ``environment`` says of a run's copies: ``oar3`` is the first of them, null without any.

    ``oar3-copies`` has each by its name; it is left out where one copy is called by its version.
    """
    said: dict[str, Any] = {"oar3": sources[0].environment() if sources else None}
    if len(sources) > 1 or any(source.label for source in sources):
        said["oar3-copies"] = {source.name: source.environment() for source in sources}
    return said


def is_tree(folder: Path) -> bool:
    """Whether ``folder`` looks like OAR3's source tree: the package ``oar`` beside ``pyproject.toml``."""
    return (folder / "oar" / "__init__.py").is_file() and (folder / "pyproject.toml").is_file()


def read_tree(folder: Path, name: str = "") -> Oar3Source:
    """OAR3's source tree in ``folder``; nothing of it is imported, compiled or run.

    :param name: what it was asked for by; its version where empty.

    Raises ConfigurationFault if it cannot be read, states no version, or declares no console scripts.
    """
    folder = folder.absolute()
    try:
        version = _version(folder / "oar" / "__init__.py")
        scripts = read_scripts(folder / "pyproject.toml")
        files = _files_of(folder)
        sha256 = sum_of_files(files.items())
    except OSError as error:
        raise ConfigurationFault(
            f"cannot read OAR3's source tree: {error.strerror or error}",
            where=str(error.filename or folder),
            remedy="make it readable for the user who runs oar-compat",
        ) from error
    commit = commit_of(folder, files)
    return Oar3Source(version, "tree", folder, sha256, name or version, scripts=scripts, commit=commit)


def read_scripts(pyproject: Path) -> dict[str, str]:
    """The console scripts a ``pyproject.toml`` declares, name → ``module:function``, in its order.

    Reads ``[project.scripts]`` and ``[tool.poetry.scripts]``, the latter also in its table form (``reference`` or
    ``callable``); poetry's scripts that are plain files are left out. Launchers are written from these, so a name
    that is no plain file name, or a value that is no ``module:function``, raises ConfigurationFault; so does a file
    that is no TOML or declares none.
    """
    try:
        text = loads(read_text(pyproject))
    except NotToml as error:
        raise ConfigurationFault(f"is not valid TOML: {error}", where=str(pyproject)) from error
    scripts: dict[str, str] = {}
    for keys in (("tool", "poetry", "scripts"), ("project", "scripts")):
        table: object = text
        for key in keys:
            table = table.get(key, {}) if isinstance(table, dict) else {}
        for name, value in table.items() if isinstance(table, dict) else ():
            if isinstance(value, dict):
                if value.get("type") == "file":
                    continue
                value = value.get("reference", value.get("callable"))
            match = _CALLABLE.fullmatch(value) if isinstance(value, str) else None
            if not match or not _SCRIPT_NAME.fullmatch(name):
                raise ConfigurationFault(
                    f"cannot use the console script {name!r} = {value!r}",
                    where=f"{pyproject} [{'.'.join(keys)}]",
                    remedy="scripts are declared as name = 'module:function'",
                )
            scripts[name] = re.sub(r"\s", "", match["target"])
    if not scripts:
        raise ConfigurationFault(
            "declares no console scripts, so there is no kamelot and no kao to start",
            where=str(pyproject),
            remedy="take a complete source tree of OAR3, with [tool.poetry.scripts] or [project.scripts]",
        )
    return scripts


def sum_of_files(files: Iterable[tuple[str, Path]]) -> str:
    """SHA-256 (hexadecimal) over names and contents, in the order of the names. Raises OSError."""
    total = hashlib.sha256()
    for name, path in sorted(files):
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        total.update(f"{content}  {name}\n".encode(errors="surrogateescape"))
    return total.hexdigest()


def _files_of(folder: Path) -> dict[str, Path]:
    """All that is installed of a tree, and what says how, by path in it; no links, nothing that Python wrote."""
    found = matching(folder / "oar", "**/*")
    files = [path for path in found if path.suffix != ".pyc" and not path.is_symlink() and is_file(path)]
    if sum(path.stat().st_size for path in files) > bounds.TREE:
        raise ConfigurationFault(
            f"oar/ holds more than {bounds.TREE >> 20} MiB", where=str(folder), remedy="name a plain tree of OAR3"
        )
    return {path.relative_to(folder).as_posix(): path for path in (*files, folder / "pyproject.toml")}


def _version(init: Path) -> str:
    """``__version__`` (else ``VERSION``) of a module, read from its text: names are followed, nothing is run."""
    try:
        module = ast.parse(read_bytes(init))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigurationFault(f"is not valid Python: {error}", where=str(init)) from error
    known: dict[str, str] = {}
    for statement in module.body:
        if isinstance(statement, ast.Assign):
            targets: list[ast.expr] = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            continue
        value = statement.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            found = value.value
        elif isinstance(value, ast.Name) and value.id in known:
            found = known[value.id]
        else:
            continue
        known.update({target.id: found for target in targets if isinstance(target, ast.Name)})
    version = known.get("__version__") or known.get("VERSION")
    if not version:
        raise ConfigurationFault(
            "states no __version__, so this cannot be told to be OAR3", where=str(init), remedy="take a complete tree"
        )
    if not re.match(r"[3-9]|\d\d", version):
        raise ConfigurationFault(f"is version {version}, not OAR3", where=str(init), remedy="take a tree of OAR3")
    return version
