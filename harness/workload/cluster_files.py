"""Clusters as scenario and site files write them: words, a table, or a file of fixtures/clusters/."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.model import bounds
from harness.model.cluster import RESOURCE_STATES, Cluster, Resource, Value, parse_cluster, too_many
from harness.model.combination import did_you_mean
from harness.model.reading import files_in, is_file, read_text
from harness.shipped import FIXTURES
from harness.workload.resource_table import read_resources
from harness.workload.toml_table import Source, Table, parse_toml

LIBRARY = FIXTURES / "clusters"
"""Where a cluster's file is looked up after the folder of the file that names it."""

_KEYS = ("shape", "hierarchy", "node", "resource", "resources")
_NODE_KEYS = ("count", "name", "cpus", "cores", "state", "available-upto", "properties")
_RESOURCE_KEYS = ("count", "id", "node", "type", "state", "available-upto", "properties")
_HIERARCHY = ("host", "cpu", "core")
_FOREVER = 2147483647
_OWN = (
    "resource_id",
    "network_address",
    "type",
    "state",
    "state_num",
    "next_state",
    "next_finaud_decision",
    "available_upto",
)
_PROPERTY = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def read_cluster(table: Table, key: str, folders: Iterable[Path]) -> Cluster:
    """The cluster that stands under ``key``: words, a table, or the path of a file looked up in ``folders``."""
    folders = tuple(folders)
    value = table.content.get(key)
    if isinstance(value, dict):
        return _from_table(table.table(key, _KEYS), folders)
    text = table.text(key)
    if not text.endswith(".toml"):
        return parse_cluster(text, where=table.where(key))
    places = [folder / text for folder in (*folders, LIBRARY)]
    found = next((path for path in places if is_file(path)), None)
    if found is None:
        near = sorted({path.name for place in places for path in files_in(place.parent)})
        table.fault(f"there is no cluster file {text!r}", did_you_mean(text, near) if near else "check the path", key)
    return load_cluster(found)


def load_cluster(path: Path) -> Cluster:
    """The cluster of a TOML file: ``title`` and the keys of a cluster table."""
    return parse_cluster_file(read_text(path), str(path), path.parent)


def parse_cluster_file(text: str, name: str, folder: Path | None = None) -> Cluster:
    """The same from its text; ``name`` is the file's name in messages, ``folder`` where it lies."""
    table = parse_toml(text, name, ("title", *_KEYS))
    table.text("title", "")
    return _from_table(table, (folder,) if folder else ())


def _from_table(table: Table, folders: tuple[Path, ...] = ()) -> Cluster:
    rows = list(_table_rows(table, folders))
    if "shape" in table:
        if "node" in table:
            table.fault("it has both a shape and nodes", "keep one of them", "shape")
        rows += parse_cluster(table.text("shape"), where=table.where("shape")).resources
    cpus = cores = 0
    numbers: dict[str, int] = {}
    for entry in table.tables("node", _NODE_KEYS):
        width, depth = entry.integer("cpus", 1, least=1), entry.integer("cores", 1, least=1)
        stem, own = entry.text("name", "node", most=bounds.NAME), _properties(entry, _HIERARCHY)
        state, upto = _state(entry)
        if not _HOST.fullmatch(stem):
            entry.fault(f"{stem!r} cannot name a machine", "use letters, digits and hyphens", "name")
        count = entry.integer("count", 1, least=1)
        _check_size(entry, len(rows), count * width * depth, own)
        for _ in range(count):
            numbers[stem] = numbers.get(stem, 0) + 1
            host = f"{stem}{numbers[stem]}"
            for slot in range(width * depth):
                place: dict[str, Value] = {
                    "host": host,
                    "cpu": cpus + slot // depth + 1,
                    "core": cores + slot + 1,
                    "cpuset": str(slot),
                }
                rows.append(Resource(len(rows) + 1, host, state, "default", upto, place | own))
            cpus, cores = cpus + width, cores + width * depth
    for entry in table.tables("resource", _RESOURCE_KEYS):
        state, upto = _state(entry)
        first = entry.integer("id", rows[-1].id + 1 if rows else 1, least=1)
        kind, node = entry.text("type", "default", most=bounds.NAME), entry.text("node", "", most=bounds.NAME)
        if kind == "default" and not node:
            entry.fault("a resource of the type default has no node", 'add node = "…" or another type')
        named: dict[str, Value] = {"host": node} if node else {}
        count, own = entry.integer("count", 1, least=1), {**named, **_properties(entry)}
        _check_size(entry, len(rows), count, own)
        if first + count > bounds.ID:
            entry.fault(f"id is {first}", f"give ids up to {bounds.ID}", "id")
        rows += [Resource(first + number, node, state, kind, upto, dict(own)) for number in range(count)]
    if not rows:
        table.fault("the cluster has no resources", 'add shape = "4 nodes x 2 cpus x 4 cores" or [[node]] tables')
    if len({row.id for row in rows}) < len(rows):
        table.fault("two resources have the same id", "leave the ids out: they are counted", "resource")
    cluster = Cluster(tuple(rows), table.texts("hierarchy", _HIERARCHY))
    _check(table, cluster)
    return cluster


