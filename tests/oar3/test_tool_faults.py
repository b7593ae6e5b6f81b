"""Whose fault an error of apt, dpkg or pip is, by the words they really use."""

from __future__ import annotations

import pytest

from harness.engine.container_commands import CommandFault, Completed
from harness.oar3.install import Unmet, told_apart
from harness.oar3.tool_faults import Whose, installs, telling, whose_fault

APT_2 = """Reading package lists...
Some packages could not be installed. This may mean that you have
requested an impossible situation or if you are using the unstable
distribution that some required packages have not yet been created
or been moved out of Incoming.
The following information may help to resolve the situation:

The following packages have unmet dependencies:
 python3-oar : Depends: python3-procset but it is not installable
E: Unable to correct problems, you have held broken packages.
"""
APT_3 = """Reading package lists...
Solving dependencies...
Some packages could not be installed. This may mean that you have
requested an impossible situation or if you are using the unstable
distribution that some required packages have not yet been created
or been moved out of Incoming.
The following information may help to resolve the situation:

The following packages have unmet dependencies:
 python3-oar : Depends: python3-nowhere but it is not installable
Error: Unable to correct problems, you have held broken packages.
Error: The following information from --solver 3.0 may provide additional context:
   Unable to satisfy dependencies. Reached two conflicting assignments:
   1. python3-oar:amd64=3.0.2-1 is selected for install
   2. python3-oar:amd64=3.0.2-1 Depends python3-nowhere
      but none of the choices are installable:
      [no choices]
"""
PIP = """ERROR: Could not find a version that satisfies the requirement nowhere (from versions: none)
ERROR: No matching distribution found for nowhere
"""


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (APT_2, "python3-oar : Depends: python3-procset but it is not installable"),
        (APT_3, "python3-oar : Depends: python3-nowhere but it is not installable"),
        ("E: Unable to locate package python3-nowhere\n", "Unable to locate package python3-nowhere"),
        ("E: Package 'x' has no installation candidate\n", "Package 'x' has no installation candidate"),
        (
            "dpkg: dependency problems prevent configuration of x:\n x depends on y; however:\n",
            "dpkg: dependency problems prevent configuration of x: x depends on y; however:",
        ),
        (PIP, "Could not find a version that satisfies the requirement nowhere (from versions: none)"),
    ],
)
def test_what_is_not_there(output: str, line: str) -> None:
    assert whose_fault(output) is Whose.UNMET
    assert telling(output) == line


@pytest.mark.parametrize(
    "line",
    [
        "Err:1 http://deb.example.org trixie InRelease\n  Temporary failure resolving 'deb.example.org'",
        "  Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)",
        "E: Failed to fetch http://deb.example.org/x.deb  404  Not Found [IP: 192.0.2.1 80]",
        "Err:3 http://deb.example.org/x.deb\n  Hash Sum mismatch",
        "W: Some index files failed to download. They have been ignored, or old ones used instead.",
        "E: The repository 'http://x trixie Release' does not have a Release file.",
        "E: You don't have enough free space in /var/cache/apt/archives/.",
        "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1 (apt-get)",
        "dpkg: error processing archive x.deb (--unpack):\n cannot copy: No space left on device",
        "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError('<x>: Failed')'\n" + PIP,
        "WARNING: Retrying after connection broken by 'ReadTimeoutError(\"Read timed out.\")'\n" + PIP,
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "E: Failed to fetch http://x/Packages  Connection timed out\n" + APT_2,
    ],
)
def test_what_cannot_be_reached(line: str) -> None:
    assert whose_fault(line) is Whose.MACHINE
    assert telling(line)


@pytest.mark.parametrize(
    "output", ["", "Setting up python3-oar (3.0.2-1) ...\ndpkg: error processing package python3-oar (--configure):"]
)
def test_what_nobody_knows(output: str) -> None:
    assert whose_fault(output) is Whose.UNKNOWN


@pytest.mark.parametrize(
    ("output", "code", "unmet", "said"),
    [
        (APT_2, 100, True, "python3-procset but it is not installable"),
        (APT_3, 100, True, "python3-nowhere"),
        ("E: Temporary failure resolving 'x'", 100, False, "reach Debian's mirror"),
        ("Get:1 http://deb.example.org x", 124, False, "took too long"),
        ("E: Sub-process /usr/bin/dpkg returned an error code (1)", 100, False, "see apt's words"),
    ],
)
def test_a_step_that_cannot_be_done_is_not_a_machine_that_cannot(
    output: str, code: int, unmet: bool, said: str
) -> None:
    fault = told_apart(CommandFault(Completed(("apt-get", "install"), code, output, ""), "server"))
    assert isinstance(fault, Unmet) is unmet
    assert said in str(fault)
    assert ("mirror" in str(fault)) is (said in ("reach Debian's mirror", "took too long"))
    assert "\n" not in str(fault)


def test_dpkg_s_reason_stands_below() -> None:
    output = (
        "dpkg: error processing archive /x.deb (--install):\n corrupted filesystem tarfile\n"
        "Errors were encountered while processing:\n /x.deb\n"
    )
    assert telling(output) == "dpkg: error processing archive /x.deb (--install): corrupted filesystem tarfile"
    assert telling("") == ""
    assert telling("one\ntwo\n") == "two"


def test_commands_that_get_packages() -> None:
    assert installs("apt-get update && \\\napt-get install -y python3")
    assert installs("dpkg -i x.deb")
    assert not installs("oarnotify --add-queue default,3,kamelot")
    assert not installs("cat /etc/apt/sources.list.old")
