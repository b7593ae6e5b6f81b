"""Regular expressions from outside: what is none, or may take for ever, is refused before it is ever searched for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.model import bounds

_OFTEN = 10
"""A repeat of up to so many times may hold another: trying all their ways stays short."""


def trouble_of(pattern: str) -> str:
    """What is wrong with a pattern; empty if nothing is.

    A repeat within a repeat, as in ``(a+)+``, or a choice, as in ``(a|ab)*``, is tried in a number of ways that
    doubles with every sign of the text (:mod:`re` tries them one by one).
    """
    if len(pattern) > bounds.PATTERN:
        return f"it has {len(pattern):,} characters, more than {bounds.PATTERN:,}"
    try:
        re.compile(pattern)
        parsed: Any = re._parser.parse(pattern)  # type: ignore[attr-defined]
    except (re.error, OverflowError) as error:
        return str(error)
    except RecursionError:
        return "brackets within brackets without end"
    return "a repeat or a choice within a repeat may take for ever" if any(_endless(parsed)) else ""


def _endless(parsed: Any, *, inside: bool = False) -> Iterator[bool]:
    """For each part that can match in several ways: whether it stands within a repeat."""
    for kind, value in parsed:
        name = str(kind)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, body = value
            yield inside and least != most
            yield from _endless(body, inside=inside or most > _OFTEN)
        elif name == "BRANCH":
            yield inside
            for way in value[1]:
                yield from _endless(way, inside=inside)
        elif name == "ATOMIC_GROUP":
            yield from _endless(value)
        elif isinstance(value, tuple | list):
            for part in value:
                if type(part).__name__ == "SubPattern":
                    yield from _endless(part, inside=inside)
