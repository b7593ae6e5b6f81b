"""A cache of the tests' own, and made-up copies of OAR3 in every form."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from harness.oar3.deb import host_architecture

MakeTree = Callable[..., Path]
MakeDeb = Callable[..., Path]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; the machine's own, its network and its settings are out of reach."""
    root = tmp_path / "the cache"
    monkeypatch.setenv("OAR_COMPAT_CACHE", str(root))
    monkeypatch.setenv("OAR_COMPAT_GITHUB_API", "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
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


def _tar(files: dict[str, bytes], mode: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as tar:  # type: ignore[call-overload]
        folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
        for folder in sorted(folders):
            entry = tarfile.TarInfo("." if folder == "." else f"./{folder}")
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for name, content in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture
def make_deb() -> MakeDeb:
    """Writes a made-up .deb with dummy content (deb(5): an ar archive of three members) and returns its path."""

    def make(
        folder: Path,
        package: str = "python3-oar",
        version: str = "3.0.2-1",
        *,
        architecture: str = "",
        fields: str = "",
        filename: str = "",
        compression: str = "xz",
    ) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        architecture = architecture or host_architecture()
        control = (
            f"Package: {package}\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: x <x@example.org>\n"
            f"{fields}Description: dummy\n"
        )
        members = {
            "debian-binary": b"2.0\n",
            "control.tar.gz": _tar({"control": control.encode()}, "w:gz"),
            f"data.tar.{compression}": _tar({f"usr/share/{package}/dummy": b"dummy\n" * 999}, f"w:{compression}"),
        }
        content = b"!<arch>\n"
        for name, data in members.items():
            content += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode()
            content += data + b"\n" * (len(data) % 2)
        path = folder / (filename or f"{package}_{version}_{architecture}.deb")
        path.write_bytes(content)
        return path

    return make
