"""Names that an engine takes for containers, networks and volumes."""

from __future__ import annotations

import hashlib
import re

_OTHERS = re.compile(r"[^A-Za-z0-9_.-]", re.ASCII)
_LONGEST = 60


def as_part(text: str) -> str:
    """Text as part of a container's name: letters, digits, ``_``, ``.``, ``-``; different for different texts.

    An engine refuses anything else ("Invalid container name"): column ids hold ``@``, ``+`` and ``:``.
    """
    plain = _OTHERS.sub("-", text)
    if plain == text and len(text) <= _LONGEST:
        return text
    return f"{plain[:_LONGEST]}-{hashlib.sha256(text.encode(errors='surrogateescape')).hexdigest()[:8]}"
