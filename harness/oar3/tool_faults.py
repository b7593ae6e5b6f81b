"""Whose fault a package tool's error is: the machine's (network, mirror, disk), or that of what was to be installed.

A step of the documented procedure that cannot be done on some Debian is a finding about it; a mirror that cannot be
reached is none. Told from the words of apt 2.6 (Debian 12), apt 3.0 (Debian 13), dpkg and pip.
"""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import pairwise


class Whose(StrEnum):
    """Whose fault an error is."""

    MACHINE = "machine"
    UNMET = "unmet"
    """A package is not to be had for this Debian, or this Python, though the tool reached what it needs."""
    UNKNOWN = "unknown"


_MACHINE = re.compile(
    r"Temporary failure (?:in name )?resol|Could not resolve|Name or service not known|Something wicked happened"
    r"|(?:Could not|Cannot|Unable to|Failed to) (?:connect|initiate the connection|establish a new connection)"
    r"|Connection (?:timed out|refused|failed|reset|aborted|broken)|Network is unreachable|No route to host"
    r"|Failed to fetch|Unable to fetch|Some index files failed to download|\b[45]\d\d +[A-Z][\w ]+ \[IP"
    r"|Hash Sum mismatch|unexpected size|Mirror sync in progress|does not have a Release file"
    r"|is not (?:yet )?valid|Release file .* expired|is not signed|NO_PUBKEY|signatures (?:couldn't|were invalid)"
    r"|Proxy (?:Authentication|Error)|ProxyError|SSLError|CERTIFICATE_VERIFY_FAILED|ReadTimeoutError"
    r"|NewConnectionError|ConnectTimeoutError|HTTP error (?:4[0-9]{2}|5[0-9]{2})|5\d\d (?:Server|Client) Error"
    r"|DO NOT MATCH THE HASHES|IncompleteRead|Read timed out"
    r"|No space left on device|enough free space|Disk quota exceeded|Read-only file system|Cannot allocate memory"
    r"|Out of memory|Could not get lock|Unable to acquire the dpkg|Too many open files|Resource temporarily",
    re.I,
)
_UNMET = re.compile(
    r"but it is not (?:installable|going to be installed)|but \S+ is to be installed|[Uu]nmet dependencies"
    r"|[Uu]nsatisfi(?:ed|able) dependencies|held broken packages|Unable to locate package"
    r"|has no installation candidate|Unable to (?:satisfy dependencies|correct problems)"
    r"|none of the choices are installable|dependency problems"
    r"|No matching distribution found|Could not find a version that satisfies|ResolutionImpossible"
    r"|conflicting dependencies|requires a different Python",
)


def whose_fault(output: str) -> Whose:
    """What the words say; the machine first, since packages seem to be missing where an index was not fetched."""
    if _MACHINE.search(output):
        return Whose.MACHINE
    return Whose.UNMET if _UNMET.search(output) else Whose.UNKNOWN


def installs(command: str) -> bool:
    """Whether a shell command gets packages from elsewhere."""
    return re.search(r"(?:^|[\s;&|(])(?:apt|apt-get|aptitude|dpkg|pip3?|wget|curl)\s", command) is not None


def telling(output: str) -> str:
    """The line of apt, dpkg or pip that says what is wrong, in one line; the last where none stands out."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    pattern = _MACHINE if whose_fault(output) is Whose.MACHINE else _UNMET
    # apt's own summary ("The following packages have unmet dependencies:") comes before the line that names them.
    found = [line for line in lines if pattern.search(line) and not line.endswith(":")]
    chosen = found or [line for line in lines if line.startswith(("E: ", "Error: ", "ERROR: "))][-1:]
    # dpkg says why on the line below the one that names the package.
    chosen = chosen or [" ".join(pair) for pair in pairwise(lines) if re.match("dpkg: .*:$", pair[0])]
    return re.sub(r"^(?:E: |Error: |ERROR: )", "", (chosen or lines[-1:] or [""])[0])
