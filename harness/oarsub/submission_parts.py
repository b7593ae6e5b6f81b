"""What an ``oarsub`` line asks for, taken apart and put together again: what generating and shrinking work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.model.job import value_of_type
from harness.oarsub.command_line import read_command_line
from harness.oarsub.reservation import Reservation
from harness.oarsub.resource_request import Alternative
from harness.oarsub.submission import Submission, parse_oarsub

_FIELDS = frozenset(
    ("resource", "property", "type", "queue", "name", "project", "anterior", "reservation", "array", "hold", "")
)
"""Options that have a field of their own."""


@dataclass(frozen=True, slots=True)
class Ask:
    """An ``oarsub`` line by its meaning.

    :ivar alternatives: the values of ``-l``; none: the server's default request.
    :ivar condition: that of ``-p``. :ivar label: that of ``-n``.
    :ivar others: options that are none of these, as words.
    :ivar commands: the words that are no options; one, or none for a reservation.
    """

    alternatives: tuple[Alternative, ...] = ()
    condition: str = ""
    types: tuple[str, ...] = ()
    queue: str = ""
    label: str = ""
    project: str = ""
    after: tuple[str, ...] = ()
    reservation: Reservation | None = None
    array: int = 1
    hold: bool = False
    others: tuple[str, ...] = ()
    commands: tuple[str, ...] = ("sleep 600",)

    def type(self, name: str) -> str | None:
        """The value of the type ``name``; "" if it has none, None if it is not asked for."""
        return value_of_type(self.types, name)

    @property
    def argv(self) -> tuple[str, ...]:
        """The words of the line, ``oarsub`` first."""
        words = ["oarsub"]
        for option, value in (
            ("-q", self.queue),
            ("-n", self.label),
            ("--project", self.project),
            ("-p", self.condition),
            ("-r", str(self.reservation or "")),
            ("--array", str(self.array) if self.array > 1 else ""),
        ):
            words += [option, value] if value else []
        for option, values in (("-t", self.types), ("-a", self.after), ("-l", map(str, self.alternatives))):
            for value in values:
                words += [option, value]
        return (*words, *(["--hold"] if self.hold else []), *self.others, *self.commands)

    def submission(self, files: Mapping[str, str] | None = None) -> Submission:
        """The line as scenario files keep it; raises ConfigurationFault if none can have it."""
        return parse_oarsub(Submission(self.argv).line, files=files)


def read_ask(submission: Submission) -> Ask:
    """What a line asks for; raises ValueError for a ``-l`` that is not of the usual form, or leaves out the levels.

    >>> ask = read_ask(parse_oarsub("oarsub -l core=2,walltime=1 --checkpoint 60 x"))
    >>> ask.alternatives[0].seconds, ask.others, ask.submission().line
    (3600, ('--checkpoint=60',), 'oarsub -l /core=2,walltime=1:00:00 --checkpoint=60 x')
    """
    line = read_command_line(submission.argv)
    alternatives = line.alternatives()
    if not all(group.levels for each in alternatives for group in each.groups):
        raise ValueError("cannot read a request for the levels of the server's default")
    return Ask(
        alternatives=alternatives,
        condition=line.last("property") or "",
        types=line.types,
        queue=line.last("queue") or "",
        label=line.last("name") or "",
        project=line.last("project") or "",
        after=submission.after,
        reservation=submission.reservation,
        array=int(line.last("array") or 1),
        hold="hold" in line.values,
        # A flag's value is always empty, and no valued option left over takes an empty one.
        others=tuple(
            f"--{each.name}={each.value}" if each.value else f"--{each.name}"
            for each in line.options
            if each.name not in _FIELDS
        ),
        commands=line.commands,
    )
