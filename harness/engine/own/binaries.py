"""The programs of our own engine: fetched by apt, unpacked into the cache, never installed."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.engine.apt import Apt, architecture, unpack
from harness.engine.file_locks import locked
from harness.engine.sources import AptSource, all_adapted
from harness.model.debian import DEFAULT
from harness.model.fault import MachineFault

ENGINE_PACKAGES = ("docker.io", "containerd", "runc", "tini", "iptables")
_COMPOSE_PROGRAM = "usr/libexec/docker/cli-plugins/docker-compose"
_LAYOUT = 1
_MANIFEST = "packages.json"


@dataclass(frozen=True)
class Binaries:
    """An unpacked set of packages: its root folder and each package's version."""

    root: Path
    versions: Mapping[str, str]

    @property
    def dockerd(self) -> Path:
        return self.root / "usr/sbin/dockerd"

    @property
    def init(self) -> Path:
        return self.root / "usr/bin/tini-static"

    @property
    def libraries(self) -> list[Path]:
        """The folders the loader must search, for the machine's own multiarch triplet."""
        found = {path.parent for path in self.root.glob("usr/lib/*-linux-*/*.so*")}
        return sorted(found | {path.parent for path in self.root.glob("lib/*-linux-*/*.so*")})

    def environment(self, *, iptables: Path | None = None) -> dict[str, str]:
        """The environment variables with which these programs find each other and their libraries."""
        folders = [self.root / part for part in ("usr/sbin", "usr/bin", "sbin", "bin")]
        path = [*([iptables] if iptables else []), *folders, "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        extensions = next(iter(self.root.glob("usr/lib/*/xtables")), None)
        return {
            "PATH": ":".join(map(str, path)),
            "LD_LIBRARY_PATH": ":".join(map(str, self.libraries)),
            **({"XTABLES_LIBDIR": str(extensions)} if extensions else {}),
        }


def engine_binaries(home: Path, progress: Callable[[str], None]) -> Binaries:
    """The engine's programs under ``home``; fetched on first use, reused ever after. Raises MachineFault."""
    return _fetched(home, "engine", ENGINE_PACKAGES, ("usr/sbin/dockerd", "usr/bin/tini-static"), progress)


def mmdebstrap_binaries(home: Path, packages: tuple[str, ...], progress: Callable[[str], None]) -> Binaries:
    """mmdebstrap, and the packages it needs beside it. Raises MachineFault."""
    return _fetched(home, "mmdebstrap", ("mmdebstrap", *packages), ("usr/bin/mmdebstrap",), progress)


def compose_binary(home: Path, progress: Callable[[str], None]) -> Path:
    """Docker Compose from Debian 13, one program without libraries; Debian 12's is in Python, with many packages.

    Raises MachineFault.
    """
    sources = tuple(all_adapted(DEFAULT))
    if not sources:
        raise MachineFault(
            "this machine has no Debian apt source",
            where="Compose",
            remedy="install docker-compose-v2 or docker-compose",
        )
    found = _fetched(home, "compose", ("docker-compose",), (_COMPOSE_PROGRAM,), progress, sources)
    return found.root / _COMPOSE_PROGRAM


def _fetched(
    home: Path,
    name: str,
    packages: tuple[str, ...],
    proofs: tuple[str, ...],
    progress: Callable[[str], None],
    sources: tuple[AptSource, ...] = (),
) -> Binaries:
    """Unpack under a name that says for which machine: a cache on a shared home serves several."""
    root = home / "packages" / f"{name}-{_machine()}"
    home.mkdir(parents=True, exist_ok=True)
    with locked(home / f"{name}.lock", f"fetching {packages[0]}", progress):
        known = _read(root, packages, proofs)
        if known:
            return known
        progress(f"fetching {' '.join(packages)} by apt-get (nothing is installed)")
        work = home / "packages" / f".{name}-{os.getpid()}"
        for stale in (home / "packages").glob(f".{name}-*"):
            shutil.rmtree(stale, ignore_errors=True)
        try:
            apt = Apt(work / "apt", sources)
            apt.update()
            archives = apt.download({*packages, *apt.libraries(packages)}, work / "archives")
            versions = unpack(archives, work / "root")
            (work / "root" / _MANIFEST).write_text(json.dumps({"layout": _LAYOUT, "versions": versions}, indent=1))
            if not _read(work / "root", packages, proofs):
                missing = [proof for proof in proofs if not (work / "root" / proof).exists()]
                raise MachineFault(f"the packages hold no {' '.join(missing)}", where="apt-get download")
            if root.exists():
                shutil.rmtree(root)
            (work / "root").rename(root)
        except OSError as error:
            raise MachineFault(
                f"cannot unpack packages: {error.strerror}", where=str(home), remedy="free some disk space"
            ) from error
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return Binaries(root, versions)


def _read(root: Path, packages: tuple[str, ...], proofs: tuple[str, ...]) -> Binaries | None:
    try:
        manifest = json.loads((root / _MANIFEST).read_text())
    except (OSError, ValueError):
        return None
    versions: dict[str, str] = manifest.get("versions", {})
    whole = manifest.get("layout") == _LAYOUT and set(packages) <= set(versions)
    return Binaries(root, versions) if whole and all((root / proof).exists() for proof in proofs) else None


def _machine() -> str:
    release = platform.freedesktop_os_release()
    return "-".join([release.get("VERSION_CODENAME") or release.get("ID", "debian"), architecture()])
