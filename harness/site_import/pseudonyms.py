"""Pseudonyms: the same word has the same one everywhere and always, and without the key nobody gets back."""

from __future__ import annotations

import hmac
import os
import re
import secrets
from functools import lru_cache
from pathlib import Path

from harness.model.fault import ConfigurationFault
from harness.model.reading import is_file, named, read_bytes

KEY_BYTES = 32
_SIGNS = 15
"""Hexadecimal digits of a pseudonym, 60 bits: of a million names two share one with a chance of 1 to 2 million."""

_KEPT_USERS = frozenset(("root", "oar", ""))
_KEPT_PROJECTS = frozenset(("default", ""))
_HARMLESS = re.compile(r"-?\d{1,15}(\.\d{1,9})?|YES|NO|yes|no|Yes|No|true|false|on|off|none|None|any|all|default|")
_FOLDER = "/"

WORDS = {
    "user": "user_",
    "project": "project_",
    "name": "name_",
    "command": "command_",
    "host": "host-",
    "value": "value_",
    "type": "type_",
    "path": "/path_",
    "mail": "mail_",
    "word": "word_",
}
"""Kinds of what has pseudonyms, and how those begin. A host's has no ``_``, which no host name may have."""


class Pseudonyms:
    """What stands for each word.

    :param key: the site's key; whoever has it can find out which pseudonym belongs to a word.
    :param keep: whether users, projects, names of jobs, hosts and values of properties stay as they are. Commands,
        paths, e-mail addresses and words of free text never do, since they may hold passwords.
    """

    def __init__(self, key: bytes, *, keep: bool = False) -> None:
        self._key = key
        self.keep = keep
        self._of = lru_cache(maxsize=200_000)(self._made)

    def of(self, kind: str, word: str) -> str:
        """The pseudonym of a word of that kind, of :data:`WORDS`."""
        return self._of(kind, word)

    def user(self, word: str) -> str:
        """A Unix user; ``root`` and ``oar`` stay."""
        return word if self.keep or word in _KEPT_USERS else self._of("user", word)

    def project(self, word: str) -> str:
        """A project; ``default`` stays."""
        return word if self.keep or word in _KEPT_PROJECTS else self._of("project", word)

    def name(self, word: str) -> str:
        """The name that a user gave to a job, or to a container."""
        return word if self.keep or not word else self._of("name", word)

    def host(self, word: str) -> str:
        """A node's address."""
        return word if self.keep or not word else self._of("host", word)

    def value(self, word: str) -> str:
        """A value of a property; numbers, ``YES``, ``NO`` and their like stay."""
        return word if self.keep or _HARMLESS.fullmatch(word) else self._of("value", word)

    def command(self, word: str) -> str:
        """A command line."""
        return self._made("command", word) if word else word

    def path(self, word: str) -> str:
        """A folder or file."""
        return self._of("path", word) if word and word != _FOLDER else word

    def _made(self, kind: str, word: str) -> str:
        data = f"{kind}\0{word}".encode("utf-8", "surrogatepass")
        digest = hmac.digest(self._key, data, "sha256")
        return WORDS[kind] + digest.hex()[:_SIGNS]


def usual_key() -> Path:
    """Where the key lies if nobody says where."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "oar-compat" / "pseudonyms.key"


def read_key(path: Path, folder: Path) -> tuple[bytes, bool]:
    """The key of a file, made there if there is none, and whether it was made.

    Raises ConfigurationFault where it lies in the folder that is written, where others may read it, or is no key.
    """
    if path.resolve().is_relative_to(folder.resolve()):
        raise ConfigurationFault(
            "the key would lie in the site's folder, which is handed on",
            where=f"--key {named(path)}",
            remedy="keep it elsewhere",
        )
    if not is_file(path) and not path.exists():
        return _make_key(path), True
    data = read_bytes(path, most=4096)
    if path.stat().st_mode & 0o077:
        raise ConfigurationFault(
            "others may read or write the key of the pseudonyms", where=named(path), remedy=f"chmod 600 {named(path)}"
        )
    try:
        key = bytes.fromhex(data.decode("ascii").strip())
    except (UnicodeDecodeError, ValueError):
        key = b""
    if len(key) < KEY_BYTES:
        raise ConfigurationFault(
            "this is no key of pseudonyms", where=named(path), remedy=f"it has {2 * KEY_BYTES} hexadecimal digits"
        )
    return key, False


def _make_key(path: Path) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
    except OSError as error:
        raise ConfigurationFault(
            f"cannot write the key: {error.strerror or error}", where=named(path), remedy="give another by --key"
        ) from None
    return key
