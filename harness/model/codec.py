"""Recorded history to JSON and back. Interval sets are written as ``1-4 7``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec
from procset import ProcSet

from harness.model.fault import ConfigurationFault
from harness.model.procsets import parse

T = TypeVar("T")


def _encode(value: object) -> object:
    if isinstance(value, ProcSet):
        return str(value)
    raise NotImplementedError(f"cannot write a {type(value).__name__}")


def _decode(kind: Any, value: Any) -> object:
    if kind is ProcSet:
        return parse(value) if value else ProcSet()
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
        return msgspec.json.decode(data, type=kind, dec_hook=_decode)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ConfigurationFault(str(error), where=where, remedy="is this a file of this version?") from None


def load(path: Path, kind: type[T]) -> T:
    """The same from a file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationFault(
            f"cannot read it: {error.strerror}", where=str(path), remedy="check the path"
        ) from None
    return loads(data, kind, where=str(path))
