"""A cache of the tests' own, and made-up copies of OAR3 in every form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

MakeTree = Callable[..., Path]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; the machine's own, its network and its settings are out of reach."""
    root = tmp_path / "the cache"
    monkeypatch.setenv("OAR_COMPAT_CACHE", str(root))
    monkeypatch.setenv("OAR_COMPAT_GITHUB_API", "http://127.0.0.1:9")
    monkeypatch.delenv("OAR_COMPAT_OAR3", raising=False)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    return root


@pytest.fixture
def make_tree() -> MakeTree:
    """Writes a made-up source tree into a folder and returns it."""

    def make(folder: Path, version: str = "3.0.2", scripts: str = "kao = 'oar.kao.kao:main'\n") -> Path:
        package = folder / "oar" / "kao"
        package.mkdir(parents=True)
        (folder / "oar" / "__init__.py").write_text(f'__version__ = "{version}"\nVERSION = __version__\n')
        (package / "__init__.py").write_text("")
        (package / "kao.py").write_text("raise SystemExit('never imported')\n")
        (folder / "pyproject.toml").write_text(f"[tool.poetry]\nname = 'x'\n[tool.poetry.scripts]\n{scripts}")
        return folder

    return make
