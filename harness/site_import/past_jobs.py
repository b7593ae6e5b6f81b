"""The jobs of an imported site's history, one after the other, each with all that it asked for and was given."""

from __future__ import annotations

import gzip
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.model.job import Level
from harness.model.reading import is_file, open_plain
from harness.site_import.copy_text import decode
from harness.site_import.site_files import DATABASE

_NULL = b"\\N"
_PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class PastGroup:
    """A group of resources: its own condition, and its levels from the widest to the narrowest."""

    condition: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class PastMoldable:
    """One alternative; ``held``: on how many resources it ran or runs."""

    walltime: int
    groups: tuple[PastGroup, ...]
    held: int = 0


@dataclass(frozen=True, slots=True)
class PastJob:
    """A job as the site's database had it.

    :ivar reservation: ``None``, ``toSchedule`` or ``Scheduled``. :ivar submitted: epoch seconds.
    :ivar start: when it started; of an accepted reservation, when it will. :ivar stop: when it ended; 0: it has not.
    :ivar moldables: its alternatives, in their order.
    :ivar held: on how many resources it ran or runs; 0 before.
    """

    id: int
    user: str
    project: str
    queue: str
    state: str
    reservation: str
    submitted: int
    start: int
    stop: int
    array: int
    properties: str = ""
    name: str = ""
    types: tuple[str, ...] = ()
    after: tuple[int, ...] = ()
    moldables: tuple[PastMoldable, ...] = ()
    held: int = 0

    @property
    def seconds(self) -> int:
        """Core seconds, or those of whatever a resource is, that it used."""
        return self.held * max(0, self.stop - self.start) if self.start else 0


class PastJobs:
    """The jobs of a site's folder. The tables below ``jobs`` are kept in memory, some hundred bytes a job.

    :param site: the folder that the import wrote; one without ``database`` has no jobs.
    """

    def __init__(self, site: Path) -> None:
        self._folder = site / DATABASE

    def __iter__(self) -> Iterator[PastJob]:
        below = _Below(self._folder)
        columns = (
            *("job_id", "job_user", "project", "queue_name", "state", "reservation", "submission_time", "start_time"),
            *("stop_time", "array_id", "properties", "job_name", "assigned_moldable_job"),
        )
        word = _Words()
        for row in _rows(self._folder, "jobs", columns):
            id = int(row[0])
            yield PastJob(
                id=id,
                user=word[row[1]],
                project=word[row[2]],
                queue=word[row[3]],
                state=word[row[4]],
                reservation=word[row[5]],
                submitted=_number(row[6]),
                start=_number(row[7]),
                stop=_number(row[8]),
                array=_number(row[9]),
                properties=word[row[10]],
                name=word[row[11]],
                types=below.types.get(id),
                after=below.after.get(id),
                moldables=below.moldables_of(id),
                held=below.held.get(_number(row[12])),
            )


class _Words(dict[bytes, str]):
    """Fields as texts, each made once."""

    def __missing__(self, field: bytes) -> str:
        if len(self) > _ONCE:
            self.clear()
        found = self[field] = decode(field) or ""
        return found


class _ByNumber:
    """What belongs to a number: tuples, the same one kept once however often it is there."""

    def __init__(self) -> None:
        self._found: list[tuple[Any, ...]] = []
        self._once: dict[tuple[Any, ...], tuple[Any, ...]] = {(): ()}

    def add(self, number: int, more: Any) -> None:
        """Another thing."""
        self.set(number, (*self.get(number), more))

    def set(self, number: int, things: tuple[Any, ...]) -> None:
        """Those things in place of what was there."""
        _check(number)
        if number >= len(self._found):
            self._found += [()] * (number + 4096 - len(self._found))
        if len(self._once) > _ONCE:
            self._once = {(): ()}
        self._found[number] = self._once.setdefault(things, things)

    def get(self, number: int) -> tuple[Any, ...]:
        """All of them."""
        return self._found[number] if 0 <= number < len(self._found) else ()


class _Numbers:
    """A number for each of many numbers; 0 where there is none."""

    def __init__(self) -> None:
        self._found = array("q")

    def put(self, number: int, value: int) -> None:
        """The value of a number."""
        _check(number)
        if number >= len(self._found):
            self._found.frombytes(bytes(8 * (number + 4096 - len(self._found))))
        self._found[number] = value

    def get(self, number: int) -> int:
        """Its value."""
        return self._found[number] if 0 <= number < len(self._found) else 0


_MOST = 200_000_000
_ONCE = 200_000
"""How many different things are kept once."""


