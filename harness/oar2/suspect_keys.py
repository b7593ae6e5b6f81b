"""Which keys of oar.conf a crash may come from: those that the case sets and a fresh server does not have so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from harness.model.record import Crash

_PLACE = re.compile(r" in \S+ \([^()]*, line \d+\)$")


def own_keys(given: Mapping[str, str], fresh: Mapping[str, str]) -> dict[str, str]:
    """The keys that a case gives other values than a fresh server's."""
    return {key: value for key, value in given.items() if fresh.get(key) != value}


def with_keys(crashes: Iterable[Crash], keys: Mapping[str, str]) -> tuple[Crash, ...]:
    """The crashes with what of ``keys`` was in force; those that the program's own words name are told in ``how``.

    A program names a key by its name anywhere in what it said, or by its value in the error itself: ``invalid literal
    for int() with base 10: 'abc'``, ``KeyError: 9``.
    """
    told = tuple(f'{key} = "{value}"' for key, value in keys.items())
    found = []
    for crash in crashes:
        named = [f'{key} = "{value}"' for key, value in keys.items() if _names(crash, key, value)]
        how = f"{crash.how} — with {', '.join(named)} in oar.conf" if named else crash.how
        found.append(replace(crash, how=how, conf=told))
    return tuple(found)


def _names(crash: Crash, key: str, value: str) -> bool:
    if re.search(rf"\b{re.escape(key)}\b", f"{crash.how}\n{crash.log}"):
        return True
    # Without where it was raised: a number may be that of a line.
    error = _PLACE.sub("", crash.how)
    text = re.escape(value)
    quoted = re.search(rf"""(['"]){text}\1|: {text}$""", error) is not None
    return bool(value.strip()) and quoted
