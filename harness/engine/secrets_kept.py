"""Words that are in no log: the passwords of lanes, each known from the moment it is made."""

from __future__ import annotations

_HIDDEN = "(hidden)"
_secrets: set[str] = set()


def keep_secret(*words: str) -> None:
    """Let these words be hidden in every log of this process."""
    _secrets.update(word for word in words if word)


def without_secrets(text: str) -> str:
    """The text, with ``(hidden)`` in place of each secret."""
    for word in tuple(_secrets):
        if word in text:
            text = text.replace(word, _HIDDEN)
    return text
