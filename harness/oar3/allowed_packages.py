"""The packages that may be installed for a copy of OAR3: those that its own files, or its documentation, name.

An error names a module, and anybody can publish a package of any name: ``oar`` of the Python Package Index is another
project's. So a module is looked for in a list, and a module of OAR3's own is never looked for at all.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from debian.debfile import DebFile
from packaging.utils import canonicalize_name

from harness.model.fault import ConfigurationFault
from harness.oar3.deb import read_deb
from harness.oar3.metadata import Metadata, own_modules, read_metadata
from harness.oar3.requirement import NamedPackage, from_line
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
"""The dependencies that OAR3's documentation lists for the mix with OAR2 (admin/oar3-schedulers.rst)."""

PROCSET_PACKAGE = "python3-procset"

DOCUMENTED_WHEELS = ("SQLAlchemy>=2,<2.1", "SQLAlchemy-Utils", "alembic", "procset")
"""What the documentation has installed by other ways than Debian's own packages, and what that needs.

``admin/installation.rst`` fetches packages of ProcSet and SQLAlchemy 2.0, which Debian 12 does not have. SQLAlchemy
2.1 reaches PostgreSQL by another library than the one that is documented.
"""

_ELSEWHERE = {
    "yaml": "pyyaml",
    "zmq": "pyzmq",
    "jose": "python-jose",
    "multipart": "python-multipart",
    "dateutil": "python-dateutil",
}
"""Packages of another name than their module."""

_INSTALLED_BELOW = "usr/lib/python3/dist-packages/"
_REQUIRES = "requires.txt"


@dataclass(frozen=True)
class Allowed:
    """What a copy of OAR3 names.

    :ivar own: its own modules at the top, as ``canonicalize_name`` writes them.
    :ivar installed: those of them that are put on Python's path, as they are written.
    :ivar packages: of the Python Package Index, by key.
    :ivar debian: what follows ``python3-`` in names of Debian's packages, with who names it.
    :ivar locked: versions of the lock file, by key.
    :ivar refused: what was named and is not taken, a line each.
    """

    own: frozenset[str]
    installed: frozenset[str] = frozenset({"oar"})
    packages: Mapping[str, NamedPackage] = field(default_factory=dict)
    debian: Mapping[str, str] = field(default_factory=dict)
    locked: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()

    def is_own(self, module: str) -> bool:
        """Whether a module is OAR3's, or Python's: no package of that name can be what is missing."""
        return canonicalize_name(module) in self.own or module in sys.stdlib_module_names

    def debian_package(self, module: str) -> str:
        """Debian's package that has the module (Debian's Python policy: ``python3-<module>``); empty: not named."""
        if self.is_own(module):
            return ""
        key = canonicalize_name(module)
        named = key in self.debian or self.package(module) is not None
        return f"python3-{key}" if named else ""

    def package(self, module: str) -> NamedPackage | None:
        """The package that has the module; None if OAR3 names none, or the module is its own."""
        if self.is_own(module):
            return None
        keys = (canonicalize_name(module), _ELSEWHERE.get(module, ""))
        return next((self.packages[key] for key in keys if key in self.packages), None)

    def why_not(self, module: str) -> str:
        """Why nothing is installed for a module, in one line."""
        if self.is_own(module):
            return f"{module} is OAR3's own, or Python's: no package can stand in for it"
        key = canonicalize_name(module)
        said = [line for line in self.refused if key in canonicalize_name(line)]
        return f"OAR3 names no package for the module {module}" + (f" that can be taken: {said[0]}" if said else "")

    @property
    def digest(self) -> str:
        """The same for the same list: what is installed depends on it."""
        parts = (sorted(self.own), sorted(self.packages.items()), sorted(self.debian), sorted(self.locked.items()))
        return hashlib.sha256(repr(parts).encode(errors="replace")).hexdigest()


def allowed(source: Oar3Source) -> Allowed:
    """What may be installed for that copy."""
    found = read_metadata(source.path) if not source.debs else Metadata()
    own = own_modules(source.path) if not source.debs else frozenset()
    if source.debs:
        own |= _of_deb(found, source)
    for package in (*DOCUMENTED_PACKAGES, PROCSET_PACKAGE):
        found.debian.setdefault(package.removeprefix("python3-"), "admin/oar3-schedulers.rst")
    for line in DOCUMENTED_WHEELS:
        found.add("admin/installation.rst", lambda line=line: from_line(line, "admin/installation.rst"))  # type: ignore[misc]
    return Allowed(
        frozenset(canonicalize_name(module) for module in (*own, "oar")),
        frozenset({"oar"}) | (own if source.debs else frozenset()),
        found.packages,
        found.debian,
        found.locked,
        tuple(found.refused),
    )


def _of_deb(found: Metadata, source: Oar3Source) -> frozenset[str]:
    """What a ``.deb``'s control file and the list that setuptools put into it name; its own modules."""
    deb = read_deb(source.debs[0])
    for name in deb.depends:
        if name.startswith("python3-"):
            found.debian.setdefault(name.removeprefix("python3-"), f"{deb.path.name}, Depends")
    listed = [name for name in deb.files if name.endswith(f".egg-info/{_REQUIRES}")]
    try:
        with DebFile(str(deb.path)) as opened:
            text = "".join((opened.data.get_content(f"./{name}") or b"").decode(errors="replace") for name in listed)
    except Exception as error:
        raise ConfigurationFault(f"cannot be read: {error}", where=str(deb.path), remedy="fetch it again") from error
    for line in text.partition("\n[")[0].splitlines():
        if line.strip():
            found.add(f"{deb.path.name}, {_REQUIRES}", lambda line=line: from_line(line, _REQUIRES))  # type: ignore[misc]
    below = (name.removeprefix(_INSTALLED_BELOW) for name in deb.files if name.startswith(_INSTALLED_BELOW))
    tops = {name.partition("/")[0].removesuffix(".py") for name in below}
    return frozenset(top for top in tops if "." not in top)
