"""The tables of an imported site in a lane's database: its jobs, and its queue as it stood."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from sqlalchemy import text

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.model.reading import is_file, open_plain
from harness.oar2.server import Oar2Server
from harness.site_import.line_reader import LineReader
from harness.site_import.passing_columns import STAND_INS, TABLES
from harness.site_import.site_files import DATABASE

_PIECE = 8 << 20
_THERE = "/tmp/import.tsv"
_SECONDS = 600
_PSQL = ("psql", "-h", "/var/run/postgresql", "-U", "postgres", "-X", "-q", "-v", "ON_ERROR_STOP=1")
_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = :table"
_SEQUENCES = {
    "jobs": "job_id",
    "moldable_job_descriptions": "moldable_id",
    "job_resource_groups": "res_group_id",
    "job_types": "job_type_id",
    "job_state_logs": "job_state_log_id",
    "event_logs": "event_id",
    "resource_logs": "resource_log_id",
}
_LATER = """
DELETE FROM challenges;
INSERT INTO challenges (job_id, challenge)
  SELECT job_id, floor(random() * 1e12)::bigint::text FROM jobs WHERE state NOT IN ('Terminated', 'Error');
UPDATE jobs SET info_type = 'server:6666' WHERE reservation <> 'None' OR job_type = 'INTERACTIVE';
"""


def load_tables(server: Oar2Server, site: Path, database: str = "oar") -> dict[str, int]:
    """Put the rows of an imported site in place of the database's own; returns how many of each table.

    The site's resources, queues and rules are there already (:func:`~harness.oar2.scenario_setup.set_tables`). Jobs
    get challenges of their own, and clients that nobody waits at. Columns that this release of OAR2 does not have are
    left out. Raises ConfigurationFault for a file that PostgreSQL does not take.

    PostgreSQL copies from files in its own container: psycopg2 copies nothing where its waits have limits
    (:mod:`harness.oar2.postgres_timeouts`).
    """
    engine = server.database_named(database)
    counts = {}
    for table in TABLES:
        file = next((each for each in _files(site, table) if is_file(each)), None)
        if file is not None:
            with engine.connect() as connection:
                there = frozenset(connection.scalars(text(_COLUMNS), {"table": table}))
            if there:
                counts[table] = _load(server, database, table, file, there)
    _psql(server, database, _LATER + "".join(_sequence(*each) for each in _SEQUENCES.items()), str(site))
    engine.dispose()
    return counts


def _files(site: Path, table: str) -> tuple[Path, Path]:
    return site / DATABASE / f"{table}.tsv", site / DATABASE / f"{table}.tsv.gz"


def _sequence(table: str, column: str) -> str:
    last = f"greatest(max({column}), 1), max({column}) IS NOT NULL"
    return f"SELECT setval('{table}_{column}_seq', {last}) FROM {table};\n"


def _load(server: Oar2Server, database: str, table: str, file: Path, there: frozenset[str]) -> int:
    with open_plain(file, most=bounds.DUMP) as plain:
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=plain)) if file.suffix == ".gz" else plain
        reader = LineReader(stream, str(file))
        columns = (reader.line() or b"").decode().split("\t")
        if unknown := [name for name in columns if name not in TABLES[table].columns]:
            raise ConfigurationFault(
                f"{table} has no column {unknown[0]!r} that is taken",
                where=f"{file}:1",
                remedy="name the columns as the import does",
            )
        kept = [place for place, name in enumerate(columns) if name in there]
        missing = {n: v for n, v in STAND_INS.get(table, {}).items() if n not in columns and n in there}
        before = "".join(
            f"ALTER TABLE {table} ALTER {name} SET DEFAULT '{value}';" for name, value in missing.items()
        )
        after = "".join(f"ALTER TABLE {table} ALTER {name} DROP DEFAULT;" for name in missing)
        _psql(server, database, f"DELETE FROM {table};" + before, str(file))
        count = 0
        names = ", ".join(columns[place] for place in kept)
        for lines in _pieces(reader, kept if len(kept) < len(columns) else None):
            count += len(lines)
            server.lane.postgres.put(_THERE, b"\n".join(lines) + b"\n")
            _psql(server, database, f"COPY {table} ({names}) FROM '{_THERE}';", str(file))
        _psql(server, database, after, str(file))
    return count


def _pieces(reader: LineReader, kept: list[int] | None) -> Iterator[list[bytes]]:
    """The rows of a file, some of their fields if not all are wanted, some mebibytes at a time."""
    lines: list[bytes] = []
    size = 0
    while (line := reader.line()) is not None:
        if kept is not None:
            fields = line.split(b"\t")
            line = b"\t".join(fields[place] for place in kept) if len(fields) > kept[-1] else line
        lines.append(line)
        size += len(line)
        if size > _PIECE:
            yield lines
            lines, size = [], 0
    if lines:
        yield lines


def _psql(server: Oar2Server, database: str, statements: str, where: str) -> None:
    """Run statements of ours as PostgreSQL's superuser, in its container; no text of a site is among them."""
    if not statements:
        return
    done = server.lane.postgres.run(*_PSQL, "-d", database, "-c", statements, check=False, limit=_SECONDS)
    if done.exit_code:
        words = " ".join(done.output.split())
        raise ConfigurationFault(f"PostgreSQL does not take it: {words}", where=where, remedy="import the site again")