def _check(number: int) -> None:
    if not 0 <= number <= _MOST:
        raise ConfigurationFault(f"a row belongs to the number {number}", remedy="import the site again")


class _Below:
    """The tables below ``jobs``."""

    def __init__(self, folder: Path) -> None:
        self.types, self.after, self.held = _ByNumber(), _ByNumber(), _Numbers()
        self._levels, self._groups, self._moldables = _ByNumber(), _ByNumber(), _ByNumber()
        self._single, self._walltimes = _Numbers(), _Numbers()
        self._read_types(folder)
        self._read_groups(folder)
        self._read_moldables(folder)

    def _read_types(self, folder: Path) -> None:
        words: dict[bytes, str] = {}
        for job, kind in _rows(folder, "job_types", ("job_id", "type")):
            self.types.add(int(job), words.setdefault(kind, decode(kind) or ""))
        for job, other in _rows(folder, "job_dependencies", ("job_id", "job_id_required")):
            self.after.add(int(job), int(other))

    def _read_groups(self, folder: Path) -> None:
        levels: dict[tuple[bytes, bytes, bytes], tuple[int, Level]] = {}
        columns = ("res_job_group_id", "res_job_order", "res_job_resource_type", "res_job_value")
        for row in _rows(folder, "job_resource_descriptions", columns):
            key = row[1], row[2], row[3]
            if key not in levels:
                levels[key] = int(key[0]), Level(key[1].decode(), int(key[2]))
            self._levels.add(int(row[0]), levels[key])
        groups: dict[tuple[bytes, tuple[Any, ...]], PastGroup] = {}
        columns_of_groups = ("res_group_id", "res_group_moldable_id", "res_group_property")
        for group, moldable, condition in _rows(folder, "job_resource_groups", columns_of_groups):
            found = self._levels.get(int(group))
            asked = condition, found
            if asked not in groups:
                if len(groups) > _ONCE:
                    groups.clear()
                ordered = tuple(level for _, level in sorted(found, key=_order))
                groups[asked] = PastGroup(decode(condition) or "", ordered)
            self._groups.add(int(moldable), groups[asked])
        self._levels = _ByNumber()

    def _read_moldables(self, folder: Path) -> None:
        for (moldable,) in _rows(folder, "assigned_resources", ("moldable_job_id",)):
            number = int(moldable)
            self.held.put(number, self.held.get(number) + 1)
        columns = ("moldable_id", "moldable_job_id", "moldable_walltime")
        for moldable, job, walltime in _rows(folder, "moldable_job_descriptions", columns):
            self._walltimes.put(int(moldable), int(walltime))
            # Most jobs have one alternative, which costs no tuple.
            if self._single.get(int(job)):
                self._moldables.add(int(job), int(moldable))
            else:
                self._single.put(int(job), int(moldable))

    def moldables_of(self, job: int) -> tuple[PastMoldable, ...]:
        """The alternatives of a job, in their order."""
        single = self._single.get(job)
        if not single:
            return ()
        found = []
        for moldable in sorted((single, *self._moldables.get(job))):
            walltime, groups = self._walltimes.get(moldable), self._groups.get(moldable)
            found.append(PastMoldable(walltime, groups, self.held.get(moldable)))
        return tuple(found)


def _order(pair: tuple[int, Any]) -> int:
    return pair[0]


def _number(field: bytes) -> int:
    return 0 if field == _NULL else int(field)


def _rows(folder: Path, table: str, columns: tuple[str, ...]) -> Iterator[tuple[bytes, ...]]:
    """The fields of those columns, row by row; none if there is no such file."""
    file = next((each for each in (folder / f"{table}.tsv", folder / f"{table}.tsv.gz") if is_file(each)), None)
    if file is None:
        return
    with open_plain(file, most=bounds.DUMP) as plain:
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=plain)) if file.suffix == ".gz" else plain
        names = stream.readline(bounds.LINE).decode("utf-8", "replace").rstrip("\n").split("\t")
        if missing := [name for name in columns if name not in names]:
            raise ConfigurationFault(
                f"it has no column {missing[0]}", where=f"{file}:1", remedy="import the site again"
            )
        places = [names.index(name) for name in columns]
        first = places[0]
        number = 1
        while lines := stream.readlines(_PIECE):
            for line in lines:
                number += 1
                fields = line.split(b"\t")
                if len(fields) != len(names):
                    raise ConfigurationFault(
                        f"{len(fields)} fields, and {len(names)} columns",
                        where=f"{file}:{number}",
                        remedy="import the site again",
                    )
                fields[-1] = fields[-1].rstrip(b"\n")
                yield (fields[first],) if len(places) == 1 else tuple([fields[place] for place in places])
