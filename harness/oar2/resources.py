"""A cluster's resources as rows, in bulk: what ``oarnodesetting -a -h … -p …`` leaves, a thousand times faster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Integer, MetaData, Table, column, func, insert, inspect, select, table, text

from harness.model.cluster import Cluster, Resource, Value
from harness.oar2 import database as db

_STATE_NUMBERS = {"Alive": 1, "Absent": 2, "Suspected": 3, "Dead": 4}
"""``resources.state_num`` (OAR2, ``OAR::IO``, ``%State_to_num``)."""

SYSTEM_COLUMNS = frozenset(
    (
        "resource_id",
        "type",
        "network_address",
        "state",
        "next_state",
        "finaud_decision",
        "next_finaud_decision",
        "state_num",
        "suspended_jobs",
        "scheduler_priority",
        "cpuset",
        "besteffort",
        "deploy",
        "expiry_date",
        "desktop_computing",
        "last_job_date",
        "available_upto",
        "last_available_upto",
        "drain",
    )
)
"""Columns that every OAR database has (OAR2, ``pg_structure.sql``); all others are properties of the site."""


def add_resources(connection: Connection, cluster: Cluster) -> None:
    """Insert the cluster's resources with their logs; unknown properties become columns as ``oarproperty`` does.

    Ids are those of the cluster; the sequence goes on after the last. Nothing may be in ``resources`` before.
    """
    present = set(connection.scalars(text("SELECT attname FROM pg_attribute WHERE attrelid = 'resources'::regclass")))
    for name in cluster.properties:
        if name not in present:
            numeric = all(isinstance(r.properties.get(name), int | None) for r in cluster.resources)
            connection.execute(
                text(f'ALTER TABLE resources ADD COLUMN "{name}" {"INT" if numeric else "VARCHAR(255)"}')
            )
    defaults = _defaults(connection)
    rows = [_row(resource, cluster.properties, defaults) for resource in cluster.resources]
    target = table("resources", *(column(name) for name in rows[0]))
    connection.execute(insert(target), rows)
    connection.execute(
        select(func.setval("resources_resource_id_seq", max(resource.id for resource in cluster.resources)))
    )
    now = connection.scalar(select(func.extract("epoch", func.current_timestamp()))) or 0
    connection.execute(
        insert(db.resource_logs),
        [
            {"resource_id": row["resource_id"], "attribute": name, "value": str(value), "date_start": int(now)}
            for row in rows
            for name, value in row.items()
            if name == "state" or (name not in _LOGGED_NEVER and value != defaults[name])
        ],
    )


_LOGGED_NEVER = ("resource_id", "network_address", "state_num")
"""oarnodesetting logs the state of a new resource, and each property whose value it changes."""


def _defaults(connection: Connection) -> dict[str, Value]:
    """What the columns hold where nothing is said."""
    columns = inspect(connection).get_columns("resources")
    found: dict[str, Value] = {}
    for entry in columns:
        text_value = str(entry["default"] or "").partition("::")[0]
        number = isinstance(entry["type"], Integer) and text_value.isdigit()
        found[entry["name"]] = None if not text_value else int(text_value) if number else text_value.strip("'")
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
    resources = Table("resources", MetaData(), autoload_with=connection)
    rows = connection.execute(select(resources).order_by(resources.c.resource_id)).mappings()
    return tuple(
        Resource(
            id=row["resource_id"],
            node=row["network_address"],
            state=row["state"],
            type=row["type"],
            available_upto=row["available_upto"],
            properties={
                str(name): value
                for name, value in row.items()
                if name not in SYSTEM_COLUMNS or name in ("cpuset", "drain", "besteffort", "deploy", "suspended_jobs")
            },
        )
        for row in rows
    )
