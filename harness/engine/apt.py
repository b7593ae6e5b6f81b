"""The machine's apt, used without changing the machine: lists and archives live in a folder of ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.engine.sources import AptSource
from harness.model.fault import MachineFault

# What every Debian and Ubuntu has and must not come twice: a libc beside another one ends in a crash.
_GIVEN = frozenset({"libc6", "libgcc-s1", "libcrypt1", "libstdc++6"})

_SECONDS = 900.0
"""How long apt or dpkg may take: they fetch and unpack a hundred megabytes."""

_KEPT_OPTIONS = ("Acquire::Check-Valid-Until ", "Acquire::Check-Date ", "Acquire::Retries ", "Acquire::ForceIPv")


def on_debian() -> bool:
    """Whether this machine is a Debian or a Debian derivative with apt."""
    return Path("/usr/bin/apt-get").exists() and Path("/usr/bin/dpkg").exists()


def architecture() -> str:
    """Debian's name of the machine's architecture, such as ``amd64``."""
    return _run(["dpkg", "--print-architecture"]).strip()


def apt_options() -> list[str]:
    """The machine's apt options without which its sources may not work elsewhere, as lines of an apt.conf."""
    lines = _run(["apt-config", "dump", "Acquire"]).splitlines()
    return [line for line in lines if line.startswith(_KEPT_OPTIONS) and not line.endswith(' "";')]


class Apt:
    """apt-get with lists and archives under ``folder``; the machine's keys and options stay in force.

    :param sources: in place of the machine's own; empty: those.
    """

    def __init__(self, folder: Path, sources: Iterable[AptSource] = ()) -> None:
        self._lists = folder / "lists"
        self._cache = folder / "archives"
        self._options = [
            f"-oDir::State::lists={self._lists}",
            f"-oDir::Cache={self._cache}",
            "-oDir::Cache::pkgcache=pkgcache.bin",
            "-oDir::Cache::srcpkgcache=",
            "-oAPT::Sandbox::User=root",
            "-oAcquire::Languages=none",
            "-oAPT::Update::Post-Invoke=",
            "-oAPT::Update::Post-Invoke-Success=",
            "-oAPT::Update::Pre-Invoke=",
        ]
        lines = [f"{source.line}\n" for source in sources]
        if lines:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "sources.list").write_text("".join(lines))
            self._options += [
                f"-oDir::Etc::sourcelist={folder / 'sources.list'}",
                "-oDir::Etc::sourceparts=/dev/null",
            ]

    def update(self) -> None:
        """Fetch the package lists. Raises MachineFault."""
        (self._lists / "partial").mkdir(parents=True, exist_ok=True)
        (self._cache / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        _run(["apt-get", "-qq", *self._options, "update"], remedy="check the machine's apt sources and network")

    def download(self, packages: Iterable[str], into: Path) -> list[Path]:
        """Fetch packages as files, verified by apt, and give their paths. Raises MachineFault."""
        into.mkdir(parents=True, exist_ok=True)
        names = sorted(set(packages))
        _run(
            ["apt-get", "-qq", *self._options, "download", *names],
            folder=into,
            remedy="check the machine's apt sources and network",
        )
        return sorted(into.glob("*.deb"))

    def libraries(self, packages: Iterable[str]) -> set[str]:
        """The library packages these need, whatever this release calls them.

        Those the machine has are fetched too: it may lose them while the cache stays.
        """
        wanted: set[str] = set()
        level = set(packages)
        while level:
            level = {name for name in self.depends(level) if name.startswith("lib")} - wanted - _GIVEN
            wanted |= level
        return wanted

    def depends(self, packages: Iterable[str]) -> set[str]:
        """The names of the packages these need directly; of alternatives the first. Raises MachineFault."""
        command = ["apt-cache", *self._options, "-oAPT::Cache::AllVersions=0", "depends", "--important"]
        return direct_depends(_run([*command, *sorted(packages)]))


def direct_depends(listing: str) -> set[str]:
    """Read what ``apt-cache depends`` prints: ``|`` means that an alternative follows, ``<…>`` that it is virtual."""
    found = set()
    settled = False
    for line in listing.splitlines():
        kind, _, name = line.strip().partition(": ")
        if kind.lstrip("|") not in ("Depends", "PreDepends"):
            continue
        if not settled and not name.startswith("<"):
            found.add(name)
            settled = True
        if not kind.startswith("|"):
            settled = False
    return found


def unpack(archives: Iterable[Path], root: Path) -> dict[str, str]:
    """Unpack ``.deb`` files under ``root``, without their scripts, and give their versions. Raises MachineFault."""

    def one(archive: Path) -> tuple[str, str]:
        name, version = _run(["dpkg-deb", "-W", "--showformat=${Package} ${Version}", str(archive)]).split()
        _run(["dpkg", "-x", str(archive), str(root)], remedy="free some disk space")
        return name, version

    root.mkdir(parents=True, exist_ok=True)
    # The largest first: two of them make nearly all of the time, which is spent in xz.
    with ThreadPoolExecutor() as pool:
        return dict(pool.map(one, sorted(archives, key=lambda path: -path.stat().st_size)))


def _run(command: list[str], *, folder: Path | None = None, remedy: str = "", check: bool = True) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise MachineFault(f"it did not end in {_SECONDS:g} s", where=" ".join(command[:1]), remedy=remedy) from error
    except OSError as error:
        raise MachineFault(f"cannot run it: {error.strerror}", where=command[0], remedy=remedy) from error
    if check and done.returncode:
        words = [word for word in command[1:] if not word.startswith("-")]
        detail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])
        where = " ".join([command[0], *words[:1]])
        raise MachineFault(f"it ended with code {done.returncode}", where=where, remedy=remedy, detail=detail)
    return done.stdout
