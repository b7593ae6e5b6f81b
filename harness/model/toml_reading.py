"""TOML from outside: what is no TOML, or more than anybody writes, is one error with a line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from harness.model import bounds

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_PARTS = re.compile(rf"(?<![\w-])(?:{_PART}\.[ \t]*+){{{bounds.DEPTH}}}")
_LARGEST = 2**63


class NotToml(Exception):
    """A text that is not taken; ``what`` is wrong, and on which ``line``, if that is known."""

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


def loads(text: str) -> dict[str, Any]:
    """What a TOML text says. Raises NotToml.

    Beside what is no TOML it refuses what neither OAR nor a file of a record can hold: numbers of more than 64 bits,
    which TOML does not have either, and the sign NUL; and what nobody writes: values nested more deeply than
    ``bounds.DEPTH``, and keys of as many parts, for which the parser takes the square of their number.
    """
    if found := _PARTS.search(text):
        raise NotToml(f"a key of more than {bounds.DEPTH} parts", text.count("\n", 0, found.start()) + 1)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line = int(place[1]) if place and place[1] else max(1, text.count("\n") + 1)
        raise NotToml(f"this is not TOML: {_PLACE.sub('', str(error))}", line) from None
    except RecursionError:
        raise NotToml("brackets within brackets without end") from None
    except (ValueError, OverflowError) as error:
        # Python reads no number of more than 4,300 digits, and no date of the year 0.
        raise NotToml(f"this is not TOML: {error}") from None
    for what in _not_held(content):
        raise NotToml(what)
    return content


def _not_held(content: dict[str, Any]) -> Iterator[str]:
    todo: list[tuple[Any, int]] = [(content, 0)]
    while todo:
        value, depth = todo.pop()
        if depth > bounds.DEPTH:
            yield f"values are nested more than {bounds.DEPTH} deep"
            return
        if isinstance(value, dict):
            todo += ((each, depth + 1) for pair in value.items() for each in pair)
        elif isinstance(value, list):
            todo += ((each, depth + 1) for each in value)
        elif isinstance(value, str) and "\0" in value:
            yield f"a text holds the sign NUL: {bounds.one_line(value, 80)}"
        elif isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            yield f"the number {bounds.shortened(str(value), 60)} has more than 64 bits"
