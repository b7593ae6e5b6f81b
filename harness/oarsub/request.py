"""An ``oarsub`` line read as far as ``oarsub`` itself reads it: all that goes into the database.

After the section *Main* of ``oarsub`` 2.6.1. What is not read here raises
:class:`~harness.oarsub.resource_request.NotInRows`: such a line must be given to ``oarsub`` itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.oarsub.option_parser import options
from harness.oarsub.resource_request import MOST, Alternative, NotInRows, read_alternatives

_LEFT_OUT = {
    "array-param-file": "a parameter file",
    "use-job-key": "a job key",
    "import-job-key-inline-priv": "a job key",
    "import-job-key-from-file": "a job key",
    "export-job-key-to-file": "a job key",
    "interactive": "an interactive job",
    "scanscript": "options in a script",
    "resubmit": "a job submitted again",
}
_LENGTHS = {"name": 100, "project": 255, "queue": 100, "notify": 255}
_DATE = "%Y-%m-%d %H:%M:%S"
_NOOP = re.compile(r"noop(=standby)?")
_FILE = re.compile(r"[A-Za-z0-9_./%-]+")
_NOTIFY = re.compile(r"(mail:[\w.@+-]+|exec:[\w./ -]+)", re.A)
_PLAIN = re.compile(r"[ -&(-\[\]-~]*")


@dataclass(frozen=True, slots=True)
class Request:
    """What an ``oarsub`` line asks for. Texts are None where the line says nothing.

    :ivar after: ids of the jobs it depends on.
    :ivar start: that of an advance reservation, epoch seconds; else None.
    :ivar stop: its end, where the line says one.
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
    start: int | None = None
    stop: int | None = None
    interactive: bool = False
    checkpoint: int = 0
    signal: int = 12
    notify: str | None = None
    directory: str | None = None
    stdout: str | None = None
    stderr: str | None = None
    hold: bool = False
    verbose: bool = False


def read_request(argv: Sequence[str], conf: Mapping[str, str]) -> Request:
    """What ``argv`` asks for, its names of jobs replaced by ids and its relative times by dates of UTC.

    :param conf: oar.conf, for what ``-l`` means.
    """
    if bad := next((word for word in argv if not word.isascii() or not word.isprintable()), None):
        raise NotInRows(f"{bad!r}: signs that are not printable ASCII")
    values: dict[str, list[str]] = {}
    for option in options(argv):
        if option.name in _LEFT_OUT:
            raise NotInRows(f"--{option.name}: {_LEFT_OUT[option.name]}")
        values.setdefault(option.name, []).append(option.value)
    last = {name: found[-1] for name, found in values.items()}
    types = tuple(values.get("type", ()))
    alternatives = read_alternatives(values.get("resource", ()), conf)
    start, stop = _reservation(last["reservation"]) if "reservation" in last else (None, None)
    if start is not None and stop is not None:
        alternatives = tuple(_within(each, stop - start) for each in alternatives)
    noop = any(_NOOP.fullmatch(entry) for entry in types)
    command = values.get("", [""])[0]
    if not command and not noop and start is None:
        raise NotInRows("an empty command")
    request = Request(
        alternatives,
        " ".join(("oarsub", *argv[1:])),
        queue=last.get("queue"),
        properties=last.get("property", ""),
        types=types,
        name=last.get("name"),
        project=last.get("project", "default"),
        command=values[""][0] if "" in values else None if noop else "",
        array=_number(last, "array", 1),
        after=tuple(_number({"anterior": value}, "anterior", 0) for value in values.get("anterior", ())),
        start=start,
        stop=stop,
        interactive=not command and not noop,
        checkpoint=_number(last, "checkpoint", 0),
        signal=_number(last, "signal", 12),
        notify=last.get("notify"),
        directory=last.get("directory"),
        stdout=last.get("stdout"),
        stderr=last.get("stderr"),
        hold="hold" in last,
        verbose="v" in last,
    )
    _check(request, last)
    return request


def _check(request: Request, last: Mapping[str, str]) -> None:
    for name, length in _LENGTHS.items():
        value = last.get(name, "")
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


def _number(last: Mapping[str, str], name: str, default: int) -> int:
    text = last.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,10}", text, re.A) or int(text) > MOST:
        raise NotInRows(f"--{name} {text!r}: no plain number")
    return int(text)


def _reservation(value: str) -> tuple[int, int | None]:
    """Its start, and its end where there is one.

    After ``parse_reservation`` of ``oarsub``; ``now`` is the machine's own clock there, not the database's.
    """
    try:
        moments = [datetime.strptime(part.strip(), _DATE).replace(tzinfo=UTC) for part in value.split(",")]
    except ValueError:
        raise NotInRows(f"-r {value!r}: no full date") from None
    start, stop = (*(int(moment.timestamp()) for moment in moments), None)[:2]
    assert start is not None
    return start, stop


def _within(alternative: Alternative, duration: int) -> Alternative:
    """The end of a reservation is the walltime of an alternative that has none."""
    return Alternative(alternative.groups, duration if alternative.walltime is None else alternative.walltime)
