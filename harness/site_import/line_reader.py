"""A dump's lines, and the rows of its COPY blocks, read in pieces: a dump may be larger than the memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.site_import.source_rows import Lines

_PIECE = 1 << 20
_END = b"\\.\n"


class Bytes(Protocol):
    """What can be read from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


class LineReader:
    """Reads lines of a stream.

    :ivar number: how many lines were read so far.
    :ivar ended: whether the stream has ended.
    """

    def __init__(self, stream: Bytes, where: str) -> None:
        self._stream = stream
        self._where = where
        self._buffer = b""
        self._at = 0
        self.number = 0
        self.ended = False

    def line(self) -> bytes | None:
        """The next line without its line end; None after the last. A last line without an end counts as one."""
        while (end := self._buffer.find(b"\n", self._at)) < 0:
            if not self._fill():
                rest = self._buffer[self._at :]
                self._buffer, self._at = b"", 0
                if rest:
                    self.number += 1
                return rest or None
        line = self._buffer[self._at : end]
        self._at = end + 1
        self.number += 1
        return line

    def rows(self) -> Iterator[Lines]:
        """The rows of a COPY block up to its end mark; where the stream ends before it, without the torn row."""
        while True:
            if self._at:
                self._buffer, self._at = self._buffer[self._at :], 0
            data = self._buffer
            if data.startswith(_END):
                self._at = len(_END)
                self.number += 1
                return
            end = data.find(b"\n" + _END)
            cut = end if end >= 0 else data.rfind(b"\n")
            if cut >= 0:
                piece = data[: cut + 1]
                first = self.number + 1
                self.number += piece.count(b"\n")
                self._at = cut + 1
                yield Lines(first, piece)
                continue
            if not self._fill():
                return

    def _fill(self) -> bool:
        piece = b"" if self.ended else self._stream.read(_PIECE)
        if not piece:
            self.ended = True
            return False
        self._buffer = self._buffer[self._at :] + piece
        self._at = 0
        if len(self._buffer) > bounds.DUMP_LINE + _PIECE:
            raise ConfigurationFault(
                f"a line of more than {bounds.DUMP_LINE >> 20} MiB",
                where=f"{self._where}, line {self.number + 1}",
                remedy="is it a dump of OAR's database?",
            )
        return True
