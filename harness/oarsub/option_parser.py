"""The options of an ``oarsub`` command line, found as ``oarsub`` itself finds them.

After the ``GetOptions`` of ``oarsub`` 2.6.1 (its section *Main*): ``gnu_getopt``, so options may be bundled,
abbreviated, and stand after the command.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.model.combination import did_you_mean
from harness.model.fault import ConfigurationFault

VALUED = {
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
"""The options that take a value: their short forms by their full names, empty if there is none."""

FLAGS = {
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
"""The options without a value: their short forms by their full names, empty if there is none."""


@dataclass(frozen=True, slots=True)
class FoundOption:
    """An option found in ``argv``: its value is ``argv[index][offset:]``."""

    name: str
    value: str
    index: int
    offset: int


def _long(word: str) -> str:
    """The full name of a long option, which may be abbreviated (Getopt::Long)."""
    wanted, known = word.lower(), (*VALUED, *FLAGS)
    matches = [wanted] if wanted in known else [name for name in known if name.startswith(wanted)]
    if len(matches) == 1:
        return matches[0]
    hint = "write it out: --" + " or --".join(matches) if matches else did_you_mean(word, known)
    raise ConfigurationFault(f"oarsub knows no option --{word}", remedy=hint)


def options(argv: Sequence[str]) -> Iterator[FoundOption]:
    """The options of a line in their order; a word that is none is an option without a name.

    Raises ConfigurationFault for an option that ``oarsub`` does not know, or one that lacks its value.

    >>> [(each.name, each.value) for each in options(["oarsub", "-vl", "core=1", "--proj=p", "x"])]
    [('v', ''), ('resource', 'core=1'), ('project', 'p'), ('', 'x')]
    """
    shorts = {short: name for name, short in (*VALUED.items(), *FLAGS.items()) if short}
    index = 1
    while index < len(argv):
        word, here = argv[index], index
        index += 1
        if word == "--":
            for rest in range(index, len(argv)):
                yield FoundOption("", argv[rest], rest, 0)
            return
        if word.startswith("--"):
            spelled, equals, value = word[2:].partition("=")
            name = _long(spelled)
            if name in FLAGS:
                yield FoundOption(name, value, here, len(word))
            elif equals:
                yield FoundOption(name, value, here, len(spelled) + 3)
            else:
                yield FoundOption(name, _value(argv, index, word), index, 0)
                index += 1
        elif word.startswith("-") and len(word) > 1:
            for at, letter in enumerate(word[1:], 1):
                if letter not in shorts:
                    raise ConfigurationFault(f"oarsub knows no option -{letter}", remedy="see oarsub --help")
                name = shorts[letter]
                if name in FLAGS:
                    yield FoundOption(name, "", here, at + 1)
                    continue
                if word[at + 1 :]:
                    yield FoundOption(name, word[at + 1 :], here, at + 1)
                else:
                    yield FoundOption(name, _value(argv, index, f"-{letter}"), index, 0)
                    index += 1
                break
        else:
            yield FoundOption("", word, here, 0)


def _value(argv: Sequence[str], index: int, option: str) -> str:
    if index < len(argv):
        return argv[index]
    raise ConfigurationFault(f"{option} has no value", remedy="write one after it")
