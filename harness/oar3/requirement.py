"""One package as OAR3's files name it, read without trusting them: a name, a range of versions, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?", re.ASCII)
_SHOWN = 60


class RefusedRequirement(ValueError):
    """What was read cannot be taken as a package's name or range; the text says why."""


@dataclass(frozen=True, slots=True)
class NamedPackage:
    """A package of the Python Package Index that OAR3 names.

    :ivar name: as it is written there. :ivar wanted: its range, such as ``>=2.0.0,<3``; empty: any.
    :ivar by: the file that names it. :ivar locked: the version that the tree's lock file names; empty: none.
    """

    name: str
    wanted: str = ""
    by: str = ""
    locked: str = ""

    @property
    def key(self) -> str:
        """The name by which two spellings are one package."""
        return canonicalize_name(self.name)

    @property
    def pinned(self) -> str:
        """What pip is asked for first: the locked version where there is one that the range allows."""
        return f"{self.name}=={self.locked}" if self.locked and self.allows(self.locked) else self.ranged

    @property
    def ranged(self) -> str:
        """What pip is asked for where the locked version cannot be had."""
        return self.name + self.wanted

    def allows(self, version: str) -> bool:
        """Whether that version is one that OAR3 asks for; any, where it does not say."""
        try:
            return Version(version) in SpecifierSet(self.wanted, prereleases=True)
        except InvalidVersion:
            return False

    def suits(self, version: str) -> bool:
        """Whether an installed version is what OAR3 asks for: then an error of its is none of that version's.

        Where no range is named the locked version is the least.
        """
        if self.wanted or not self.locked:
            return self.allows(version)
        try:
            return Version(version) >= Version(self.locked)
        except InvalidVersion:
            return False


def named(name: str, wanted: str = "", by: str = "") -> NamedPackage:
    """Raises RefusedRequirement if the name is none, or the range is."""
    _check_name(name)
    try:
        return NamedPackage(name, str(SpecifierSet(wanted)), by)
    except InvalidSpecifier:
        raise RefusedRequirement(f"{name} with {wanted[:_SHOWN]!r}, which is no range of versions") from None


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise RefusedRequirement(f"{name[:_SHOWN]!r} is no package's name")


def from_line(line: str, by: str) -> NamedPackage:
    """A requirement as pip writes it. Raises RefusedRequirement for anything else, and where it names an address."""
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        raise RefusedRequirement(f"{line[:_SHOWN]!r} is no package's name") from None
    if requirement.url:
        raise RefusedRequirement(f"{requirement.name} from an address of its own, {requirement.url[:_SHOWN]!r}")
    return named(requirement.name, str(requirement.specifier), by)


def from_poetry(name: str, entry: Any, by: str) -> NamedPackage:
    """An entry of a table of dependencies of poetry's (its documentation, Dependency specification).

    Raises RefusedRequirement, also if it comes from an address, a folder, or an index of its own: a package of that
    name from elsewhere would be another one.
    """
    _check_name(name)
    if isinstance(entry, dict):
        if elsewhere := next((key for key in ("git", "url", "path", "file", "source") if key in entry), ""):
            raise RefusedRequirement(f"{name} from elsewhere: {elsewhere} = {str(entry[elsewhere])[:_SHOWN]!r}")
        entry = entry.get("version", "*")
    return named(name, poetry_range(entry) if isinstance(entry, str) else "", by)


def poetry_range(text: str) -> str:
    """Poetry's range as pip writes it.

    A caret means "up to the next change of the first number that is not 0", a tilde "of the second number", a bare
    version that very one. Alternatives (``||``) have no such form: any version then. Raises RefusedRequirement.
    """
    if "||" in text or " | " in text:
        return ""
    return ",".join(filter(None, (_one(part.strip()) for part in text.split(","))))


def _one(part: str) -> str:
    if part in ("", "*"):
        return ""
    if re.fullmatch(r"\d+(\.\d+)*(\.\*)?([a-z]+\d*)?", part):
        return f"=={part}"
    relative = re.fullmatch(r"([\^~])\s*(\d+(?:\.\d+)*)", part)
    if not relative:
        return part.replace(" ", "")
    numbers = [int(number) for number in relative[2].split(".")]
    if relative[1] == "^":
        last = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    else:
        last = min(1, len(numbers) - 1)
    return f">={relative[2]},<{'.'.join(map(str, (*numbers[:last], numbers[last] + 1)))}"
