"""Python packages for a container's Python, fetched by the host's pip, in one folder for PYTHONPATH.

Debian 12 has SQLAlchemy 1.4 and no ProcSet: what OAR3 needs beyond Debian's packages comes as wheels. Where from is
for pip's own configuration to say.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout

from harness.engine.cache import cache_root
from harness.model.fault import MachineFault
from harness.oar3.tool_faults import Whose, whose_fault

_SECONDS = 900
_BYTES = 1 << 30
"""What all wheels may unpack to; those of OAR3 unpack to some 60 MiB."""
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_GLIBC = ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34", "linux")
"""Platforms a wheel may be made for: Debian 12 has glibc 2.36 and Debian 13 2.41, and both run all of these."""


class NotToBeHad(MachineFault):
    """pip reached its index, and there is no wheel that will do for that Python and machine."""


def library(
    requirements: Sequence[str], python: str, machine: str = "", pins: Mapping[str, str] | None = None
) -> Path:
    """A folder to put on the PYTHONPATH of a container: the packages asked for, and what they depend on.

    It lies in the cache, ``wheels/<python>-<machine>-<hash>/lib``, keyed by all parameters, and is made once;
    ``wheels/`` beside ``lib`` keeps the wheels. To fetch newer ones, remove the folder.

    :param requirements: as pip writes them, such as ``SQLAlchemy>=2,<2.1``.
    :param python: the container's Python, such as ``3.11``.
    :param machine: its machine, as ``uname -m`` or Debian says; this machine's where empty.
    :param pins: versions by package that also hold for what comes along (pip's constraints).

    Raises NotToBeHad if there is no wheel of them, MachineFault if pip cannot get them for any other reason;
    with pip's last lines as its detail.
    """
    constraints = sorted(f"{name}=={version}" for name, version in (pins or {}).items())
    machine = machine or platform.machine()
    machine = _MACHINES.get(machine, machine)
    key = hashlib.sha256("\n".join((python, machine, *sorted(set(requirements)), *constraints)).encode()).hexdigest()[
        :12
    ]
    root = cache_root() / "wheels"
    made = root / f"{python}-{machine}-{key}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / ".lock", timeout=_SECONDS + 60):
            if not made.is_dir():
                with tempfile.TemporaryDirectory(prefix=".fetch-", dir=root) as name:
                    new = Path(name) / "new"
                    unzip(fetch_wheels(requirements, python, machine, new / "wheels", constraints), new / "lib")
                    new.rename(made)
    except Timeout as error:
        raise MachineFault(
            "another run has been fetching packages for too long", where=str(root / ".lock")
        ) from error
    except OSError as error:
        raise MachineFault(
            f"cannot keep Python packages in the cache: {error.strerror or error}",
            where=str(error.filename or root),
            remedy="make room or name another folder with OAR_COMPAT_CACHE",
        ) from error
    return made / "lib"


def fetch_wheels(
    requirements: Sequence[str], python: str, machine: str, target: Path, constraints: Sequence[str] = ()
) -> list[Path]:
    """Wheels of the requirements and of what they depend on, in the folder ``target``, which is made.

    Only wheels are taken and nothing is built. pip judges markers such as ``python_version < "3.11"`` by the host's
    Python, not by ``python`` (a limit of ``pip download``). Raises as ``library`` does.
    """
    target.mkdir(parents=True)
    if not requirements:
        return []
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--retries=2"]
    command += ["--only-binary=:all:", "--implementation=cp", f"--python-version={python}", f"--dest={target}"]
    command += [f"--platform={glibc}_{machine}" for glibc in _GLIBC]
    if constraints:
        # pip has no other way to be given them than a file.
        listed = target.parent / "constraints.txt"
        listed.write_text("\n".join(constraints) + "\n", encoding="utf-8")
        command.append(f"--constraint={listed}")
    where = f"pip download {' '.join(requirements)} for Python {python}"
    try:
        pip = subprocess.run(
            [*command, "--", *requirements], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MachineFault(f"was not done within {_SECONDS} s", where=where, remedy="look at the network") from error
    except OSError as error:
        raise MachineFault(f"cannot start pip: {error.strerror or error}", where=sys.executable) from error
    if pip.returncode:
        lines = [line for line in (pip.stdout + pip.stderr).splitlines() if line.strip()][-8:]
        errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR")]
        missing = whose_fault(pip.stdout + pip.stderr) is Whose.UNMET
        raise (NotToBeHad if missing else MachineFault)(
            (errors or lines or [f"pip ended with {pip.returncode}"])[-1],
            where=where,
            remedy="see that pip reaches an index that has it (pip config list), then run this again",
            detail="\n".join(lines),
        )
    return sorted(target.glob("*.whl"))


def unzip(wheels: Sequence[Path], target: Path) -> None:
    """Unpack wheels into one folder, as PYTHONPATH needs them; their scripts and headers are left out.

    Raises MachineFault if one is damaged or holds a path that leads out.
    """
    target.mkdir(parents=True)
    unpacked = 0
    for wheel in wheels:
        try:
            with zipfile.ZipFile(wheel) as archive:
                unpacked += sum(member.file_size for member in archive.infolist())
                if unpacked > _BYTES:
                    raise MachineFault(f"unpacks to more than {_BYTES >> 20} MiB", where=str(wheel))
                for member in archive.infolist():
                    path = PurePosixPath(member.filename)
                    if path.is_absolute() or ".." in path.parts:
                        raise MachineFault(f"holds {member.filename!r}, which leads out of it", where=str(wheel))
                    if path.parts[0].endswith(".data"):
                        if path.parts[1:2] not in (("purelib",), ("platlib",)):
                            continue
                        path = PurePosixPath(*path.parts[2:])
                    if member.is_dir():
                        continue
                    place = target / path
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(archive.read(member))
        except (zipfile.BadZipFile, EOFError, ValueError, IndexError) as error:
            raise MachineFault(f"is damaged: {error}", where=str(wheel), remedy="run this again") from error
