"""All rows of all tables of a database, to compare what two ways left."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, text

Rows = list[dict[str, Any]]

OWN = {
    ("challenges", "challenge"): "a random number (OAR::IO::add_micheline_subjob: rand)",
}
"""Columns that no two submissions share, with the reason; only their shape is compared.

``jobs.info_type`` of a reservation holds the port of its client; the snapshot builder puts the listener's there,
whichever way the job came.
"""


def tables(database: Engine) -> dict[str, Rows]:
    """Every row of every table, and where every sequence stands."""
    found: dict[str, Rows] = {}
    with database.connect() as connection:
        names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        for name in sorted(names):
            rows = [dict(row) for row in connection.execute(text(f'SELECT * FROM "{name}"')).mappings()]
            for row in rows:
                for column in row:
                    if (name, column) in OWN:
                        row[column] = shape(row[column])
            found[name] = sorted(rows, key=lambda row: [str(value) for value in row.values()])
        sequences = connection.execute(
            text("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
        )
        found["the sequences"] = [dict(row) for row in sequences.mappings()]
    database.dispose()
    return found


def shape(value: object) -> object:
    """What is compared of such a column: that it holds a number below 10¹², as text."""
    return "a number" if isinstance(value, str) and value.isdigit() and len(value) <= 12 else value


def differences(one: dict[str, Rows], other: dict[str, Rows]) -> list[str]:
    """What stands in one and not in the other: table, job or row, and the columns that differ."""
    found = []
    for name in sorted(one.keys() | other.keys()):
        left, right = (
            [row for row in a.get(name, []) if row not in b.get(name, [])] for a, b in ((one, other), (other, one))
        )
        if len(one.get(name, [])) != len(other.get(name, [])):
            found.append(f"{name}: {len(one.get(name, []))} rows and {len(other.get(name, []))}: {left} {right}")
        for a, b in zip(left, right, strict=False):
            found.append(
                f"{name} {next(iter(a.items()))}: " + str({k: (a[k], b.get(k)) for k in a if a[k] != b.get(k)})
            )
    return found
