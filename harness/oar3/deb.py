"""OAR3 as ``.deb``s: which of them are installed beside OAR2, which are not, and why."""

from __future__ import annotations

import functools
import hashlib
import lzma
import platform
import re
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from debian.arfile import ArError
from debian.debfile import DebFile

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.oar3.source import LeftOut, Oar3Source, Origin, sum_of_files

OAR2_PACKAGES = frozenset(
    {
        "liboar-perl",
        "oar-api",
        "oar-common",
        "oar-desktop-computing-agent",
        "oar-desktop-computing-cgi",
        "oar-doc",
        "oar-node",
        "oar-restful-api",
        "oar-server",
        "oar-server-mysql",
        "oar-server-pgsql",
        "oar-user",
        "oar-user-mysql",
        "oar-user-pgsql",
        "oar-web-status",
    }
)
"""Binary packages of Debian's source package ``oar`` (OAR2), now or once; OAR3's releases use the same names."""

WANTED = "only python3-oar and ProcSet are wanted"

_PROCSET = re.compile(r"(python3-)?procset([.-]py)?")
_TAKES_AWAY = ("Conflicts", "Breaks", "Replaces", "Provides")
_ARCHITECTURES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "i686": "i386",
    "armv7l": "armhf",
    "ppc64le": "ppc64el",
}


@dataclass(frozen=True, slots=True)
class DebPackage:
    """What a ``.deb`` says of itself.

    :ivar source: the source package it was made from; its own name where it states none.
    :ivar files: the paths it installs, files and folders, without a leading ``./``.
    :ivar takes_away: packages named in its Conflicts, Breaks, Replaces or Provides.
    :ivar depends: packages named in its Depends and Pre-Depends, alternatives among them.
    """

    path: Path
    package: str
    version: str
    architecture: str
    source: str
    files: tuple[str, ...]
    takes_away: frozenset[str] = frozenset()
    depends: frozenset[str] = frozenset()

    @property
    def is_oar3(self) -> bool:
        """Whether it is ``python3-oar``, the package that holds kamelot and kao."""
        return self.package == "python3-oar"

    @property
    def is_procset(self) -> bool:
        """Whether it is ProcSet, which Debian does not have and ``python3-oar`` depends on."""
        return _PROCSET.fullmatch(self.package) is not None


def read_deb(path: Path) -> DebPackage:
    """A ``.deb``'s control fields and file list; all of it is read, so one cut short is noticed.

    Raises ConfigurationFault if it is no complete Debian package.
    """
    try:
        if path.stat().st_size > bounds.PACKAGE:
            raise ValueError(f"it is larger than {bounds.PACKAGE >> 20} MiB")
        with DebFile(str(path)) as deb:
            end = 8 + sum(60 + member.size + member.size % 2 for member in deb.getmembers())
            if path.stat().st_size < end - 1:
                raise EOFError(f"{path.stat().st_size} of {end} bytes are there")
            if zst := next((each.name for each in deb.getmembers() if each.name.endswith(".zst")), None):
                raise ValueError(f"{zst} is packed by zstd, which Debian's packages are not")
            _bounded(deb.control.tgz())
            control = deb.debcontrol()
            files = tuple(name.removeprefix("./") for name in _bounded(deb.data.tgz()))
        fields = {key: str(control[key]) for key in ("Package", "Version", "Architecture")}
    except PermissionError as error:
        raise ConfigurationFault("cannot be read: permission denied", where=str(path)) from error
    except (ArError, OSError, EOFError, tarfile.TarError, lzma.LZMAError, zlib.error, ValueError, KeyError) as error:
        raise ConfigurationFault(
            f"is no complete Debian package: {' '.join(str(error).split()) or type(error).__name__}",
            where=str(path),
            remedy="fetch it again",
        ) from error
    return DebPackage(
        path=path,
        package=fields["Package"],
        version=fields["Version"],
        architecture=fields["Architecture"],
        source=(str(control.get("Source") or "") or fields["Package"]).split()[0],
        files=tuple(name for name in files if name not in ("", ".")),
        takes_away=_names_in(control, _TAKES_AWAY),
        depends=_names_in(control, ("Depends", "Pre-Depends")),
    )


def _names_in(control: Mapping[str, object], fields: Iterable[str]) -> frozenset[str]:
    return frozenset(
        re.split(r"[\s(:]", entry.strip())[0]
        for field in fields
        for entry in re.split(r"[,|]", str(control.get(field) or ""))
        if entry.strip()
    )


