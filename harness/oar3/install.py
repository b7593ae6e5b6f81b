"""Putting OAR3 on an OAR2 server as its documentation says: the listed packages, then OAR3 and ProcSet."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from harness.engine.container import LaneContainer
from harness.engine.container_commands import CommandFault, Completed
from harness.engine.lane import Lane
from harness.model import bounds
from harness.model.adaptation import Adaptation
from harness.model.fault import ConfigurationFault, MachineFault
from harness.model.reading import read_bytes
from harness.oar3.allowed_packages import DOCUMENTED_PACKAGES, PROCSET_PACKAGE
from harness.oar3.copy_labels import as_name
from harness.oar3.source import Oar3Source
from harness.oar3.tool_faults import Whose, telling, whose_fault

OARDIR = "/usr/lib/oar"
TREES = "/opt/oar-compat/oar3"
DEBS = "/var/tmp/oar-compat"
"""Where ``.deb``s are copied to: no place that the documentation speaks of, and none that is compared."""
SETTINGS = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
"""Environment of commands that install: nothing is asked, and words are English."""
TIMED_OUT = 124
"""Exit code of a command that was ended after its limit."""
NO_PROCSET = "no ProcSet: no .deb of it (python3-procset*.deb) lies beside python3-oar's, and this Debian has none"

_SATISFIABLE = r"""
dpkg-deb -f "$1" Pre-Depends Depends | sed 's/^[A-Za-z-]*: *//' | tr ',' '\n' | sed 's/^ *//; s/ *$//' | grep . |
while read -r entry; do
    if apt-get satisfy --yes --simulate --no-install-recommends --no-remove "$entry" > /dev/null 2>&1 < /dev/null
    then echo "good $entry"; else echo "lacking $entry"; fi
done
"""
"""Prints each entry of what the ``.deb`` $1 depends on, with ``good`` or ``lacking`` before it."""

_LAUNCHER = """#!/usr/bin/python3
import sys
from {module} import {function}
sys.exit({function}())
"""


class Unmet(MachineFault):
    """A package cannot be installed on this Debian, whoever tries: what it depends on is not there.

    Not a fault of the machine, but of the step; where nobody catches it, it ends the command all the same.
    """


def apt(lane: Lane, *words: str, limit: float = 600) -> Completed:
    """``apt-get`` in the lane's server, as for a documented step.

    Raises Unmet if what is asked for is not there for this Debian, MachineFault if apt cannot get at it.
    """
    try:
        with lane.egress() as way_out:
            return lane.server.run(
                "apt-get", "--yes", "--quiet", *words, environment={**SETTINGS, **way_out}, limit=limit
            )
    except CommandFault as fault:
        raise told_apart(fault) from fault


def told_apart(fault: CommandFault) -> MachineFault:
    """What a failure of apt is to a user: Unmet where a package is not to be had, else the machine's."""
    output = fault.completed.output
    if whose_fault(output) is Whose.UNMET:
        return Unmet(telling(output), where=fault.where, detail=fault.detail)
    late = fault.completed.exit_code == TIMED_OUT
    return MachineFault(
        "OAR3 cannot be installed in the container: " + ("it took too long" if late else telling(output)),
        where=fault.where,
        remedy="do containers reach Debian's mirror, and is there room on the engine's disk?"
        if late or whose_fault(output) is Whose.MACHINE
        else "see apt's words below",
        detail=fault.detail,
    )


def install_packages(lane: Lane, *packages: str, recommended: bool = False, remove: bool = True) -> None:
    """``apt-get install`` in the lane's server. Raises as :func:`apt` does.

    :param recommended: whether what they recommend comes with them, as it does where apt is told nothing.
    :param remove: whether others may be removed for them, as where apt is told nothing.
    """
    options = (*(() if recommended else ("--no-install-recommends",)), *(() if remove else ("--no-remove",)))
    apt(lane, "install", *options, *packages)


def has_package(container: LaneContainer, package: str) -> bool:
    """Whether apt could install it (``apt-cache policy`` names a candidate)."""
    policy = container.run("apt-cache", "policy", package).stdout
    return "Candidate:" in policy and "Candidate: (none)" not in policy


