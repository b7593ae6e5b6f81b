"""SQL of a dump, read and never run: where a statement ends, the columns of a table, the rows of an INSERT."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.site_import.copy_text import encode_row

_NAME = rb'(?:"((?:[^"]|"")++)"|([A-Za-z_][\w$]*+))'
_TABLE = rb"(?:(\"[^\"]++\"|\w++)\.)?" + _NAME
_PUBLIC = "public"
COPY = re.compile(rb"COPY " + _TABLE + rb" \(([^)]*+)\) FROM stdin(?:\s+WITH[^;]*+)?;\s*", re.I)
_CREATE = re.compile(rb"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?" + _TABLE + rb"\s*\((.*)\)", re.I | re.S)
_INSERT = re.compile(
    rb"INSERT INTO " + _TABLE + rb"\s*(?:\(([^)]*+)\)\s*)?(?:OVERRIDING \w+ VALUE\s*)?VALUES\s*", re.I
)
_COLUMN = re.compile(_NAME + rb"\s+([A-Za-z][\w ]*+)")
_NO_COLUMN = frozenset((b"constraint", b"primary", b"unique", b"check", b"foreign", b"exclude", b"like"))
_VALUE = re.compile(
    rb"\s*(?:(NULL|DEFAULT)|([eE]?)'((?:[^'\\]|''|\\(?:.|\n))*+)'|([-+]?[\d.]++(?:[eE][-+]?\d++)?)|(true|false))"
    rb"(?:::[\w \"().]++)?\s*([,)])",
    re.I | re.S,
)
_PLAIN_VALUE = re.compile(rb"\s*'((?:[^']|'')*+)'(?:::[\w \"().]++)?\s*([,)])", re.S)
_OPENING = re.compile(rb"""[eE]'|'|"|--[^\n]*+|/\*|\$(?:[A-Za-z_]\w*)?\$|;""")
_BACKSLASHED = re.compile(rb"\\.", re.S)
_SIGNS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f"}


def name_of(match: re.Match[bytes], first: int = 1) -> str:
    """A name as PostgreSQL takes it: in small letters, unless it is quoted."""
    quoted, plain = match[first], match[first + 1]
    data = quoted.replace(b'""', b'"') if quoted is not None else plain.lower()
    return data.decode("utf-8", "backslashreplace")


def table_of(match: re.Match[bytes], schema: str = _PUBLIC) -> str:
    """A table's name; one that is not OAR's, since it is in another schema than ``public``, with its schema.

    :param schema: the one in which a table is that names none.
    """
    given = match[1].strip(b'"').decode("utf-8", "backslashreplace") if match[1] else schema
    return name_of(match, 2) if given == _PUBLIC else f"{given}.{name_of(match, 2)}"


def names_of(text: bytes) -> tuple[str, ...]:
    """The names of a list of columns."""
    return tuple(name_of(match) for match in re.finditer(_NAME, text))


class Statement:
    """A statement that grows line by line until it is whole."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._until: re.Pattern[bytes] | None = None
        self.size = 0
        self.whole = False

    @property
    def text(self) -> bytes:
        """All of it."""
        return b"\n".join(self._parts)

    def add(self, line: bytes) -> bool:
        """Another line; returns whether the statement is whole: a semicolon outside quotes and comments ends it."""
        self._parts.append(line)
        self.size += len(line) + 1
        at = 0
        while True:
            if self._until is not None:
                end = self._until.search(line, at)
                if not end:
                    return False
                at, self._until = end.end(), None
            found = _OPENING.search(line, at)
            if not found:
                return False
            sign, at = found[0], found.end()
            if sign == b";":
                self.whole = True
                return True
            self._until = _closing(sign)


def _closing(sign: bytes) -> re.Pattern[bytes] | None:
    if sign.startswith(b"--"):
        return None
    if sign == b"/*":
        return _COMMENT_END
    if sign == b"'":
        return _QUOTE_END
    if sign == b'"':
        return _NAME_END
    if sign[:1] in (b"e", b"E"):
        return _ESCAPED_END
    return re.compile(re.escape(sign))


# A doubled quote closes and opens again at once, which comes to the same.
_QUOTE_END = re.compile(rb"'")
_NAME_END = re.compile(rb'"')
_COMMENT_END = re.compile(rb"\*/")
_ESCAPED_END = re.compile(rb"(?:[^'\\]|\\.|\\$)*+'")


def table_columns(statement: bytes, schema: str = _PUBLIC) -> tuple[str, dict[str, str]] | None:
    """The table that a CREATE TABLE makes, and its columns with the types that SQL gives them."""
    match = _CREATE.match(statement)
    if not match:
        return None
    columns: dict[str, str] = {}
    for part in _parts(match[4]):
        column = _COLUMN.match(part.strip())
        if column and (column[2] is None or column[2].lower() not in _NO_COLUMN):
            columns[name_of(column)] = column[3].decode("ascii", "replace").split(" DEFAULT")[0].strip().lower()
    return table_of(match, schema), columns


def _parts(text: bytes) -> Iterator[bytes]:
    """What stands between commas outside brackets."""
    depth = start = 0
    for found in re.finditer(rb"'(?:[^']|'')*+'|[(),]", text):
        sign = found[0]
        depth += (sign == b"(") - (sign == b")")
        if sign == b"," and depth == 0:
            yield text[start : found.start()]
            start = found.end()
    yield text[start:]


def inserted(statement: bytes, schema: str = _PUBLIC) -> tuple[str, tuple[str, ...], bytes, int] | None:
    """What an INSERT says: table, columns (none where it names none), rows as COPY has them, and how many are not
    plain values; None where it is no such statement."""
    match = _INSERT.match(statement)
    if not match:
        return None
    rows: list[bytes] = []
    strange, at = 0, match.end()
    while True:
        if statement[at : at + 1] != b"(":
            break
        at += 1
        values: list[bytes | None] = []
        while True:
            # A backslash means nothing in a text of standard_conforming_strings, which every dump since 9.1 sets.
            value = _PLAIN_VALUE.match(statement, at)
            if value:
                values.append(value[1].replace(b"''", b"'"))
                at, sign = value.end(), value[2]
            else:
                value = _VALUE.match(statement, at)
                if not value:
                    return table_of(match, schema), names_of(match[4] or b""), b"".join(rows), strange + 1
                values.append(_value(value))
                at, sign = value.end(), value[6]
            if sign == b")":
                break
        rows.append(encode_row(values))
        while statement[at : at + 1] in (b" ", b"\n", b",", b"\t"):
            at += 1
    return table_of(match, schema), names_of(match[4] or b""), b"".join(rows), strange


def _value(match: re.Match[bytes]) -> bytes | None:
    if match[1]:
        return None
    if match[3] is not None:
        text = match[3].replace(b"''", b"'")
        return _BACKSLASHED.sub(lambda sign: _SIGNS.get(sign[0][1:], sign[0][1:]), text) if match[2] else text
    return match[4] if match[4] is not None else match[5][:1].lower()
