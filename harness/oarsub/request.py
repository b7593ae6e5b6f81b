"""An ``oarsub`` line read as far as ``oarsub`` itself reads it: all that goes into the database.

After the section *Main* of ``oarsub`` 2.6.1. Only options, types and forms known to go into rows are read; any other
raises :class:`~harness.oarsub.row_options.NotInRows`, and the line must be given to ``oarsub`` itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.model.job import Level
from harness.oarsub.command_line import CommandLine, read_command_line
from harness.oarsub.reservation import Reservation, read_dated
from harness.oarsub.resource_request import MOST, Alternative, ResourceGroup, read_alternative, read_levels
from harness.oarsub.row_options import NotInRows, check_options

_LENGTHS = {"name": 100, "project": 255, "queue": 100, "notify": 255}
_LEVEL_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_FILE = re.compile(r"[A-Za-z0-9_./%-]+")
_NOTIFY = re.compile(r"(mail:[\w.@+-]+|exec:[\w./ -]+)", re.A)
_PLAIN = re.compile(r"[ -&(-\[\]-~]*")


@dataclass(frozen=True, slots=True)
class JobRequest:
    """All that an ``oarsub`` line asks for. Texts are None if the line does not give them.

    :ivar after: ids of the jobs it depends on.
    :ivar reservation: an advance reservation, in epoch seconds; else None.
    :ivar interactive: a reservation without a command, which OAR stores as an interactive job.
    :ivar checkpoint: seconds before the end at which ``signal`` is sent; 0: never.
    :ivar asked: the line as ``jobs.initial_request`` holds it.
    """

    alternatives: tuple[Alternative, ...]
    asked: str
    queue: str | None = None
    properties: str = ""
    types: tuple[str, ...] = ()
    name: str | None = None
    project: str = "default"
    command: str | None = None
    array: int = 1
    after: tuple[int, ...] = ()
    reservation: Reservation | None = None
    interactive: bool = False
    checkpoint: int = 0
    signal: int = 12
    notify: str | None = None
    directory: str | None = None
    stdout: str | None = None
    stderr: str | None = None
    hold: bool = False
    verbose: bool = False


def read_request(argv: Sequence[str], conf: Mapping[str, str]) -> JobRequest:
    """What ``argv`` asks for, its names of jobs replaced by ids and its relative times by dates of UTC.

    Raises NotInRows if only ``oarsub`` can say what becomes of it.

    :param conf: oar.conf, for what ``-l`` means.

    >>> read_request(["oarsub", "-l", "nodes=1", "-n", "a", "date"], {}).name
    'a'
    """
    if bad := next((word for word in argv if not word.isascii() or not word.isprintable()), None):
        raise NotInRows(f"{bad!r}: signs that are not printable ASCII")
    line = read_command_line(argv)
    check_options(option.name for option in line.options if option.name)
    alternatives = read_alternatives(line.all("resource"), conf)
    reservation = _reservation(line)
    if reservation is not None and reservation.stop is not None:
        alternatives = tuple(_within(each, reservation.stop - reservation.start) for each in alternatives)
    command = line.commands[0] if line.commands else ""
    if not command and not line.noop and reservation is None:
        raise NotInRows("an empty command")
    project = line.last("project")
    request = JobRequest(
        alternatives,
        " ".join(("oarsub", *argv[1:])),
        queue=line.last("queue"),
        properties=line.last("property") or "",
        types=line.types,
        name=line.last("name"),
        project="default" if project is None else project,
        command=command if line.commands or not line.noop else None,
        array=_number(line, "array", 1),
        after=tuple(_parsed("anterior", value) for value in line.all("anterior")),
        reservation=reservation,
        interactive=not command and not line.noop,
        checkpoint=_number(line, "checkpoint", 0),
        signal=_number(line, "signal", 12),
        notify=line.last("notify"),
        directory=line.last("directory"),
        stdout=line.last("stdout"),
        stderr=line.last("stderr"),
        hold="hold" in line.values,
        verbose="v" in line.values,
    )
    _check(request, line)
    return request


def read_alternatives(values: Iterable[str], conf: Mapping[str, str]) -> tuple[Alternative, ...]:
    """The values of ``-l``, in their order; without any, that of ``OARSUB_DEFAULT_RESOURCES``.

    Raises NotInRows for a form that :func:`~harness.oarsub.resource_request.read_alternative` does not read.

    :param conf: oar.conf; ``nodes`` is a name for ``OARSUB_NODES_RESOURCES``.

    >>> read_alternatives(["walltime=2"], {"OARSUB_DEFAULT_RESOURCES": "/core=1"})[0].groups[0].levels
    (Level(property='core', count=1),)
    """
    default = conf.get("OARSUB_DEFAULT_RESOURCES", "/resource_id=1")
    nodes = conf.get("OARSUB_NODES_RESOURCES", "resource_id")
    try:
        return tuple(_alternative(value, default, nodes) for value in list(values) or [default])
    except ValueError as error:
        raise NotInRows(f"-l: {error}") from None


def _alternative(value: str, default: str, nodes: str) -> Alternative:
    if value.lstrip().startswith("walltime"):
        value = f"{default},{value.lstrip()}"
    found = read_alternative(value)
    return replace(found, groups=tuple(_group(each, default, nodes) for each in found.groups))


def _group(group: ResourceGroup, default: str, nodes: str) -> ResourceGroup:
    levels = group.levels or read_levels(default.strip().lstrip("/"))
    for level in levels:
        if not _LEVEL_NAME.fullmatch(level.property):
            raise ValueError(f"the level {level.property}")
    return replace(
        group, levels=tuple(Level(nodes, each.count) if each.property == "nodes" else each for each in levels)
    )


def _check(request: JobRequest, line: CommandLine) -> None:
    for name, length in _LENGTHS.items():
        value = line.last(name) or ""
        # oarsub writes these into its message, which it does not quote; a refusal of PostgreSQL is not reproduced.
        if len(value) > length or not _PLAIN.fullmatch(value):
            raise NotInRows(f"--{name} {value!r}: too long, or with signs that need quoting")
    if not all(_PLAIN.fullmatch(entry) for entry in request.types):
        raise NotInRows("a type with signs that need quoting")
    if len(set(request.after)) < len(request.after):
        raise NotInRows("-a names a job twice")
    if request.interactive and request.array > 1:
        raise NotInRows("an array of reservations without a command, which is refused")
    if request.notify is not None and not _NOTIFY.fullmatch(request.notify):
        raise NotInRows(f"--notify {request.notify!r}: not of the usual form")
    for path in (request.stdout, request.stderr):
        if path is not None and not _FILE.fullmatch(path):
            raise NotInRows(f"{path!r}: no usual file name")


def _number(line: CommandLine, name: str, default: int) -> int:
    text = line.last(name)
    return default if text is None else _parsed(name, text)


def _parsed(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,10}", text, re.A) or int(text) > MOST:
        raise NotInRows(f"--{name} {text!r}: no plain number")
    return int(text)


def _reservation(line: CommandLine) -> Reservation | None:
    value = line.last("reservation")
    try:
        return None if value is None else read_dated(value)
    except ValueError:
        raise NotInRows(f"-r {value!r}: no full date") from None


def _within(alternative: Alternative, duration: int) -> Alternative:
    """The end of a reservation is the walltime of an alternative that has none."""
    return replace(alternative, walltime=duration if alternative.walltime is None else alternative.walltime)