def _bounded(tar: tarfile.TarFile) -> list[str]:
    """The names in an archive; raises ValueError as soon as it turns out to unpack to more than a package may."""
    names: list[str] = []
    size = 0
    for member in tar:
        names.append(member.name)
        size += member.size
        if size > bounds.PACKAGE or len(names) > bounds.FILES:
            raise ValueError(f"it unpacks to more than {bounds.PACKAGE >> 20} MiB or {bounds.FILES:,} files")
    return names


def unwanted(deb: DebPackage) -> str:
    """Why ``deb`` must not be installed beside OAR2, as what follows its name; empty if it is wanted."""
    if deb.package in OAR2_PACKAGES:
        return f"carries the name of an OAR2 package and would replace it; {WANTED}"
    major = re.match(r"(?:\d+:)?(\d+)", deb.version)
    if (deb.source == "oar" or deb.is_oar3) and (not major or int(major[1]) < 3):
        return f"is of OAR {deb.version}, not of OAR3"
    if not (deb.is_oar3 or deb.is_procset):
        return f"is not needed; {WANTED}"
    if deb.architecture not in ("all", host_architecture()):
        return f"is for {deb.architecture}, and this machine is {host_architecture()}"
    if taken := sorted(deb.takes_away & OAR2_PACKAGES):
        return f"would take away {', '.join(taken)} of OAR2 (its control file says so)"
    return ""


def read_debs(path: Path, name: str = "", origin: Origin = "deb") -> Oar3Source:
    """OAR3 from one ``.deb``, or from a folder of them, such as all those of a release.

    In a folder, what would replace OAR2 or is not needed becomes ``left_out``. Raises ConfigurationFault if the
    one ``.deb`` given is such a one, where one is no complete Debian package, and where there is no ``python3-oar``
    or more than one.
    """
    path = path.absolute()
    paths = sorted(entry for entry in path.glob("*.deb") if entry.is_file()) if path.is_dir() else [path]
    debs = [read_deb(entry) for entry in paths]
    left_out = [LeftOut(deb.path, deb.package, reason) for deb in debs if (reason := unwanted(deb))]
    if not path.is_dir() and left_out:
        raise ConfigurationFault(
            f"{left_out[0].package} {left_out[0].reason}", where=str(path), remedy="give python3-oar's .deb"
        )
    kept = [deb for deb in debs if all(deb.path != away.path for away in left_out)]
    oar3 = _one([deb for deb in kept if deb.is_oar3], path)
    procset = _one([deb for deb in kept if deb.is_procset], path)
    if oar3 is None:
        reasons = "; ".join(f"{away.path.name} {away.reason}" for away in left_out if away.package == "python3-oar")
        there = ", ".join(sorted({deb.package for deb in debs})) or "no .debs at all"
        raise ConfigurationFault(
            f"no python3-oar that can be used: {reasons}" if reasons else f"no python3-oar among {there}",
            where=str(path),
            remedy="take python3-oar's .deb from OAR3's release page",
        )
    chosen = (oar3.path, procset.path) if procset else (oar3.path,)
    return Oar3Source(
        oar3.version,
        origin,
        path,
        _sum(chosen),
        name or oar3.version,
        debs=chosen,
        left_out=tuple(left_out),
        notes=() if procset else ("no .deb of ProcSet beside python3-oar, which depends on it",),
    )


@functools.cache
def host_architecture() -> str:
    """Debian's name of this machine's architecture, such as ``amd64``: dpkg's word, else the kernel's translated."""
    if dpkg := shutil.which("dpkg"):
        answer = subprocess.run([dpkg, "--print-architecture"], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip():
            return answer.stdout.strip()
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def _one(debs: list[DebPackage], folder: Path) -> DebPackage | None:
    if len(debs) > 1:
        several = ", ".join(f"{deb.path.name} ({deb.version})" for deb in debs)
        raise ConfigurationFault(
            f"more than one {debs[0].package}: {several}", where=str(folder), remedy="keep one of them in the folder"
        )
    return debs[0] if debs else None


def _sum(paths: tuple[Path, ...]) -> str:
    """What ``sha256sum`` says of one ``.deb``; of two, the sum over both by name."""
    if len(paths) == 1:
        return hashlib.sha256(paths[0].read_bytes()).hexdigest()
    return sum_of_files((path.name, path) for path in paths)
