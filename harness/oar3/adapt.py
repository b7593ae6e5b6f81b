"""Adaptations: steps beyond the documented procedure, each the answer to one error."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable

from harness.engine.container import CommandFault
from harness.model.record import Adaptation
from harness.oar2.server import Oar2Server
from harness.oar3 import install
from harness.oar3.diagnose import Need
from harness.oar3.source import Oar3Source
from harness.oar3.wheels import library

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


class Adapter:
    """Meets needs in one server's container and database.

    :ivar statements: the SQL that was needed, for other databases to be given as well.
    """

    def __init__(self, server: Oar2Server, source: Oar3Source) -> None:
        self.server = server
        self.source = source
        self.statements: list[str] = []

    def meet(self, need: Need) -> Adaptation | None:
        """Do what the need calls for; None where it is not to be had."""
        step: Callable[[Need], Adaptation | None] = {
            "module": self._module,
            "too-old": self._wheel,
            "column": self._column,
        }[need.kind]
        return step(need)

    def _module(self, need: Need) -> Adaptation | None:
        package = "python3-" + need.name.lower().replace("_", "-")
        if install.has_package(self.server.container, package):
            install.install_packages(self.server.lane, package)
            return Adaptation(f"package:{package}", f"Debian's package {package} installed", need.error)
        return self._wheel(need)

    def _wheel(self, need: Need) -> Adaptation | None:
        requirement = declared_requirement(self.source, need.name)
        python = install.local_packages(self.server.container).split("python")[-1].partition("/")[0]
        install.put_library(self.server.container, library([requirement], python))
        return Adaptation(
            f"wheel:{need.name.lower()}",
            f"Python package {requirement} put beside Debian's packages, with what it depends on",
            need.error,
        )

    def _column(self, need: Need) -> Adaptation | None:
        try:
            kind = self.server.container.run("python3", "-c", _COLUMN_TYPE, need.name).stdout.strip()
        except CommandFault:
            return None
        table, _, column = need.name.partition(".")
        statement = f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} {kind}"
        with self.server.database.begin() as connection:
            connection.exec_driver_sql(statement)
        self.statements.append(statement)
        return Adaptation(f"column:{need.name}", statement, need.error)


def declared_requirement(source: Oar3Source, module: str) -> str:
    """What OAR3's tree itself asks for under that name, as pip writes it; else the name.

    The version its ``poetry.lock`` names (``sqlalchemy==2.0.29``), for OAR3 was tried with it; without a lock file
    the range of ``[tool.poetry.dependencies]``, where a caret means "up to the next change of the first number that
    is not 0", and a bare version that very one (poetry's documentation, Dependency specification).
    """
    pyproject = source.path / "pyproject.toml"
    if not pyproject.is_file():
        return module
    lock = source.path / "poetry.lock"
    if lock.is_file():
        for package in tomllib.loads(lock.read_text()).get("package", []):
            if package["name"].lower().replace("-", "_") == module.lower():
                return f"{package['name']}=={package['version']}"
    declared = tomllib.loads(pyproject.read_text()).get("tool", {}).get("poetry", {}).get("dependencies", {})
    for name, entry in declared.items():
        if name.lower().replace("-", "_") == module.lower():
            version = entry.get("version", "*") if isinstance(entry, dict) else entry
            return str(name) + _specifier(version.replace(" ", "") if isinstance(version, str) else "*")
    return module


def _specifier(version: str) -> str:
    if version == "*":
        return ""
    if version[:1].isdigit():
        return f"=={version}"
    caret = re.fullmatch(r"\^(\d+(?:\.\d+)*)", version)
    if not caret:
        return version
    numbers = [int(number) for number in caret[1].split(".")]
    first = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    following = [*numbers[:first], numbers[first] + 1]
    return f">={caret[1]},<{'.'.join(map(str, following))}"
