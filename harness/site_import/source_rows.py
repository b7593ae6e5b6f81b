"""What sources give: rows of OAR's tables, as PostgreSQL's COPY writes them, with the place they come from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from harness.site_import.copy_text import decode_row


@dataclass(frozen=True, slots=True)
class Lines:
    """Some rows of a table.

    :ivar first: the number of the first row's line in the source, from 1; of a database, the row's number.
    :ivar data: whole lines of COPY's text format, each with its line end.
    """

    first: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one table that a source has in a row; a table may come in several blocks.

    :ivar lines: to be read before the next block is asked for.
    :ivar encoding: Python's name of the encoding of its texts.
    """

    table: str
    columns: tuple[str, ...]
    lines: Iterator[Lines]
    encoding: str = "utf-8"

    def rows(self) -> Iterator[tuple[int, dict[str, str | None]]]:
        """Each row with its line number; of rows that have another number of fields only those that fit."""
        for lines in self.lines:
            for number, line in enumerate(lines.data.split(b"\n")[:-1], lines.first):
                values = decode_row(line, self.encoding)
                if len(values) == len(self.columns):
                    yield number, dict(zip(self.columns, values, strict=True))


@dataclass(slots=True)
class Seen:
    """What a source says of itself while it is read, for the report.

    :ivar told: a sentence and its place, once each.
    :ivar ended: where a dump breaks off; empty: it is whole.
    """

    told: dict[tuple[str, str], None] = field(default_factory=dict)
    ended: str = ""

    def tell(self, what: str, place: str) -> None:
        """Note something that is left out."""
        if len(self.told) < 1000:
            self.told[what, place] = None


class RowSource(Protocol):
    """A source that has rows of tables."""

    name: str
    seen: Seen

    def columns(self) -> Mapping[str, Mapping[str, str]]:
        """The columns of each table, with the type that SQL gives them; empty where that is not known beforehand."""

    def blocks(self, wanted: Collection[str] | Callable[[str], bool]) -> Iterator[Block]:
        """The blocks of the tables that are wanted. It may be asked several times."""


def is_wanted(wanted: Collection[str] | Callable[[str], bool], table: str) -> bool:
    """Whether a table is among those."""
    return wanted(table) if callable(wanted) else table in wanted