def _table_rows(table: Table, folders: tuple[Path, ...]) -> tuple[Resource, ...]:
    """The resources of the table of text that ``resources`` names."""
    name = table.text("resources", "")
    if not name:
        return ()
    if "shape" in table or "node" in table or "resource" in table:
        table.fault("it has both a table of resources and others", "keep one of them", "resources")
    found = next((folder / name for folder in folders if is_file(folder / name)), None)
    if found is None:
        table.fault(f"there is no file {name!r}", "check the path", "resources")
    return read_resources(read_text(found, most=bounds.RECORD), str(found))


def _check_size(entry: Table, there: int, more: int, properties: Mapping[str, Value]) -> None:
    """Before anything is made of an entry: whether the cluster stays within bounds."""
    if there + more > bounds.RESOURCES:
        raise too_many(there + more, entry.where())
    if more * len(properties) > bounds.CELLS:
        entry.fault(
            f"{more:,} resources of {len(properties)} properties each",
            f"describe at most {bounds.CELLS:,} values",
            "properties",
        )


def _state(entry: Table) -> tuple[str, int]:
    state = entry.text("state", "Alive")
    if state not in RESOURCE_STATES:
        entry.fault(f"unknown state {state!r}", did_you_mean(state, RESOURCE_STATES), "state")
    return state, entry.integer("available-upto", _FOREVER)


