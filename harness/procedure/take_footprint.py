"""Taking a server's footprint: all of it that is not its jobs' own history."""

from __future__ import annotations

from collections.abc import Mapping

from harness.model.procedure import Footprint
from harness.oar2 import conf
from harness.oar2.server import Oar2Server
from harness.procedure.database_tables import read_rows, read_schema
from harness.procedure.server_files import read_files

Area = dict[str, dict[str, str]]


def take_footprint(server: Oar2Server) -> Footprint:
    """The database's schema and rows, oar.conf, the files of OAR and of what serves it, the packages."""
    areas: dict[str, Mapping[str, Mapping[str, str]]] = {}
    with server.database.connect() as connection:
        areas |= read_schema(connection)
        areas |= read_rows(connection)
    areas["file"] = read_files(server.container)
    areas["package"] = _packages(server)
    areas["process"] = _processes(server)
    return Footprint(areas, {conf.PATH: server.container.read(conf.PATH)})


def _packages(server: Oar2Server) -> Area:
    """Debian's packages by name."""
    listed = server.container.run("dpkg-query", "-W", "-f", "${Package}\\t${Version}\\t${db:Status-Abbrev}\\n")
    found: Area = {}
    for line in listed.stdout.splitlines():
        name, version, status = line.split("\t")
        if status.startswith("i"):
            found[name] = {"version": version}
    return found


def _processes(server: Oar2Server) -> Area:
    """Programs of the user oar that run, by their command: how many of each. Rounds and oarexec are not counted."""
    listed = server.container.run("ps", "-u", "oar", "-o", "args=", check=False).stdout
    found: Area = {}
    for line in listed.splitlines():
        name = " ".join(line.split()[:2])
        if name.startswith("Almighty"):
            found[name] = {"count": str(int(found.get(name, {}).get("count", "0")) + 1)}
    return found
