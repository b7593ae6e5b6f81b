"""What stands for each value of a column that passes: as it is, or its pseudonym."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection

from harness.model.cluster import SYSTEM_COLUMNS
from harness.site_import.conditions import Conditions
from harness.site_import.copy_text import NULL, decode_bytes, encode
from harness.site_import.passing_columns import As
from harness.site_import.pseudonyms import Pseudonyms

Rename = Callable[[bytes], bytes]

_PLAIN_TYPES = frozenset(
    (
        *("besteffort", "deploy", "cosystem", "noop", "container", "idempotent", "desktop_computing", "timesharing"),
        *("inner", "placeholder", "allowed", "token", "postpone", "deadline", "expire"),
    )
)
"""Types of jobs that OAR2 knows (its admission rule 16)."""
_TYPE = re.compile(r"([A-Za-z_]\w*)(?::(\w+))?(?:=(.*))?", re.S)
_PLAIN_VALUE = {
    "timesharing": re.compile(r"(\*|user|name)(,(\*|user|name))?"),
    "deploy": re.compile("standby"),
    "cosystem": re.compile("standby"),
    "noop": re.compile("standby"),
    "inner": re.compile(r"\d+"),
    "token": re.compile(r"\d+"),
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]+\d\d:\d\d(:\d\d)?)?")
_CACHED = 200_000


class Cache(dict[bytes, bytes]):
    """Remembers what stands for a field, for as many fields as fit into little memory."""

    def __init__(self, rename: Rename) -> None:
        super().__init__()
        self._rename = rename

    def __missing__(self, field: bytes) -> bytes:
        if len(self) >= _CACHED:
            self.clear()
        found = self[field] = self._rename(field)
        return found


class Renamer:
    """Pseudonyms for the fields of rows.

    :param columns: the columns of ``resources``.
    :param queues: the queues that there are.
    :ivar users: those that were seen. :ivar projects: likewise.
    :ivar lost: what does not mean quite the same any more, and how many conditions, words or types it was.
    """

    def __init__(
        self, pseudonyms: Pseudonyms, conditions: Conditions, columns: Collection[str], queues: Collection[str]
    ) -> None:
        self.pseudonyms = pseudonyms
        self.conditions = conditions
        self.lost: Counter[str] = Counter()
        self.users: set[str] = set()
        self.projects: set[str] = set()
        self._columns = frozenset(columns) | SYSTEM_COLUMNS
        self._queues = frozenset(queues)
        self._of: dict[As, Callable[[str], str | None]] = {
            As.USER: self._user,
            As.PROJECT: self._project,
            As.NAME: pseudonyms.name,
            As.COMMAND: pseudonyms.command,
            As.FOLDER: pseudonyms.path,
            As.HOST: pseudonyms.host,
            As.CONDITION: self._condition,
            As.TYPE: self.job_type,
            As.ATTRIBUTE: self._attribute,
            As.QUEUE: self._queue,
        }

    def cache(self, kind: As, encoding: str) -> Cache | None:
        """What renames the fields of such a column; None where they stay as they are."""
        rename = self._of.get(kind)
        if rename is None:
            return None

        def renamed(field: bytes) -> bytes:
            value = decode_bytes(field)
            if value is None:
                return NULL
            return encode(rename(value.decode(encoding, "backslashreplace")))

        return Cache(renamed)

    def job_type(self, word: str) -> str:
        """A type of a job: OAR's own stay, and the names in them become pseudonyms."""
        pseudonyms = self.pseudonyms
        if pseudonyms.keep:
            return word
        match = _TYPE.fullmatch(word)
        if not match:
            return pseudonyms.of("type", word)
        key, token, value = match.groups()
        if key not in _PLAIN_TYPES:
            told = pseudonyms.of("type", key)
            return told if value is None else f"{told}={pseudonyms.value(value)}"
        told = key if token is None else f"{key}:{pseudonyms.of('word', token)}"
        if value is None:
            return told
        plain = _PLAIN_VALUE.get(key)
        if (plain and plain.fullmatch(value)) or _DATE.fullmatch(value.strip("\"'")):
            return f"{told}={value}"
        return f"{told}={pseudonyms.name(value)}"

    def type_key(self, word: str) -> str:
        """A type of jobs as quotas name it; ``*`` stays."""
        return word if word in ("*", "/") else self.job_type(word)

    def queue(self, word: str) -> str:
        """A queue that there is stays; one that is no more becomes a pseudonym."""
        return word if word in self._queues or self.pseudonyms.keep or not word else self.pseudonyms.of("word", word)

    def _user(self, word: str) -> str:
        if len(self.users) < _CACHED:
            self.users.add(word)
        return self.pseudonyms.user(word)

    def _project(self, word: str) -> str:
        if len(self.projects) < _CACHED:
            self.projects.add(word)
        return self.pseudonyms.project(word)

    def _queue(self, word: str) -> str:
        found = self.queue(word)
        if found != word:
            self.lost["a queue that is no more has a pseudonym"] += 1
        return found

    def _condition(self, text: str) -> str | None:
        if not text.strip():
            return text
        renamed = self.conditions.renamed(text)
        if renamed.lost:
            self.lost[renamed.lost] += 1
        return renamed.text

    def logged(self, attribute: str, word: str) -> str:
        """What stands for a value that a column of ``resources`` had."""
        return self.conditions.value(attribute, word)

    def _attribute(self, word: str) -> str:
        if word.lower() in self._columns:
            return word
        self.lost["a level or attribute that is no column of resources has a pseudonym"] += 1
        return self.pseudonyms.of("word", word)
