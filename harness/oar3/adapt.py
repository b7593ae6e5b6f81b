"""Adaptations: steps beyond the documented procedure, each the answer to one error.

Only what OAR3 itself names is installed (:mod:`harness.oar3.allowed_packages`); any other error is that copy's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.engine.container_commands import CommandFault
from harness.model.record import Adaptation
from harness.oar2.server import Oar2Server
from harness.oar3 import install
from harness.oar3.allowed_packages import allowed
from harness.oar3.diagnose import Need
from harness.oar3.requirement import NamedPackage
from harness.oar3.source import Oar3Source
from harness.oar3.wheels import NotToBeHad, library

_COLUMN_TYPE = """
import sys
from sqlalchemy.dialects import postgresql
import oar.lib.models as models
table, column = sys.argv[1].split(".")
for entry in vars(models).values():
    found = getattr(entry, "__table__", None)
    if getattr(entry, "__tablename__", "") == table or getattr(found, "name", "") == table:
        declared = entry.__dict__.get(column)
        columns = [declared] if declared is not None else []
        for candidate in columns:
            kind = getattr(candidate, "type", None) or candidate.property.columns[0].type
            print(kind.compile(dialect=postgresql.dialect()))
            raise SystemExit
raise SystemExit("OAR3 declares no column " + sys.argv[1])
"""

_VERSION = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would help against a need: one of Debian's packages, one of the index, or neither, and then why.

    :ivar there: the version of ``package`` that is installed; empty: none.
    """

    debian: str = ""
    package: NamedPackage | None = None
    there: str = ""
    why_not: str = ""

    def __str__(self) -> str:
        if self.debian:
            return f"Debian's package {self.debian}, which is not among the documented ones"
        if self.package:
            how = f"is {self.there}, which is not what OAR3 asks for" if self.there else "is not there"
            return f"Python package {self.package.pinned}: Debian's {how}"
        return ""


class Adapter:
    """Meets needs in one server's container and database.

    :ivar statements: the SQL that was needed, for other databases to be given as well.
    :ivar refused: why nothing was done about the last need that nothing was done about; empty if there was none.
    """

    def __init__(self, server: Oar2Server, source: Oar3Source) -> None:
        self.server = server
        self.source = source
        self.statements: list[str] = []
        self.refused = ""
        self._allowed = allowed(source)

    def meet(self, need: Need) -> Adaptation | None:
        """Do what the need calls for; None if it is not to be had, or not OAR3's to ask for.

        Raises MachineFault if it should be there and cannot be fetched.
        """
        self.refused = ""
        if need.kind == "column":
            return self._column(need)
        remedy = self.remedy(need)
        self.refused = remedy.why_not
        if remedy.debian:
            try:
                install.install_packages(self.server.lane, remedy.debian, remove=False)
                return Adaptation(
                    f"package:{remedy.debian}", f"Debian's package {remedy.debian} installed", need.error
                )
            except install.Unmet as unmet:
                self.refused = str(unmet)
        return self._wheel(remedy.package, need) if remedy.package else None

    def remedy(self, need: Need) -> Remedy:
        """What would help where a module is missing or too old; nothing is done."""
        module, package = need.name, self._allowed.package(need.name)
        there = self._installed(package.name if package else module)
        debian = self._allowed.debian_package(module)
        if not there and need.kind == "module" and debian and install.has_package(self.server.container, debian):
            return Remedy(debian=debian, package=package)
        if package is None:
            return Remedy(why_not=self._allowed.why_not(module))
        if there and package.suits(there):
            return Remedy(why_not=f"{package.name} {there} is there, and is what OAR3 asks for ({package.by})")
        return Remedy(package=package, there=there)

    def _installed(self, name: str) -> str:
        """The version of a Python package in the container; empty if it is not there."""
        return self.server.container.run("python3", "-c", _VERSION, name, check=False).stdout.strip()

    def _wheel(self, package: NamedPackage, need: Need) -> Adaptation | None:
        python = install.local_packages(self.server.container).split("python")[-1].partition("/")[0]
        tried = dict.fromkeys((package.pinned, package.ranged))
        for requirement in tried:
            locked = requirement == package.pinned and len(tried) > 1
            try:
                folder = library([requirement], python, pins=self._allowed.locked if locked else {})
            except NotToBeHad as fault:
                self.refused = f"{requirement} is not to be had for Python {python}: {fault.what}"
                continue
            if foreign := [entry.name for entry in folder.iterdir() if entry.stem in self._allowed.installed]:
                self.refused = f"{requirement} brings {', '.join(sorted(foreign))}, which would hide OAR3's own"
                return None
            put = f"Python package {requirement} put beside Debian's packages, with what it depends on"
            unlocked = "" if locked or not package.locked else f"; {package.pinned}, as locked, is not to be had"
            install.put_library(self.server.container, folder)
            return Adaptation(f"wheel:{need.name.lower()}", put + unlocked, need.error)
        return None

    def _column(self, need: Need) -> Adaptation | None:
        try:
            kind = self.server.container.run("python3", "-c", _COLUMN_TYPE, need.name).stdout.strip()
        except CommandFault:
            self.refused = f"OAR3 declares no column {need.name}"
            return None
        table, _, column = need.name.partition(".")
        statement = f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} {kind}"
        with self.server.database.begin() as connection:
            connection.exec_driver_sql(statement)
        self.statements.append(statement)
        return Adaptation(f"column:{need.name}", statement, need.error)
