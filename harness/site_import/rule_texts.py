"""Admission rules with pseudonyms: Perl whose words stay only if they are Perl's, OAR's or the site's own levels.

A rule is not understood, only taken apart into words: each that is not known to be harmless is replaced, everywhere
by the same pseudonym, so that lists of users, comparisons and the names of variables go together as before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from harness.site_import.perl_words import WORDS
from harness.site_import.pseudonyms import Pseudonyms
from harness.workload.admission_rules import USUAL_RULES, rule_hash

_COMMENT = re.compile(r"^[ \t]*#[^\n]*(?:\n|\Z)", re.M)
_TRAILING = re.compile(r"(?<=[;{},])[ \t]+#[^\n]*")
_TOKEN = re.compile(
    r"""\\(?P<escape>.)                                      # \n, \s: a sign of a text or a pattern
      | (?P<call>(?:->|::)\s*)(?P<called>[A-Za-z_]\w*)       # a method, a function of a module
      | (?P<host>(?<![\w$@%])[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)+(?!\w))
      | (?P<word>[^\W_]\w*|_\w+)""",
    re.X | re.S,
)
_DECLARED = re.compile(r"\b(?:my|our|local)\b\s*(\([^)]*\)|[$@%]\w+)|\bsub\s+(\w+)", re.A)
_NAME = re.compile(r"[A-Za-z_]\w*", re.A)
_NUMBER = re.compile(r"\d{1,12}(?:[smhdkKMGTw]|ms|[KMGT]i?B)?")
_SHORT = re.compile(r"[a-zA-Z]|0x[0-9a-f]{1,4}")
_MODIFIERS = re.compile(r"[gimsx]{2,3}|g?ee?g?")
"""What may follow the end of a pattern; elsewhere these are words like others."""
_NUMBERS = re.compile(r"\d+(?:[.-]\d+)*")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_SECRET = re.compile(
    r"""((?:pass(?:word|wd|phrase)?|secret|token|api_?key|credential)\w*["']?\s*(?:=>|=|,)\s*)(["'])(?:(?!\2).)+\2""",
    re.I | re.S,
)
_CONNECT = re.compile(
    r"""(?<=connect)\s*\(\s*(?:"[^"]*"|'[^']*'|[^'"();,]+)((?:\s*,\s*(?:"[^"]*"|'[^']*'|[^'"();]+))+)"""
)
_QUOTED = re.compile(r"""(["'])(?:(?!\1).)*\1""", re.S)
_READS = re.compile(r"""["'<\s]((?:/[\w.+-]+){2,}/?)["'\s]""", re.A)


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule with pseudonyms.

    :ivar usual: whether it is one of Debian's, and stays as it is.
    :ivar comments: how many comments were left out. :ivar words: how many words have pseudonyms.
    :ivar reads: how many files it names.
    """

    text: str
    usual: bool = False
    comments: int = 0
    words: int = 0
    reads: int = 0


class RuleTexts:
    """Rewrites rules.

    :param plain: words of the site that stay: queues, properties, types of resources.
    :param known: the pseudonym of a word of which it is known what it is: a user, a project, a host, a value.
    """

    def __init__(self, pseudonyms: Pseudonyms, plain: Collection[str], known: Callable[[str], str | None]) -> None:
        self._pseudonyms = pseudonyms
        self._plain = WORDS | frozenset(plain)
        self._known = known

    def renamed(self, text: str) -> RuleText:
        """The rule as it may leave production."""
        usual = rule_hash(text) in USUAL_RULES
        reads = len(set(_READS.findall(text)))
        if usual:
            return RuleText(text, usual=True, reads=reads)
        if self._pseudonyms.keep:
            masked = _SECRET.sub(r"\1\2removed\2", _CONNECT.sub(_without_texts, text))
            return RuleText(masked, reads=reads, words=int(masked != text))
        bare, comments = _COMMENT.subn("", text)
        bare, more = _TRAILING.subn(self._trailing, bare)
        declared = {
            name
            for match in _DECLARED.finditer(bare)
            for name in _NAME.findall(match[1] or match[2] or "")
            if self._known(name) is None
        }
        self._count = 0
        keep = self._plain | declared
        out = _TOKEN.sub(lambda match: self._token(match, keep), bare)
        return RuleText(out, comments=comments + more, words=self._count, reads=reads)

    @staticmethod
    def _trailing(match: re.Match[str]) -> str:
        line = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
        # A # behind an open quote is no comment; what of its words is not known is renamed all the same.
        return match[0] if line.count('"') % 2 or line.count("'") % 2 else ""

    def _token(self, match: re.Match[str], keep: frozenset[str] | set[str]) -> str:
        if match["escape"] is not None:
            return match[0]
        if match["called"] is not None:
            return match["call"] + match["called"]
        if (host := match["host"]) is not None:
            if (known := self._known(host)) is not None:
                self._count += 1
                return known
            if _ADDRESS.fullmatch(host):
                self._count += 1
                return self._pseudonyms.host(host)
            if _NUMBERS.fullmatch(host):
                return host
            return re.sub(r"[A-Za-z0-9]+", lambda part: self._word(part[0], keep), host)
        behind = match.start() > 0 and match.string[match.start() - 1] in "/}"
        if behind and _MODIFIERS.fullmatch(match["word"]):
            return match["word"]
        return self._word(match["word"], keep)

    def _word(self, word: str, keep: frozenset[str] | set[str]) -> str:
        known = self._known(word)
        if known is not None and word not in self._plain:
            self._count += 1
            return known
        if word in keep or _NUMBER.fullmatch(word) or _SHORT.fullmatch(word):
            return word
        self._count += 1
        return self._pseudonyms.of("word", word)


def _without_texts(match: re.Match[str]) -> str:
    """What DBI's connect is given, without user and password."""
    first = match[0][: len(match[0]) - len(match[1])]
    return first + _QUOTED.sub(lambda text: f"{text[1]}removed{text[1]}", match[1])
