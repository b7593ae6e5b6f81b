"""Which files are scenarios: those below a folder ``scenarios``, those of the site, those named one by one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

_TREE = "scenarios"
_SITE = "site.toml"
_OTHERS = (_SITE, "pyproject.toml")
_DRAFT = "draft.toml"
_OTHER_FOLDERS = ("clusters", "known-differences")


@dataclass(frozen=True, slots=True)
class NamedPaths:
    """What a command line of pytest names.

    :ivar paths: absolute, without the items' names.
    :ivar site: the folder of ``--site``, else of the site that one of the paths lies in; None: neither.
    :ivar whole: whether the site's own scenarios belong to it: ``--site`` is given, and a folder ``scenarios`` is
        named as a whole, or nothing is.
    :ivar alone: whether nothing but ``--site`` is named.
    """

    paths: tuple[Path, ...]
    site: Path | None
    whole: bool
    alone: bool


def named(config: pytest.Config, site: str | None) -> NamedPaths:
    """What is named; ``site`` is the value of ``--site``."""
    start = config.invocation_params.dir
    paths = tuple(_absolute(start, arg.partition("[")[0].partition("::")[0]) for arg in config.args)
    alone = config.args_source is not pytest.Config.ArgsSource.ARGS
    if site is not None:
        whole = alone or any(path.name == _TREE and path.is_dir() for path in paths)
        return NamedPaths(paths, Path(site), whole, alone)
    around = (folder for path in paths for folder in (path, *path.parents) if (folder / _SITE).is_file())
    return NamedPaths(paths, next(around, None), False, False)


def is_scenario(path: Path, root: Path, own: frozenset[Path]) -> bool:
    """Whether a file is a scenario; ``own`` are the site's and those named one by one.

    Folders above ``root`` do not count: a checkout may lie anywhere.
    """
    if path.suffix != ".toml" or path.name in _OTHERS or path.name.endswith(_DRAFT):
        return False
    if path in own:
        return True
    folders = {folder.name for folder in path.parents if folder.is_relative_to(root) or not path.is_relative_to(root)}
    return _TREE in folders and folders.isdisjoint(_OTHER_FOLDERS)


def any_scenario(config: pytest.Config, asked: NamedPaths) -> bool:
    """Whether collecting what is named would meet a scenario."""
    files = frozenset(path for path in asked.paths if path.is_file())
    passed_over = config.getini("norecursedirs")
    for start in asked.paths:
        if start in files and is_scenario(start, config.rootpath, files):
            return True
        for folder, below, names in os.walk(start):
            below[:] = [name for name in below if not any(fnmatch(name, pattern) for pattern in passed_over)]
            if any(is_scenario(Path(folder, name), config.rootpath, files) for name in names):
                return True
    return False


def _absolute(start: Path, path: str) -> Path:
    return Path(os.path.normpath(start / path))
