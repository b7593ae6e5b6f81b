"""The text format of PostgreSQL's COPY: rows are lines, fields are parted by tabs, ``\\N`` is NULL."""

from __future__ import annotations

import re
from collections.abc import Iterable

NULL = rb"\N"

_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.S)
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_UNSAFE = re.compile(rb"[\\\b\f\n\r\t\v]")
_ESCAPED = {value: b"\\" + letter for letter, value in _LETTERS.items()} | {b"\\": b"\\\\"}


def _unescaped(match: re.Match[bytes]) -> bytes:
    word = match[1]
    if word in _LETTERS:
        return _LETTERS[word]
    if word[:1] == b"x" and len(word) > 1:
        return bytes([int(word[1:], 16)])
    if word.isdigit():
        return bytes([int(word, 8) & 0xFF])
    return word


def decode_bytes(field: bytes) -> bytes | None:
    """A field's value, in the encoding of the dump; None is NULL."""
    if b"\\" not in field:
        return field
    return None if field == NULL else _ESCAPE.sub(_unescaped, field)


def decode(field: bytes, encoding: str = "utf-8") -> str | None:
    """A field's value as text; bytes that are none in that encoding stand as ``\\xhh``."""
    value = decode_bytes(field)
    return None if value is None else value.decode(encoding, "backslashreplace")


def encode(value: str | bytes | None) -> bytes:
    """A value as a field."""
    if value is None:
        return NULL
    data = value.encode("utf-8", "backslashreplace") if isinstance(value, str) else value
    return _UNSAFE.sub(lambda match: _ESCAPED[match[0]], data) if _UNSAFE.search(data) else data


def decode_row(line: bytes, encoding: str = "utf-8") -> list[str | None]:
    """The values of a line without its line end."""
    return [decode(field, encoding) for field in line.split(b"\t")]


def encode_row(values: Iterable[str | bytes | None]) -> bytes:
    """A line with its line end."""
    return b"\t".join(map(encode, values)) + b"\n"
