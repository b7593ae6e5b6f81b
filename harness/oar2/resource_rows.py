"""A cluster's resources as rows, in bulk: what ``oarnodesetting -a -h … -p …`` leaves, a thousand times faster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from harness.model.cluster import SYSTEM_COLUMNS, Cluster, Resource, Value
from harness.oar2.bulk_insert import Bulk
from harness.oar2.database_clock import NOW

_STATE_NUMBERS = {"Alive": 1, "Absent": 2, "Suspected": 3, "Dead": 4}
"""``resources.state_num`` (OAR2, ``OAR::IO``, ``%State_to_num``)."""

_READ_TOO = ("cpuset", "drain", "besteffort", "deploy", "suspended_jobs")
_COLUMNS = """
    SELECT attname::text, pg_get_expr(adbin, adrelid), atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
      FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
     WHERE attrelid = 'resources'::regclass AND attnum > 0 AND NOT attisdropped
"""


def add_resources(connection: Connection, cluster: Cluster) -> None:
    """Insert the cluster's resources with their logs; unknown properties become columns as ``oarproperty`` does.

    Ids are those of the cluster; the sequence goes on after the last. Nothing may be in ``resources`` before.
    """
    cursor: Any = connection.connection.cursor()
    bulk = Bulk(cursor)
    defaults = _defaults(cursor)
    properties = cluster.properties
    for name in properties:
        if name not in defaults:
            numeric = all(isinstance(r.properties.get(name), int | None) for r in cluster.resources)
            bulk.add(f'ALTER TABLE resources ADD COLUMN "{name}" {"INT" if numeric else "VARCHAR(255)"}')
            defaults[name] = None
    rows = [_row(resource, properties, defaults) for resource in cluster.resources]
    columns = ",".join(f'"{name}"' for name in rows[0])
    bulk.insert("resources", columns, [tuple(row.values()) for row in rows])
    last = max(resource.id for resource in cluster.resources)
    bulk.add("SELECT setval('resources_resource_id_seq', %s)", (last,))
    bulk.send()
    cursor.execute(f"SELECT {NOW}")
    (now,) = cursor.fetchone()
    logs = [
        (row["resource_id"], name, str(value), now)
        for row in rows
        for name, value in row.items()
        if name == "state" or (name not in _LOGGED_NEVER and value != defaults[name])
    ]
    bulk.insert("resource_logs", "resource_id,attribute,value,date_start", logs)
    bulk.send()


_LOGGED_NEVER = ("resource_id", "network_address", "state_num")
"""oarnodesetting logs the state of a new resource, and each property whose value it changes."""


def _defaults(cursor: Any) -> dict[str, Value]:
    """What the columns hold where nothing is said."""
    cursor.execute(_COLUMNS)
    found: dict[str, Value] = {}
    for name, default, integer in cursor.fetchall():
        value = (default or "").partition("::")[0]
        found[name] = None if not value else int(value) if integer and value.isdigit() else value.strip("'")
    return found


def _row(resource: Resource, properties: tuple[str, ...], defaults: Mapping[str, Value]) -> dict[str, Any]:
    given = {name: resource.properties.get(name) for name in properties}
    return {
        "resource_id": resource.id,
        "type": resource.type,
        "network_address": resource.node,
        "state": resource.state,
        "state_num": _STATE_NUMBERS[resource.state],
        "available_upto": resource.available_upto,
        **{name: defaults[name] if value is None else value for name, value in given.items()},
    }


def read_resources(connection: Connection) -> tuple[Resource, ...]:
    """The resources as they stand, every property with them."""
    found = connection.execute(text("SELECT * FROM resources ORDER BY resource_id"))
    properties = [name for name in found.keys() if name not in SYSTEM_COLUMNS or name in _READ_TOO]  # noqa: SIM118
    return tuple(
        Resource(
            id=row["resource_id"],
            node=row["network_address"],
            state=row["state"],
            type=row["type"],
            available_upto=row["available_upto"],
            properties={name: row[name] for name in properties},
        )
        for row in found.mappings()
    )
