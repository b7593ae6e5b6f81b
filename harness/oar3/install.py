"""Putting OAR3 on an OAR2 server as its documentation says: the listed packages, then OAR3 and ProcSet."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from harness.engine.container import CommandFault, LaneContainer
from harness.engine.lane import Lane
from harness.model.fault import MachineFault
from harness.oar3.label import as_name
from harness.oar3.source import Oar3Source

DOCUMENTED_PACKAGES = (
    "python3",
    "python3-sqlalchemy",
    "python3-alembic",
    "python3-click",
    "python3-flask",
    "python3-passlib",
    "python3-psutil",
    "python3-requests",
    "python3-simplejson",
    "python3-sqlalchemy-utils",
    "python3-tabulate",
    "python3-toml",
    "python3-yaml",
    "python3-zmq",
    "python3-psycopg2",
    "python3-fastapi",
)
"""The dependencies that OAR3's documentation lists for the mix with OAR2."""

PROCSET_PACKAGE = "python3-procset"
OARDIR = "/usr/lib/oar"
TREES = "/opt/oar-compat/oar3"

_LAUNCHER = """#!/usr/bin/python3
import sys
from {module} import {function}
sys.exit({function}())
"""


def install_packages(lane: Lane, *packages: str, recommended: bool = False) -> None:
    """``apt-get install`` in the lane's server; raises CommandFault with apt's own words.

    :param recommended: whether what they recommend comes with them, as it does where apt is told nothing.
    """
    with lane.uplink() as way_out:
        lane.server.run(
            "apt-get",
            "install",
            "--yes",
            "--quiet",
            *(() if recommended else ("--no-install-recommends",)),
            *packages,
            environment={"DEBIAN_FRONTEND": "noninteractive", **way_out},
            limit=600,
        )


def has_package(container: LaneContainer, package: str) -> bool:
    """Whether apt could install it (``apt-cache policy`` names a candidate)."""
    policy = container.run("apt-cache", "policy", package).stdout
    return "Candidate:" in policy and "Candidate: (none)" not in policy


def install_documented(lane: Lane, source: Oar3Source) -> None:
    """The documented procedure: the listed packages, OAR3 (its ``.deb``, or its tree in place), ProcSet.

    ProcSet comes from its ``.deb`` where the source has one, else from Debian where Debian has it; where neither
    does, nothing is done about it here. Raises MachineFault where apt or dpkg fail.
    """
    try:
        with lane.uplink() as way_out:
            lane.server.run("apt-get", "update", "--quiet", environment=way_out, limit=300)
        # Word for word: on Debian 13 they recommend rich, which OAR3 needs and the page does not list.
        install_packages(lane, *DOCUMENTED_PACKAGES, recommended=True)
        install_oar3(lane, source)
    except CommandFault as fault:
        raise MachineFault(
            "OAR3 cannot be installed in the container",
            where=fault.where,
            remedy="do containers reach Debian's mirror?",
            detail=fault.detail,
        ) from fault


def install_oar3(lane: Lane, source: Oar3Source) -> str:
    """OAR3 and ProcSet, the documented packages being there; says in one line how. Raises CommandFault."""
    if source.debs:
        _install_debs(lane, source.debs)
        how = "apt-get install " + " ".join(deb.name for deb in source.debs)
    else:
        _install_tree(lane.server, source)
        how = (
            f"the source tree of OAR3 {source.name} in place of its .deb: on Python's path, with launchers in "
            f"{OARDIR} for its console scripts"
        )
    if any("procset" in deb.name for deb in source.debs):
        return how
    if has_package(lane.server, PROCSET_PACKAGE):
        install_packages(lane, PROCSET_PACKAGE)
        return f"{how}; ProcSet from Debian's package {PROCSET_PACKAGE}"
    return f"{how}; no ProcSet: no .deb of it was given, and this Debian has none"


def _install_debs(lane: Lane, debs: tuple[Path, ...]) -> None:
    container = lane.server
    container.run("mkdir", "-p", "/opt/oar-compat/debs")
    for deb in debs:
        container.put(f"/opt/oar-compat/debs/{deb.name}", deb.read_bytes())
    install_packages(lane, *(f"/opt/oar-compat/debs/{deb.name}" for deb in debs))


def _install_tree(container: LaneContainer, source: Oar3Source) -> None:
    """Its ``oar/`` on Python's path, and launchers in OARDIR for its console scripts, as python3-oar has them."""
    folder = f"{TREES}/{as_name(source.version)}"
    container.run("mkdir", "-p", folder)
    container.put_tar(folder, _tar(source.path, "oar"))
    container.put(f"{local_packages(container)}/oar-compat-oar3.pth", folder + "\n")
    # As py3compile does for a package: oar may not write there, and would read 16,000 lines anew at each start.
    container.run("python3", "-m", "compileall", "-q", folder, check=False)
    present = set(container.run("ls", "-A", OARDIR).stdout.split())
    launchers = io.BytesIO()
    with tarfile.open(fileobj=launchers, mode="w") as tar:
        for name, target in source.scripts.items():
            module, _, function = target.partition(":")
            text = _LAUNCHER.format(module=module, function=function).encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o755
            if name not in present:
                tar.addfile(entry, io.BytesIO(text))
    container.put_tar(OARDIR, launchers.getvalue())


def local_packages(container: LaneContainer) -> str:
    """The folder for packages beside Debian's own, which Python looks into first (Debian's Python policy)."""
    version = container.run("python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").stdout.strip()
    folder = f"/usr/local/lib/python{version}/dist-packages"
    container.run("mkdir", "-p", folder)
    return folder


def put_library(container: LaneContainer, library: Path) -> None:
    """Copy a folder of unpacked wheels to where Python looks before Debian's own packages."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.add(library, arcname=".", filter=_as_root)
    folder = local_packages(container)
    container.put_tar(folder, buffer.getvalue())
    container.run("python3", "-m", "compileall", "-q", folder, check=False)


def _tar(root: Path, name: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.add(root / name, arcname=name, filter=_as_root)
    return buffer.getvalue()


def _as_root(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if "__pycache__" in entry.name:
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry
