"""The files of OAR and of what serves it: kind, mode, owner, content of each."""

from __future__ import annotations

from harness.engine.container import LaneContainer

FOLDERS = (
    "/etc/oar",
    "/usr/lib/oar",
    "/usr/lib/python3/dist-packages/oar",
    "/usr/lib/python3/dist-packages/procset",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/share/oar",
    "/usr/share/perl5/OAR",
    "/var/lib/oar",
    "/var/spool/oar",
    "/etc/systemd/system",
    "/etc/cron.d",
    "/etc/default",
    "/opt",
)
"""Where OAR2, OAR3 and an administrator who installs them put files; those that packages bring elsewhere are known by
their package."""

LOOSE = ("/usr/bin/oar*", "/usr/sbin/oar*", "/var/log/oar*", "/var/log/kamelot*", "/var/log/kao*", "/run/oar")
"""Files and folders beside others' files."""

UNCOUNTED = {
    "__pycache__": "Python writes it anew whenever it is not there",
    "*.pyc": "the same",
    ".bash_history": "written by whoever looks around",
}
"""Names of what is left out, and why."""

CONTENT_UNCOUNTED = {
    "/var/log/": "logs grow by themselves; that a log is there counts",
    "/run/": "process ids and sockets of the Almighty, another with each start",
    "/etc/oar/oar.conf": "compared line by line instead",
}
"""Beginnings of paths whose files count by name, mode and owner alone, and why."""

_FIND = (
    'for place in {places}; do [ -e "$place" ] || [ -L "$place" ] || continue; find "$place" {without} '
    "-printf '%y\\t%m\\t%u:%g\\t%l\\t%p\\n'; done"
)
_SUMS = (
    'for place in {places}; do [ -e "$place" ] || continue; find "$place" {without} -type f -print0; done '
    "| xargs -0 -r sha256sum"
)
_KINDS = {"f": "file", "d": "folder", "l": "link", "p": "pipe", "s": "socket"}


def read_files(container: LaneContainer) -> dict[str, dict[str, str]]:
    """Each path with its ``kind``, ``mode``, ``owner``, and a file's ``content`` or a link's ``target``."""
    places = " ".join((*FOLDERS, *LOOSE))
    patterns = " -o ".join(f"-name '{name}'" for name in UNCOUNTED)
    without = f"\\( {patterns} \\) -prune -o"
    listed = container.run("sh", "-c", _FIND.format(places=places, without=without)).stdout
    sums = container.run("sh", "-c", _SUMS.format(places=places, without=without)).stdout
    content = {path: digest[:16] for digest, _, path in (line.partition("  ") for line in sums.splitlines())}
    found: dict[str, dict[str, str]] = {}
    for line in listed.splitlines():
        kind, mode, owner, target, path = line.split("\t", 4)
        entry = {"kind": _KINDS.get(kind, kind), "mode": mode, "owner": owner}
        if kind == "l":
            entry["target"] = target
        elif path in content and not path.startswith(tuple(CONTENT_UNCOUNTED)):
            entry["content"] = content[path]
        found[path] = entry
    return found
