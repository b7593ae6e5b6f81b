"""The machine's apt sources, read in both formats, and what they become for another Debian release."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from harness.model.debian import CODENAMES

DEBIAN_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# Releases by the names a suite may carry; a machine may say "stable" where it means a codename.
_RELEASES = (
    *CODENAMES,
    *"bullseye forky duke sid oldoldstable oldstable stable testing unstable".split(),  # noqa: SIM905
)
_SUITE = re.compile(rf"^(?:{'|'.join(_RELEASES)})(?P<part>|-updates|-security|/updates)/?$")


@dataclass(frozen=True)
class AptSource:
    """One place packages come from: its address, one suite, its components, and the keyring that vouches for it."""

    uri: str
    suite: str
    components: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()

    @property
    def line(self) -> str:
        """The source in apt's one-line format."""
        options = " ".join(f"{name}={value}" for name, value in self.options)
        return " ".join(["deb", *([f"[{options}]"] if options else []), self.uri, self.suite, *self.components])


def machine_sources(etc_apt: Path = Path("/etc/apt")) -> list[AptSource]:
    """All enabled binary sources of this machine, in apt's order."""
    found: list[AptSource] = []
    parts = sorted((etc_apt / "sources.list.d").glob("*"))
    for path in [etc_apt / "sources.list", *parts]:
        try:
            text = path.read_text(errors="replace")
        except OSError:
            continue
        if path.suffix == ".list":
            found += parse_lines(text)
        elif path.suffix == ".sources":
            found += parse_stanzas(text)
    return found


def parse_lines(text: str) -> list[AptSource]:
    """Read the one-line format: ``deb [options] uri suite component…``."""
    found = []
    for line in text.splitlines():
        match = re.match(r"^\s*deb\s+(?:\[(?P<options>[^\]]*)\]\s*)?(?P<rest>[^#]+)", line)
        words = match["rest"].split() if match else []
        if match and len(words) >= 2:
            pairs = [word.partition("=") for word in (match["options"] or "").split()]
            options = tuple((name.lower(), value) for name, _, value in pairs)
            found.append(AptSource(words[0], words[1], tuple(words[2:]), options))
    return found


def parse_stanzas(text: str) -> list[AptSource]:
    """Read the deb822 format. A key given in place, not as a file, is left to the machine's trusted keys."""
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0] in " \t":
                fields[name] = fields.get(name, "") + " " + line.strip()
            else:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in (
            "no",
            "false",
            "0",
        ):
            continue
        names = ("signed-by", "trusted", "check-valid-until")
        options = tuple((name, fields[name]) for name in names if fields.get(name) and "BEGIN" not in fields[name])
        found += [
            AptSource(uri, suite, tuple(fields.get("components", "").split()), options)
            for uri in fields.get("uris", "").split()
            for suite in fields.get("suites", "").split()
        ]
    return found


def adapted(sources: Iterable[AptSource], release: str, keyring: Path = DEBIAN_KEYRING) -> list[AptSource]:
    """Debian's own sources among these, for another release: its main suite, ``-updates`` and ``-security``.

    Debian's keyring stands in where a source is signed by one made for a single release. Empty if the machine has
    no Debian source.
    """
    found: list[AptSource] = []
    for source in sources:
        match = _SUITE.match(source.suite)
        if not match or "main" not in source.components:
            continue
        part = match["part"].replace("/updates", "-security")
        options = tuple(
            (name, str(keyring) if name == "signed-by" and "debian-archive" in value and keyring.exists() else value)
            for name, value in source.options
            if name != "arch"
        )
        new = replace(source, suite=f"{release}{part}", components=("main",), options=options)
        if new not in found:
            found.append(new)
    return found if any(source.suite == release for source in found) else []


def all_adapted(release: str) -> list[AptSource]:
    """The machine's own sources, for a Debian release."""
    return adapted(machine_sources(), release)