def install_documented(lane: Lane, source: Oar3Source) -> tuple[Adaptation, ...]:
    """The documented procedure: the listed packages, OAR3 (its ``.deb``, or its tree in place), ProcSet.

    ProcSet comes from its ``.deb`` where the source has one, else from Debian where Debian has it; where neither
    does, nothing is done about it here. Returns what was done beyond the documented words, since a step of theirs
    cannot be done on this Debian. Raises MachineFault if apt or dpkg fail.
    """
    # Without the option apt ends well where an index could not be fetched, and packages seem to be missing.
    apt(lane, "update", "-oAPT::Update::Error-Mode=any", limit=300)
    # Word for word: on Debian 13 they recommend rich, which OAR3 needs and the page does not list.
    install_packages(lane, *DOCUMENTED_PACKAGES, recommended=True)
    try:
        install_oar3(lane, source)
    except Unmet as unmet:
        return install_in_spite(lane, source, unmet)
    return ()


def install_oar3(lane: Lane, source: Oar3Source) -> str:
    """OAR3 and ProcSet, the documented packages being there; says in one line how. Raises as :func:`apt` does."""
    if source.debs:
        install_packages(lane, *put_debs(lane, source))
        how = "apt-get install " + " ".join(deb.name for deb in source.debs)
    else:
        _install_tree(lane.server, source)
        how = (
            f"the source tree of OAR3 {source.name} in place of its .deb: on Python's path, with launchers in "
            f"{OARDIR} for its console scripts"
        )
    if len(source.debs) > 1:
        return how
    if has_package(lane.server, PROCSET_PACKAGE):
        install_packages(lane, PROCSET_PACKAGE)
        return f"{how}; ProcSet from Debian's package {PROCSET_PACKAGE}"
    return f"{how}; {NO_PROCSET}"


def install_in_spite(lane: Lane, source: Oar3Source, unmet: Unmet) -> tuple[Adaptation, ...]:
    """``python3-oar`` where something that it depends on is not to be had: the rest by apt, then OAR3 by dpkg.

    What is missing then shows as an error of OAR3's, and is answered as any other. Raises MachineFault.
    """
    paths = put_debs(lane, source)
    done = lane.server.run("sh", "-c", _SATISFIABLE, "sh", paths[0], environment=SETTINGS, limit=600).stdout
    entries = [line.partition(" ") for line in done.splitlines()]
    good, lacking = ([entry for word, _, entry in entries if word == which] for which in ("good", "lacking"))
    if good:
        apt(lane, "satisfy", "--no-install-recommends", "--no-remove", ", ".join(good))
    alone: list[str] = []
    left_out: list[str] = []
    for path in paths[1:]:
        fits = lane.server.run("apt-get", "install", "--simulate", path, environment=SETTINGS, check=False)
        (left_out if fits.exit_code else alone).append(path)
    if alone:
        install_packages(lane, *alone, remove=False)
    try:
        lane.server.run("dpkg", "--install", "--force-depends", paths[0], environment=SETTINGS, limit=600)
    except CommandFault as fault:
        raise MachineFault(
            f"dpkg cannot install {source.debs[0].name}: {telling(fault.completed.output)}",
            where=fault.where,
            remedy="is it whole, and for this Debian?",
            detail=fault.detail,
        ) from fault
    names = ", ".join(lacking) or "what apt names"
    what = f"{source.debs[0].name} installed by dpkg --force-depends, without {names}"
    if any(PROCSET_PACKAGE in entry for entry in lacking) and len(source.debs) == 1:
        what += f": {NO_PROCSET}"
    if left_out:
        what += f"; {', '.join(path.rpartition('/')[2] for path in left_out)} does not fit this Debian either"
    return (Adaptation("package:python3-oar", what, f"apt-get: {unmet.what}"),)


def put_debs(lane: Lane, source: Oar3Source) -> list[str]:
    """Copy the source's ``.deb``s into the server and return their paths there, python3-oar's first."""
    lane.server.run("mkdir", "-p", DEBS)
    # The name says nothing that apt needs, and may be anything.
    paths = [f"{DEBS}/{'oar3' if number == 0 else 'procset'}.deb" for number in range(len(source.debs))]
    for path, deb in zip(paths, source.debs, strict=True):
        lane.server.put(path, read_bytes(deb, most=bounds.PACKAGE))
    return paths


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
        try:
            tar.add(root / name, arcname=name, filter=_as_root)
        except OSError as error:
            raise ConfigurationFault(
                f"OAR3 can be read no more: {error.strerror}",
                where=str(error.filename or root),
                remedy="was it removed?",
            ) from error
    return buffer.getvalue()


def _as_root(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if "__pycache__" in entry.name:
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry
