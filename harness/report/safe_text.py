"""Text from outside (job names, log lines) made safe to show: no control characters, no lone surrogates."""

from __future__ import annotations

import re

_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
# XML 1.0's Char production, turned round; C1 controls too, which terminals obey.
_ILLEGAL = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """``text`` with terminal sequences dropped and everything XML 1.0 does not allow shown as ``\\xNN``.

    Line ends become ``\\n``; tabs and newlines stay.
    """
    text = _ESCAPE_SEQUENCE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub("[\u0085\u2028\u2029\x0b\x0c]", "\n", text)
    # A name that reorders what stands beside it would let a report lie.
    return _ILLEGAL.sub(_code, _BIDI.sub(_code, text))


def one_line(text: str) -> str:
    """``text`` printable and on one line, runs of white space made one blank."""
    return " ".join(printable(text).split())


def last_lines(text: str, count: int = 20) -> str:
    """The last ``count`` lines of a log, printable; says how many were left out."""
    lines = printable(text).rstrip("\n").split("\n")
    if len(lines) <= count:
        return "\n".join(lines)
    return "\n".join([f"[… {len(lines) - count} lines before]", *lines[-count:]])


def _code(match: re.Match[str]) -> str:
    point = ord(match[0])
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}"
