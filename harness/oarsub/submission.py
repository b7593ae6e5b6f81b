"""An ``oarsub`` line as a scenario file may hold it, read just as far as the harness must know it.

The line itself is executed as it stands by its user, but for what no file can know: dates and job ids.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from harness.model import bounds
from harness.model.combination import did_you_mean
from harness.model.fault import ConfigurationFault
from harness.oarsub.command_line import CommandLine, read_command_line
from harness.oarsub.job_types import INNER, container_of, dated, is_noop
from harness.oarsub.option_parser import options
from harness.oarsub.reservation import DATE, Reservation, read_relative, seconds_after

_NOT_HERE = {
    "interactive": ("an interactive job needs a terminal", "write a command in place of -I"),
    "connect": ("-C connects to a running job, it submits none", "remove the job"),
    "help": ("--help submits no job", "remove it"),
    "version": ("--version submits no job", "remove it"),
    "resubmit": ("--resubmit needs a job id, which no file can know", "write the job out again"),
    "scanscript": ("-S hides options in a script", "write them on the line"),
    **{
        name: (f"--{name} hides the job id from the harness", "remove it")
        for name in ("xml", "yaml", "json", "dumper")
    },
}


@dataclass(frozen=True, slots=True)
class Submission:
    """What the harness must know of an ``oarsub`` line.

    :ivar argv: the line's words, ``oarsub`` first.
    :ivar array: number of the array's elements; 1 for an ordinary job.
    :ivar reservation: that of ``-r``, else None.
    :ivar after: names of the jobs it depends on (``-a``).
    :ivar container: name of the container job it runs in (``-t inner=…``), or empty.
    :ivar types: the values of ``-t``.
    :ivar queue: that of ``-q``, or empty.
    """

    argv: tuple[str, ...]
    array: int = 1
    reservation: Reservation | None = None
    after: tuple[str, ...] = ()
    container: str = ""
    types: tuple[str, ...] = ()
    queue: str = ""

    @property
    def line(self) -> str:
        """The line again, quoted for a shell."""
        double = any("'" in word for word in self.argv)
        return " ".join(_quoted(word, double) for word in self.argv)

    @property
    def noop(self) -> bool:
        """Whether it is of the type ``noop``: it needs no node, and ends at its walltime or by ``oardel``."""
        return is_noop(self.types)


def _quoted(word: str, double: bool) -> str:
    """A word for a shell, in double quotes if wished (SQL's own stay readable in those) and if they can hold it."""
    quoted = shlex.quote(word)
    return quoted if quoted == word or not double or set(word) & set('"$`\\!') else f'"{word}"'


def parse_oarsub(line: str, *, files: Mapping[str, str] | None = None, where: str = "") -> Submission:
    """What an ``oarsub`` line submits; raises ConfigurationFault if a scenario file cannot have it.

    :param files: the scenario's ``[files]``, for the file of ``--array-param-file``.
    :param where: file and line, for the words of the fault.

    >>> submission = parse_oarsub("oarsub --array 3 -r '+0:10:00' -t inner=box 'sleep 60'")
    >>> submission.array, submission.reservation, submission.container
    (3, Reservation(start=600, stop=None), 'box')
    """
    try:
        return _parse(line, files or {})
    except ConfigurationFault as fault:
        what, remedy = (" ".join(text.splitlines()) for text in (fault.what, fault.remedy))
        raise ConfigurationFault(what, where=where, remedy=remedy) from None


def _parse(text: str, files: Mapping[str, str]) -> Submission:
    try:
        argv = tuple(shlex.split(text))
    except ValueError as error:
        raise ConfigurationFault(f"cannot read {text!r}: {error}", remedy="close the quotes") from None
    if not argv or argv[0] != "oarsub":
        raise ConfigurationFault(
            f"{text!r} does not begin with oarsub", remedy="write for example oarsub -l core=1 …"
        )
    line = read_command_line(argv)
    for name in line.values:
        if name in _NOT_HERE:
            what, remedy = _NOT_HERE[name]
            raise ConfigurationFault(what, remedy=remedy)
    for entry in line.types:
        if date := dated(entry):
            seconds_after(date[1], f"-t {date[0]}=")
    reservation = line.last("reservation")
    submission = Submission(
        argv,
        array=_array(line, files),
        reservation=None if reservation is None else read_relative(reservation),
        after=tuple(map(_job_name, line.all("anterior"))),
        container=container_of(line.types),
        types=line.types,
        queue=line.last("queue") or "",
    )
    if len(line.commands) != 1 and not (submission.reservation or submission.noop):
        raise ConfigurationFault(
            f"oarsub takes one command, not {len(line.commands)}" if line.commands else "there is no command",
            remedy="write it in quotes, as in oarsub -l core=1 'sleep 600'",
        )
    return submission


def _array(line: CommandLine, files: Mapping[str, str]) -> int:
    name = line.last("array-param-file")
    if name is not None:
        if name not in files:
            raise ConfigurationFault(
                f"the parameter file {name!r} is not in [files]", remedy=f'add [files] "{name}" = "…"'
            )
        # As read_array_param_file of OAR2 (OAR::Sub) counts: comments and blank lines are no elements.
        count = sum(bool(row.partition("#")[0].strip()) for row in files[name].splitlines())
        text = str(count)
    else:
        given = line.last("array")
        text = "1" if given is None else given
    if not re.fullmatch(r"0*[1-9]\d*", text, re.A):
        raise ConfigurationFault(f"an array of {text!r} jobs", remedy="count from 1")
    if len(text.lstrip("0")) > 9 or int(text) > bounds.JOBS:
        raise ConfigurationFault(f"an array of {text} jobs", remedy=f"write at most {bounds.JOBS:,}")
    return int(text)


def _job_name(name: str) -> str:
    if name.isdigit():
        raise ConfigurationFault(f"-a {name}: no file can know a job id", remedy="write the other job's name")
    if "," in name:
        raise ConfigurationFault(
            f"-a {name}: oarsub of OAR2 takes a job and nothing else", remedy=f"write -a {name.partition(',')[0]}"
        )
    return name


def with_reservation(argv: Sequence[str], epoch: int, tz: tzinfo) -> tuple[str, ...]:
    """``argv`` with every relative time turned into the date ``oarsub`` wants.

    Those are the start and end of ``-r``, and ``-t postpone=``, ``deadline=`` and ``expire=``, written ``+0:20:00``.

    :param epoch: the moment they count from, epoch seconds.
    :param tz: the time zone of the machine ``oarsub`` runs on.
    """

    def date(text: str, option: str) -> str:
        if not text.strip().startswith("+"):
            return text.strip()
        return datetime.fromtimestamp(epoch + seconds_after(text, option), tz).strftime(DATE)

    changed = list(argv)
    for option in options(argv):
        if option.name == "reservation":
            value = ", ".join(date(part, "-r") for part in option.value.split(","))
        elif option.name == "type" and (found := dated(option.value)):
            value = f"{found[0]}={date(found[1], '-t')}"
        else:
            continue
        changed[option.index] = changed[option.index][: option.offset] + value
    return tuple(changed)


def with_dependencies(argv: Sequence[str], ids: Mapping[str, int]) -> tuple[str, ...]:
    """``argv`` with the job names of ``-a`` and ``-t inner=`` replaced by job ids.

    ``oarsub`` of OAR2 takes one plain job id an ``-a`` (``anterior|a=i``); the option may be repeated.
    Raises ConfigurationFault for a name that has no id.
    """
    changed = list(argv)
    for option in options(argv):
        name, prefix = option.value, ""
        if option.name == "type" and option.value.startswith(INNER):
            name, prefix = option.value.removeprefix(INNER), INNER
        elif option.name != "anterior":
            continue
        if name not in ids:
            raise ConfigurationFault(f"no job {name!r} was submitted", remedy=did_you_mean(name, ids))
        changed[option.index] = f"{changed[option.index][: option.offset]}{prefix}{ids[name]}"
    return tuple(changed)
