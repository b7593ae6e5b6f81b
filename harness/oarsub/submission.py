"""An ``oarsub`` command line, read just as far as the harness must know it.

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
from harness.oarsub.option_parser import options
from harness.workload.duration import parse_duration

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
_DATED = re.compile(r"(postpone|deadline|expire)=(.*)", re.S)
_NOOP = re.compile(r"noop(=standby)?")


@dataclass(frozen=True, slots=True)
class Reservation:
    """An advance reservation: its start, and its end where ``-r`` gives one, in seconds after the submission."""

    start: int
    stop: int | None = None


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
        return any(_NOOP.fullmatch(entry) for entry in self.types)


def _quoted(word: str, double: bool) -> str:
    """A word for a shell, in double quotes if wished (SQL's own stay readable in those) and if they can hold it."""
    quoted = shlex.quote(word)
    return quoted if quoted == word or not double or set(word) & set('"$`\\!') else f'"{word}"'


def parse_oarsub(line: str, *, files: Mapping[str, str] | None = None, where: str = "") -> Submission:
    """What an ``oarsub`` line submits; raises ConfigurationFault where no scenario file can have it.

    :param files: the scenario's ``[files]``, where the file of ``--array-param-file`` is looked up.
    """
    try:
        return _parse(line, files or {})
    except ConfigurationFault as fault:
        what, remedy = (" ".join(text.splitlines()) for text in (fault.what, fault.remedy))
        raise ConfigurationFault(what, where=where, remedy=remedy) from None


def _parse(line: str, files: Mapping[str, str]) -> Submission:
    try:
        argv = tuple(shlex.split(line))
    except ValueError as error:
        raise ConfigurationFault(f"cannot read {line!r}: {error}", remedy="close the quotes") from None
    if not argv or argv[0] != "oarsub":
        raise ConfigurationFault(
            f"{line!r} does not begin with oarsub", remedy="write for example oarsub -l core=1 …"
        )
    found = list(options(argv))
    for option in found:
        if option.name in _NOT_HERE:
            what, remedy = _NOT_HERE[option.name]
            raise ConfigurationFault(what, remedy=remedy)
    values: dict[str, list[str]] = {}
    for option in found:
        values.setdefault(option.name, []).append(option.value)
    types = tuple(values.get("type", ()))
    for entry in types:
        if dated := _DATED.fullmatch(entry):
            _offset(dated[2], f"-t {dated[1]}=")
    submission = Submission(
        argv,
        array=_array(values, files),
        reservation=_reservation(values["reservation"][-1]) if "reservation" in values else None,
        after=tuple(_job_name(name) for name in values.get("anterior", ())),
        container=next((entry.removeprefix("inner=") for entry in types if entry.startswith("inner=")), ""),
        types=types,
        queue=values.get("queue", [""])[-1],
    )
    commands = values.get("", [])
    if len(commands) != 1 and not (submission.reservation or submission.noop):
        raise ConfigurationFault(
            f"oarsub takes one command, not {len(commands)}" if commands else "there is no command",
            remedy="write it in quotes, as in oarsub -l core=1 'sleep 600'",
        )
    return submission


def _array(values: Mapping[str, Sequence[str]], files: Mapping[str, str]) -> int:
    if names := values.get("array-param-file"):
        if names[-1] not in files:
            raise ConfigurationFault(
                f"the parameter file {names[-1]!r} is not in [files]", remedy=f'add [files] "{names[-1]}" = "…"'
            )
        # As read_array_param_file of OAR2 (OAR::Sub) counts: comments and blank lines are no elements.
        count = sum(bool(row.partition("#")[0].strip()) for row in files[names[-1]].splitlines())
        text = str(count)
    else:
        text = values.get("array", ["1"])[-1]
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


def _offset(text: str, option: str) -> int:
    text = text.strip()
    if text == "now" and option == "-r":
        return 0
    if not text.startswith("+"):
        raise ConfigurationFault(
            f'{option} "{text}": a fixed date lies in the past one day',
            remedy=f'write it relative: {option} "+0:20:00"',
        )
    return parse_duration(text[1:], what=f"time of {option}")


def _reservation(value: str) -> Reservation:
    start, comma, stop = value.partition(",")
    reservation = Reservation(_offset(start, "-r"), _offset(stop, "-r") if comma else None)
    if reservation.stop is not None and reservation.stop <= reservation.start:
        raise ConfigurationFault(f'-r "{value}" ends before it starts', remedy="write the end after the start")
    return reservation


def with_reservation(argv: Sequence[str], epoch: int, tz: tzinfo) -> tuple[str, ...]:
    """``argv`` with every relative time turned into the date ``oarsub`` wants.

    Those are the start and end of ``-r``, and ``-t postpone=``, ``deadline=`` and ``expire=``, written ``+0:20:00``.

    :param epoch: the moment they count from, epoch seconds.
    :param tz: the time zone of the machine ``oarsub`` runs on.
    """

    def date(text: str, option: str) -> str:
        if not text.strip().startswith("+"):
            return text.strip()
        moment = datetime.fromtimestamp(epoch + _offset(text, option), tz)
        return moment.strftime("%Y-%m-%d %H:%M:%S")

    changed = list(argv)
    for option in options(argv):
        if option.name == "reservation":
            value = ", ".join(date(part, "-r") for part in option.value.split(","))
        elif option.name == "type" and (dated := _DATED.fullmatch(option.value)):
            value = f"{dated[1]}={date(dated[2], '-t')}"
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
        if option.name == "type" and option.value.startswith("inner="):
            name, prefix = option.value.removeprefix("inner="), "inner="
        elif option.name != "anterior":
            continue
        if name not in ids:
            raise ConfigurationFault(f"no job {name!r} was submitted", remedy=did_you_mean(name, ids))
        changed[option.index] = f"{changed[option.index][: option.offset]}{prefix}{ids[name]}"
    return tuple(changed)
