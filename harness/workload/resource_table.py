"""A cluster as a table of text, one resource a line: what a spreadsheet opens, and git compares line by line.

The first line names the columns: those of OAR's table ``resources`` and the site's properties, parted by tabs;
``name:int`` holds numbers. ``\\N`` is no value, and ``\\t``, ``\\n`` and ``\\\\`` stand for what cannot be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from harness.model import bounds
from harness.model.cluster import RESOURCE_STATES, Resource, Value, too_many
from harness.model.fault import ConfigurationFault

SUFFIX = ".tsv"
"""How the names of such files end."""

_FIRST = ("resource_id", "network_address", "type", "state", "available_upto")
_DERIVED = ("state_num", "next_state", "next_finaud_decision")
_PROPERTY = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_NULL = r"\N"
_ESCAPE = re.compile(r"\\(.)", re.S)
_SIGNS = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
_FOREVER = 2147483647


def write_resources(resources: Iterable[Resource]) -> str:
    """The table of those resources."""
    resources = tuple(resources)
    names = dict.fromkeys(name for resource in resources for name in resource.properties)
    numeric = {
        name
        for name in names
        if any(isinstance(r.properties.get(name), int) for r in resources)
        and all(isinstance(r.properties.get(name), int | None) for r in resources)
    }
    lines = ["\t".join((*_FIRST, *(f"{name}:int" if name in numeric else name for name in names)))]
    for each in resources:
        own: tuple[Value, ...] = (each.id, each.node, each.type, each.state, each.available_upto)
        lines.append("\t".join(map(_field, (*own, *(each.properties.get(name) for name in names)))))
    return "\n".join(lines) + "\n"


def _field(value: Value) -> str:
    if value is None:
        return _NULL
    text = str(value)
    for sign in "\\\t\n\r":
        if sign in text:
            text = text.replace(sign, "\\" + {"\t": "t", "\n": "n", "\r": "r"}.get(sign, sign))
    return text


def read_resources(text: str, where: str) -> tuple[Resource, ...]:
    """The resources of a table; raises ConfigurationFault, with the line, for the first that is none."""
    head, *lines = text.removesuffix("\n").split("\n")
    columns = _columns(head, where)
    if len(lines) > bounds.RESOURCES:
        raise too_many(len(lines), where)
    if len(lines) * len(columns) > bounds.CELLS:
        raise ConfigurationFault(
            f"{len(lines):,} resources of {len(columns)} columns",
            where=where,
            remedy=f"describe at most {bounds.CELLS:,} values",
        )
    found: dict[int, Resource] = {}
    for number, line in enumerate(lines, 2):
        place = f"{where}:{number}"
        fields = line.removesuffix("\r").split("\t")
        if len(fields) != len(columns):
            raise _fault(f"{len(fields)} fields, and {len(columns)} columns", place, "part them by tabs")
        row = {name: _value(name, field, columns[name], place) for name, field in zip(columns, fields, strict=True)}
        resource = _resource(row, place)
        if resource.id in found:
            raise _fault(f"resource {resource.id} is there twice", place, "give each a number of its own")
        found[resource.id] = resource
    if not found:
        raise _fault("there are no resources", where, "write one a line")
    return tuple(found.values())


def _columns(head: str, where: str) -> dict[str, bool]:
    """The names of the columns, and whether they hold numbers."""
    columns: dict[str, bool] = {}
    for cell in head.removesuffix("\r").split("\t"):
        name, _, kind = cell.partition(":")
        if not _PROPERTY.fullmatch(name) or kind not in ("", "int") or name in columns or name in _DERIVED:
            raise _fault(f"{cell!r} cannot name a column", f"{where}:1", "use small letters, digits and _, once each")
        columns[name] = kind == "int" or name in ("resource_id", "available_upto")
    if "resource_id" not in columns or len(columns) > bounds.PROPERTIES + len(_FIRST):
        raise _fault("its first line names no columns of resources", f"{where}:1", "begin with resource_id")
    return columns


def _value(name: str, field: str, numeric: bool, place: str) -> Value:
    if field == _NULL:
        return None
    if numeric:
        if not re.fullmatch(r"-?\d{1,10}", field, re.A) or abs(int(field)) > bounds.GREATEST:
            raise _fault(f"{name} is {field!r}", place, f"write a number, or {_NULL} for none")
        return int(field)
    text = _ESCAPE.sub(lambda sign: _SIGNS.get(sign[1], sign[0]), field) if "\\" in field else field
    if len(text) > bounds.VALUE:
        raise _fault(f"{name} is {len(text):,} characters long", place, f"OAR's columns hold {bounds.VALUE}")
    return text


def _resource(row: Mapping[str, Value], place: str) -> Resource:
    number, state, kind = row["resource_id"], row.get("state") or "Alive", row.get("type") or "default"
    if not isinstance(number, int) or not 1 <= number <= bounds.ID:
        raise _fault(f"resource_id is {number!r}", place, f"count from 1 to {bounds.ID:,}")
    if state not in RESOURCE_STATES:
        raise _fault(f"unknown state {state!r}", place, f"one of {', '.join(RESOURCE_STATES)}")
    upto = row.get("available_upto")
    properties = {name: value for name, value in row.items() if name not in _FIRST}
    return Resource(
        number,
        str(row.get("network_address") or ""),
        str(state),
        str(kind),
        _FOREVER if upto is None else int(upto),
        properties,
    )


def _fault(what: str, where: str, remedy: str) -> ConfigurationFault:
    return ConfigurationFault(what, where=where, remedy=remedy)
