"""Recorded history to JSON and back. Interval sets are written as ``1-4 7``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from procset import ProcSet

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.model.procsets import parse
from harness.model.reading import named, read_bytes

_LONG = re.compile(rb"(?<=[\s:,\[])-?(?:[\d.]{12}|[\d.]+[eE])")
_FURTHEST = 2**33

T = TypeVar("T")


def _encode(value: object) -> object:
    if isinstance(value, ProcSet):
        return str(value)
    raise NotImplementedError(f"cannot write a {type(value).__name__}")


def _decode(kind: Any, value: Any) -> object:
    if kind is ProcSet:
        found = parse(value) if value else ProcSet()
        if len(found) > bounds.RESOURCES or (found and not 0 <= found.min <= found.max <= bounds.ID):
            raise ValueError(f"no cluster has the resources {value}")
        return found
    raise NotImplementedError(f"cannot read a {kind.__name__}")


def dumps(value: object) -> bytes:
    """JSON of a dataclass of the model, indented, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=_encode), indent=1) + b"\n"


def to_builtins(value: object) -> Any:
    """The same as plain dicts, lists, strings and numbers."""
    return msgspec.to_builtins(value, enc_hook=_encode)


def loads(data: bytes, kind: type[T], *, where: str = "") -> T:
    """A dataclass of the model from JSON; raises ConfigurationFault, naming the place, on anything else."""
    try:
        if _LONG.search(data):
            _check_numbers(msgspec.json.decode(data))
        return msgspec.json.decode(data, type=kind, dec_hook=_decode)
    except RecursionError:
        what = "brackets within brackets without end"
    except (msgspec.MsgspecError, ValueError) as error:
        what = str(error)
    raise ConfigurationFault(what, where=where, remedy="is this a file of this version?")


def _check_numbers(value: Any) -> None:
    """Raise ValueError for a number that neither the database nor a clock holds: judging would count up to it."""
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            todo += each.values()
        elif isinstance(each, list):
            todo += each
        elif isinstance(each, int | float) and not -_FURTHEST <= each <= _FURTHEST:
            raise ValueError(f"the number {each} is beyond all that OAR has")


def is_json(data: bytes) -> bool:
    """Whether it is whole JSON, of whatever kind; else it is torn, or something else altogether."""
    try:
        msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError):
        return False
    return True


def load(path: Path, kind: type[T]) -> T:
    """The same from a file."""
    return loads(read_bytes(path, most=bounds.RECORD), kind, where=named(path))