def _properties(entry: Table, taken: tuple[str, ...] = ()) -> dict[str, Value]:
    content = entry.table("properties").content
    if len(content) > bounds.PROPERTIES:
        entry.fault(f"{len(content)} properties", f"give at most {bounds.PROPERTIES}", "properties")
    for name, value in content.items():
        if not _PROPERTY.fullmatch(name):
            entry.fault(f"{name!r} cannot name a property", "use small letters, digits and _", "properties", name)
        if name in _OWN or name in taken:
            entry.fault(f"property {name!r} is set by the cluster itself", "remove it", "properties", name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            entry.fault(f"property {name} is {value!r}", "write a number or a string", "properties", name)
        if isinstance(value, int) and not -bounds.GREATEST <= value <= bounds.GREATEST:
            entry.fault(f"property {name} is {value}", f"OAR's numbers end at {bounds.GREATEST}", "properties", name)
        if isinstance(value, str) and len(value) > bounds.VALUE:
            entry.fault(
                f"property {name} is {len(value):,} characters long",
                f"OAR's columns hold {bounds.VALUE}",
                "properties",
                name,
            )
    return dict(content)


def _check(table: Table, cluster: Cluster) -> None:
    kinds: dict[str, type] = {}
    for row in cluster.resources:
        for name, value in row.properties.items():
            if value is not None and kinds.setdefault(name, type(value)) is not type(value):
                table.fault(
                    f"property {name!r} is a number here and a string there",
                    "a column of OAR's table resources has one type: choose one",
                )
    if len(cluster.properties) > bounds.PROPERTIES:
        table.fault(f"{len(cluster.properties)} properties", f"give at most {bounds.PROPERTIES}")
    if len(cluster.hierarchy) > bounds.LEVELS:
        table.fault(f"a hierarchy of {len(cluster.hierarchy)} levels", f"give at most {bounds.LEVELS}", "hierarchy")
    if not cluster.hierarchy:
        table.fault("the hierarchy is empty", 'write for example hierarchy = ["host", "cpu", "core"]', "hierarchy")
    for level in cluster.hierarchy:
        if not any(level in (*row.properties, "resource_id", "network_address") for row in cluster.resources):
            table.fault(
                f"no resource has the property {level!r} of the hierarchy",
                did_you_mean(level, cluster.properties) if cluster.properties else "add it to the nodes",
                "hierarchy",
            )


def describe_cluster(cluster: Cluster) -> str | dict[str, Any]:
    """The shortest of words or a table that :func:`read_cluster` reads as this very cluster."""
    if words := _words(cluster):
        return words
    grouped = _grouped(cluster)
    if _read_back(grouped) == cluster:
        return grouped
    rows = [_row(row) | {"id": row.id} for row in cluster.resources]
    return {"hierarchy": list(cluster.hierarchy), "resource": rows}


def _read_back(content: Mapping[str, Any]) -> Cluster:
    return _from_table(Table(content, Source("cluster"), _KEYS))


def _words(cluster: Cluster) -> str:
    nodes = len(cluster.nodes)
    cpus = len({row.properties.get("cpu") for row in cluster.resources})
    if not nodes or cpus % nodes or len(cluster.resources) % cpus:
        return ""
    words = f"{nodes} nodes x {cpus // nodes} cpus x {len(cluster.resources) // cpus} cores"
    return words if parse_cluster(words) == cluster else ""


def _grouped(cluster: Cluster) -> dict[str, Any]:
    """Nodes of the same shape in a row become one entry; what is on no node of that kind follows, row by row."""
    nodes: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    by_node: dict[str, list[Resource]] = {}
    for row in cluster.resources:
        if row.type == "default" and all(level in row.properties for level in _HIERARCHY):
            by_node.setdefault(row.node, []).append(row)
        else:
            others.append(_row(row))
    for name, rows in by_node.items():
        cpus = len({row.properties["cpu"] for row in rows})
        entry = {"name": re.sub(r"\d+$", "", name) or name, "cpus": cpus, "cores": len(rows) // cpus}
        entry |= {key: value for key, value in _row(rows[0]).items() if key in _NODE_KEYS}
        drop = (*_HIERARCHY, "cpuset")
        properties = {name: value for name, value in rows[0].properties.items() if name not in drop}
        entry.pop("properties", None)
        if properties:
            entry["properties"] = properties
        if nodes and {**nodes[-1], "count": 0} == {**entry, "count": 0}:
            nodes[-1]["count"] += 1
        else:
            nodes.append({"count": 1, **entry})
    grouped: dict[str, Any] = {"hierarchy": list(cluster.hierarchy)}
    if nodes:
        grouped["node"] = nodes
    if others:
        grouped["resource"] = others
    return grouped


def _row(row: Resource) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if row.node:
        content["node"] = row.node
    if row.type != "default":
        content["type"] = row.type
    if row.state != "Alive":
        content["state"] = row.state
    if row.available_upto != _FOREVER:
        content["available-upto"] = row.available_upto
    if row.properties:
        content["properties"] = {name: value for name, value in row.properties.items() if value is not None}
    return content
