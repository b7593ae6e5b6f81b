"""An ``oarsub`` command line, read once: what every view of it begins with.

The views are :mod:`~harness.oarsub.submission` (what a scenario file may hold), :mod:`~harness.oarsub.request` (what
goes into the database) and :mod:`~harness.oarsub.submission_parts` (what generating and shrinking change).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.oarsub.job_types import is_noop
from harness.oarsub.option_parser import FoundOption, options
from harness.oarsub.resource_request import Alternative, read_alternative


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The options of a line.

    :ivar options: all of them, in their order.
    :ivar values: the values of each, in their order, by full name; "" for the words that are no options.
    """

    options: tuple[FoundOption, ...]
    values: Mapping[str, tuple[str, ...]]

    def all(self, name: str) -> tuple[str, ...]:
        """The values of an option that may be repeated."""
        return self.values.get(name, ())

    def last(self, name: str) -> str | None:
        """The value that counts of an option that may not be repeated; None if it is not given."""
        return self.values[name][-1] if name in self.values else None

    @property
    def types(self) -> tuple[str, ...]:
        """The values of ``-t``."""
        return self.all("type")

    @property
    def noop(self) -> bool:
        """Whether the job is of the type ``noop``."""
        return is_noop(self.types)

    @property
    def commands(self) -> tuple[str, ...]:
        """The words that are no options."""
        return self.all("")

    def alternatives(self) -> tuple[Alternative, ...]:
        """What each ``-l`` asks for; raises ValueError if one is not of the usual form."""
        return tuple(map(read_alternative, self.all("resource")))


def read_command_line(argv: Sequence[str]) -> CommandLine:
    """The line of those words, ``oarsub`` first; raises ConfigurationFault for options that ``oarsub`` has not.

    >>> line = read_command_line(["oarsub", "-t", "noop", "-l", "core=2", "sleep 10"])
    >>> line.noop, line.commands, str(line.alternatives()[0])
    (True, ('sleep 10',), '/core=2')
    """
    found = tuple(options(argv))
    values: dict[str, list[str]] = {}
    for option in found:
        values.setdefault(option.name, []).append(option.value)
    return CommandLine(found, {name: tuple(each) for name, each in values.items()})
