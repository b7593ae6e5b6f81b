"""The options of an ``oarsub`` command line, found as ``oarsub`` itself finds them.

After the ``GetOptions`` of ``oarsub`` 2.6.1 (its section *Main*): ``gnu_getopt``, so options may be bundled,
abbreviated, and stand after the command.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.model.combination import did_you_mean
from harness.model.fault import ConfigurationFault

_VALUED = {
    "resource": "l",
    "queue": "q",
    "property": "p",
    "reservation": "r",
    "checkpoint": "",
    "notify": "",
    "type": "t",
    "directory": "d",
    "name": "n",
    "project": "",
    "array": "",
    "array-param-file": "",
    "anterior": "a",
    "signal": "",
    "stdout": "O",
    "stderr": "E",
    "resubmit": "",
    "import-job-key-inline-priv": "",
    "import-job-key-from-file": "i",
    "export-job-key-to-file": "e",
}
_FLAGS = {
    "interactive": "I",
    "connect": "C",
    "help": "h",
    "hold": "",
    "scanscript": "S",
    "xml": "X",
    "yaml": "Y",
    "json": "J",
    "dumper": "D",
    "use-job-key": "k",
    "version": "V",
    "v": "v",
}
_LONG = (*_VALUED, *_FLAGS)
_SHORT = {short: name for name, short in {**_VALUED, **_FLAGS}.items() if short}


@dataclass(frozen=True, slots=True)
class Option:
    """An option found in ``argv``: its value is ``argv[index][offset:]``."""

    name: str
    value: str
    index: int
    offset: int


def _long(word: str) -> str:
    """The full name of a long option, which may be abbreviated (Getopt::Long)."""
    wanted = word.lower()
    matches = [wanted] if wanted in _LONG else [name for name in _LONG if name.startswith(wanted)]
    if len(matches) == 1:
        return matches[0]
    hint = "write it out: --" + " or --".join(matches) if matches else did_you_mean(word, _LONG)
    raise ConfigurationFault(f"oarsub knows no option --{word}", remedy=hint)


def options(argv: Sequence[str]) -> Iterator[Option]:
    """The options, then each word that is none, as an option without name."""
    index = 1
    while index < len(argv):
        word, here = argv[index], index
        index += 1
        if word == "--":
            for rest in range(index, len(argv)):
                yield Option("", argv[rest], rest, 0)
            return
        if word.startswith("--"):
            spelled, equals, value = word[2:].partition("=")
            name = _long(spelled)
            if name in _FLAGS:
                yield Option(name, value, here, len(word))
            elif equals:
                yield Option(name, value, here, len(spelled) + 3)
            else:
                yield Option(name, _value(argv, index, word), index, 0)
                index += 1
        elif word.startswith("-") and len(word) > 1:
            for at, letter in enumerate(word[1:], 1):
                if letter not in _SHORT:
                    raise ConfigurationFault(f"oarsub knows no option -{letter}", remedy="see oarsub --help")
                name = _SHORT[letter]
                if name in _FLAGS:
                    yield Option(name, "", here, at + 1)
                    continue
                if word[at + 1 :]:
                    yield Option(name, word[at + 1 :], here, at + 1)
                else:
                    yield Option(name, _value(argv, index, f"-{letter}"), index, 0)
                    index += 1
                break
        else:
            yield Option("", word, here, 0)


def _value(argv: Sequence[str], index: int, option: str) -> str:
    if index < len(argv):
        return argv[index]
    raise ConfigurationFault(f"{option} has no value", remedy="write one after it")
