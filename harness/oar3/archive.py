"""A release's archive of ``.deb``s, unpacked without trusting it."""

from __future__ import annotations

import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from harness.model.fault import MachineFault

MEMBERS, BYTES = 1000, 1 << 30
"""What an archive may hold at most; a release of OAR3 has about ten ``.deb``s of a few MiB in all."""


def unpack_debs(archive: Path, target: Path) -> tuple[Path, ...]:
    """Write the archive's ``.deb``s into the folder ``target`` and return them by name; folders in it are flattened.

    Contents are copied out and nothing is extracted by name, so links, devices and permissions have no effect; an
    archive with links, devices or a path that leads out is refused all the same, for no release holds such. Other
    files are ignored. Raises MachineFault if it is refused, cut short, or larger than ``BYTES`` unpacked.
    """
    written: dict[str, Path] = {}
    members = size = 0
    try:
        with tarfile.open(archive, "r:*") as tar:
            for member in tar:
                members, size = members + 1, size + member.size
                if members > MEMBERS or size > BYTES:
                    raise _refused(archive, f"holds more than {MEMBERS} files or {BYTES >> 30} GiB")
                path = PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts:
                    raise _refused(archive, f"holds {member.name!r}, a path that leads out of it")
                if member.isdir():
                    continue
                if not member.isfile():
                    raise _refused(archive, f"holds {member.name!r}, which is no plain file")
                if path.suffix != ".deb":
                    continue
                if path.name in written:
                    raise _refused(archive, f"holds two files called {path.name!r}")
                written[path.name] = target / path.name
                if content := tar.extractfile(member):
                    with written[path.name].open("wb") as stream:
                        shutil.copyfileobj(content, stream)
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise _refused(archive, f"is damaged or cut short ({error})") from error
    if not written:
        raise _refused(archive, "holds no .deb")
    return tuple(path for _, path in sorted(written.items()))


def _refused(archive: Path, why: str) -> MachineFault:
    return MachineFault(f"{archive.name} {why}; nothing of it is kept", where="OAR3's release", remedy="try again")
