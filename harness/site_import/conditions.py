"""Users' SQL conditions with pseudonyms: ``host = 'n1'`` asks the renamed resources the same as before."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from harness.model.cluster import RESOURCE_STATES, SYSTEM_COLUMNS
from harness.site_import.pseudonyms import Pseudonyms

HOST_COLUMNS = frozenset(("network_address", "host", "hostname", "nodename"))
"""Columns of ``resources`` whose values are hosts, so that one host has one pseudonym."""

PLAIN_COLUMNS = SYSTEM_COLUMNS - {"network_address"}
"""Columns of OAR's own, whose values are OAR's words and stay."""

_SQL = """
    and or not in is null like ilike similar to between true false any all some exists case when then else end
    escape as cast integer int bigint text varchar numeric real float double precision lower upper substring trim
    coalesce abs mod length position strpos split_part from for regexp_match char_length isnull notnull
    greatest least round floor ceil
"""
SQL_WORDS = frozenset(_SQL.split())
"""Words of SQL that a condition may have."""
_TOKEN = re.compile(
    r"""(?P<text>[eE]?'(?:[^'\\]|''|\\.)*+')|(?P<name>"[^"]*+")|(?P<word>[A-Za-z_]\w*+)|(?P<number>\d++(?:\.\d++)?)"""
    r"""|(?P<compare><>|!=|<=|>=|[<>=])|(?P<like>!?~~?\*?)|(?P<sign>[-+*/%(),.\s]|::|\|\|)""",
    re.A | re.S,
)
_CPUSET = re.compile(r"[\d,. +-]*")
_ALIKE = ("", "=", "<>", "!=")
"""Comparisons that mean the same of pseudonyms; ``IN`` is none of these signs, and so the empty one."""
_MOST = 256
"""Values that a pattern is written out as; what fits more is left as it is not."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """A condition with pseudonyms.

    :ivar text: None: it could not be read, and asks nothing any more.
    :ivar lost: what of it does not mean quite the same; empty: all does.
    """

    text: str | None
    lost: str = ""


class Conditions:
    """Rewrites conditions.

    :param columns: the columns of ``resources``.
    :param values: values that the columns with pseudonyms have, so that patterns can be written out.
    :param types: the types of the site's resources.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        columns: Collection[str],
        values: Mapping[str, Iterable[str]] | None = None,
        types: Collection[str] = (),
    ) -> None:
        self._pseudonyms = pseudonyms
        self._columns = frozenset(columns) | SYSTEM_COLUMNS
        self._plain = frozenset((*RESOURCE_STATES, "UnChanged", "default", *types))
        self._values = {column: tuple(dict.fromkeys(found)) for column, found in (values or {}).items()}
        self.renamed = lru_cache(maxsize=50_000)(self._renamed)

    def value(self, column: str, word: str) -> str:
        """What stands for a value of a column."""
        if column in PLAIN_COLUMNS and (word in self._plain or _CPUSET.fullmatch(word)):
            return word
        return self._pseudonyms.host(word) if column in HOST_COLUMNS else self._pseudonyms.value(word)

    def _renamed(self, condition: str) -> Renamed:
        if self._pseudonyms.keep:
            return Renamed(condition)
        tokens = self._tokens(condition)
        if tokens is None:
            return Renamed(None, "a condition that cannot be read asks nothing any more")
        parts: list[str] = []
        lost = ""
        column = operator = ""
        for place, (kind, token) in enumerate(tokens):
            if kind in ("word", "name"):
                word = token.strip('"').lower()
                if word in self._columns:
                    column = word
                    parts.append(token)
                elif kind == "word" and word in SQL_WORDS:
                    operator = word if word in ("like", "ilike", "similar", "between") else operator
                    if word == "or" or (word == "and" and operator != "between"):
                        column = operator = ""
                    elif word == "and":
                        operator = "between it and"
                    parts.append(token)
                else:
                    parts.append(self._pseudonyms.of("word", word))
                    lost = lost or "a condition names what is no column of resources"
            elif kind == "like":
                operator = token
                parts.append(token)
            elif kind == "text":
                asked = column or self._following(tokens, place)
                text, loss = self._text(token, asked, operator, parts)
                parts.append(text)
                lost = lost or loss
            else:
                operator = token if kind == "compare" else operator
                parts.append(token)
        return Renamed("".join(parts), lost)

    def _tokens(self, condition: str) -> list[tuple[str, str]] | None:
        found = []
        at = 0
        while at < len(condition):
            match = _TOKEN.match(condition, at)
            if not match or condition.startswith(("--", "/*"), at):
                return None
            found.append((match.lastgroup or "", match[0]))
            at = match.end()
        return found

    def _following(self, tokens: list[tuple[str, str]], place: int) -> str:
        for kind, token in tokens[place + 1 :]:
            if kind in ("word", "name") and token.strip('"').lower() in self._columns:
                return token.strip('"').lower()
            if kind in ("word", "name"):
                break
        return ""

    def _text(self, token: str, column: str, operator: str, before: list[str]) -> tuple[str, str]:
        """What stands for a text in quotes, and what is lost by it."""
        inner = token[token.index("'") + 1 : -1].replace("''", "'")
        if token[0] in "eE":
            inner = re.sub(r"\\(.)", r"\1", inner, flags=re.S)
        renamed = self.value(column, inner) if column else self._pseudonyms.value(inner)
        quoted = _quoted(renamed)
        if renamed == inner or operator in _ALIKE:
            return quoted, ""
        if operator in ("like", "ilike") and column:
            fitting = self._fitting(column, inner, operator)
            if fitting is not None and _take_operator(before):
                return "(" + ", ".join(map(_quoted, fitting)) + ")" if fitting else "(NULL)", ""
        return quoted, "a condition compares a pseudonym by its letters"

    def _fitting(self, column: str, pattern: str, operator: str) -> list[str] | None:
        """The values, renamed, that a pattern of LIKE fits; None where they are too many, or not known."""
        if column not in self._values:
            return None
        flags = re.S | (re.I if operator == "ilike" else 0)
        parts = ("." if sign == "_" else ".*" if sign == "%" else re.escape(sign) for sign in pattern)
        fits = re.compile("".join(parts), flags)
        found = [self.value(column, value) for value in self._values[column] if fits.fullmatch(value)]
        return found if len(found) <= _MOST else None


def _take_operator(before: list[str]) -> bool:
    """Put IN in place of the LIKE that stands before."""
    for place in range(len(before) - 1, -1, -1):
        word = before[place].lower()
        if word in ("like", "ilike"):
            before[place] = "IN"
            return True
        if word.strip():
            return False
    return False


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
