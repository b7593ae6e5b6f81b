"""Rows of a table, checked field by field and renamed: megabytes at once where nothing is to be renamed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from harness.site_import.copy_text import NULL, decode, encode
from harness.site_import.passing_columns import TABLES, WORDS, As, TableRule
from harness.site_import.renamer import Cache, Renamer
from harness.site_import.source_rows import Block, Lines

_NUMBER = rb"-?\d{1,19}|\\N"
_FLAG = rb"YES|NO|NA|\\N"
_EVENT = rb"[A-Z][A-Z_]{0,49}"
_ANY = rb"[^\t\n]*+"
_SHOWN = 5

Keep = Callable[[int], bool]


@dataclass(slots=True)
class Passed:
    """What became of a table's rows.

    :ivar rows: how many passed. :ivar outside: how many were not asked for (``--since``).
    :ivar refused: how many did not pass, since a field is not what belongs there; ``places``: the first of them.
    """

    columns: tuple[str, ...] = ()
    rows: int = 0
    outside: int = 0
    refused: int = 0
    places: list[str] = field(default_factory=list)
    unknown: dict[str, None] = field(default_factory=dict)
    levels: Counter[str] = field(default_factory=Counter)


class TableFilter:
    """Lets pass what may pass of the rows of one block's shape.

    :param columns: those of ``resources``, which are levels and attributes.
    :param keep: whether a row is asked for, by the number in the column ``key``; None: all are.
    """

    def __init__(
        self,
        block: Block,
        renamer: Renamer,
        columns: Collection[str],
        source: str,
        key: str = "",
        keep: Keep | None = None,
    ) -> None:
        rule = TABLES[block.table]
        self._source = f"{source}, table {block.table}"
        self._renamer = renamer
        self._levels = block.table == "job_resource_descriptions"
        self.columns = tuple(name for name in block.columns if name in rule.columns)
        self.unknown = tuple(name for name in block.columns if name not in rule.columns and name not in rule.left)
        kinds = [rule.columns[name] for name in self.columns]
        self._row = re.compile(rb"\t".join(_patterns(block, rule, b"")))
        self._caches: list[tuple[int, Cache]] = [
            (place, cache)
            for place, kind in enumerate(kinds)
            if (cache := renamer.cache(kind, block.encoding)) is not None
        ]
        self._logs = block.table == "resource_logs" and {"attribute", "value"} <= set(self.columns)
        self._encoding = block.encoding
        self._key = self.columns.index(key) if keep and key in self.columns else -1
        self._keep = keep
        # Levels that are columns of resources stay, so that most rows of that table need not be taken apart.
        levels = b"|".join(re.escape(name.encode()) for name in columns) if self._levels else b""
        renamed = [place for place, _ in self._caches if not (levels and kinds[place] is As.ATTRIBUTE)]
        whole = len(self.columns) == len(block.columns) and not renamed and not self._logs and self._key < 0
        row = rb"\t".join(_patterns(block, rule, levels)).replace(b"(", b"(?:")
        self._whole = re.compile(b"(?:" + row + rb"\n)*+") if whole else None
        self._level = re.compile(rb"^[^\t\n]*\t([A-Za-z_]\w*)\t", re.M) if self._levels else None

    def passed(self, lines: Lines, told: Passed) -> bytes:
        """The lines that pass; what became of the others is added to ``told``."""
        data = lines.data
        if self._whole is not None and self._whole.fullmatch(data):
            told.rows += data.count(b"\n")
            out = data
        else:
            out = self._one_by_one(lines, told)
        if self._level:
            told.levels.update(found.decode() for found in self._level.findall(out))
        return out

    def _one_by_one(self, lines: Lines, told: Passed) -> bytes:
        match, caches, out = self._row.fullmatch, self._caches, []
        key, keep = self._key, self._keep
        for number, line in enumerate(lines.data.split(b"\n")[:-1], lines.first):
            found = match(line)
            if not found:
                told.refused += 1
                if len(told.places) < _SHOWN:
                    told.places.append(f"{self._source}, line {number}")
                continue
            fields = list(found.groups())
            if key >= 0 and keep and not keep(int(fields[key] if fields[key] != NULL else 0)):
                told.outside += 1
                continue
            for place, cache in caches:
                fields[place] = cache[fields[place]]
            if self._logs:
                self._rename_log(fields)
            out.append(b"\t".join(fields))
        told.rows += len(out)
        out.append(b"")
        return b"\n".join(out)

    def _rename_log(self, fields: list[bytes]) -> None:
        """The value that an attribute of a resource had is renamed like that of the column itself."""
        attribute, value = self.columns.index("attribute"), self.columns.index("value")
        name, word = decode(fields[attribute], self._encoding), decode(fields[value], self._encoding)
        if name is not None and word is not None:
            fields[value] = encode(self._renamer.logged(name, word))


def _patterns(block: Block, rule: TableRule, levels: bytes) -> list[bytes]:
    return [
        b"(" + _pattern(name, rule.columns[name], levels) + b")" if name in rule.columns else _ANY
        for name in block.columns
    ]


def _pattern(name: str, kind: As, levels: bytes) -> bytes:
    if kind is As.NUMBER:
        return _NUMBER
    if kind is As.FLAG:
        return _FLAG
    if kind is As.EVENT:
        return _EVENT
    if kind is As.WORD:
        return b"|".join(re.escape(word.encode()) for word in WORDS[name])
    if kind is As.ATTRIBUTE and levels:
        return levels
    return _ANY
