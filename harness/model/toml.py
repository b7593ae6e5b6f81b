"""Values written as TOML, for files that people read and edit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def pairs(content: Mapping[str, Any]) -> list[str]:
    """The lines ``key = value``. Raises NotImplementedError for a value that TOML does not have."""
    return [f"{toml_key(key)} = {toml_value(value)}" for key, value in content.items()]


def toml_key(key: str) -> str:
    """A key, in quotes if it needs them."""
    return key if _BARE.fullmatch(key) else _basic(key)


def _basic(text: str) -> str:
    """A text as TOML: JSON's escapes are TOML's too; TOML alone wants DEL escaped as well."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _literal(text: str) -> str:
    """A text as TOML that needs no escapes; empty if none has to be, or there is no way."""
    if not set(text) & set('"\\') or not text.isprintable():
        return ""
    if "'" not in text:
        return f"'{text}'"
    return "" if "'''" in text or text.startswith("'") or text.endswith("'") else f"'''{text}'''"


def toml_value(value: object) -> str:
    """A value; tables are written inline. Raises NotImplementedError for what TOML does not have."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:g}" if value.is_integer() else repr(value)
    if isinstance(value, str):
        return _literal(value) or _basic(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(pairs(value)) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(toml_value(each) for each in value) + "]"
    raise NotImplementedError(f"cannot write a {type(value).__name__} as TOML")
