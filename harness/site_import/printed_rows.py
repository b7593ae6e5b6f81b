"""Rows of OAR's tables from what oarnodes, oarstat and the REST API print."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from harness.oarsub.resource_request import Alternative, read_alternative
from harness.site_import.copy_text import encode_row
from harness.site_import.source_rows import Block, Lines, Seen, is_wanted

Entry = Mapping[str, Any]

_JOB = {
    "job_id": ("Job_Id", "id", "job_id"),
    "array_id": ("array_id", "job_array_id"),
    "array_index": ("array_index", "job_array_index"),
    "job_name": ("name",),
    "job_type": ("jobType", "type"),
    "state": ("state",),
    "reservation": ("reservation",),
    "job_user": ("owner", "job_user"),
    "project": ("project",),
    "command": ("command",),
    "exit_code": ("exit_code",),
    "queue_name": ("queue",),
    "properties": ("properties",),
    "launching_directory": ("launchingDirectory", "launching_directory"),
    "submission_time": ("submissionTime", "submission_time"),
    "start_time": ("startTime", "start_time"),
    "stop_time": ("stopTime", "stop_time"),
    "resubmit_job_id": ("resubmit_job_id",),
}
"""Columns of ``jobs``, and what they are called there."""

_ENDED = ("Terminated", "Error")
_NO_PROPERTY = frozenset(("jobs", "api_timestamp", "links", "uri", "jobs_uri", "node_uri"))
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "moldable_job_descriptions": ("moldable_id", "moldable_job_id", "moldable_walltime", "moldable_index"),
    "job_resource_groups": ("res_group_id", "res_group_moldable_id", "res_group_property", "res_group_index"),
    "job_resource_descriptions": (
        *("res_job_group_id", "res_job_resource_type", "res_job_value", "res_job_order", "res_job_index"),
    ),
    "job_types": ("job_type_id", "job_id", "type", "types_index"),
    "job_dependencies": ("job_id", "job_id_required", "job_dependency_index"),
    "assigned_resources": ("moldable_job_id", "resource_id", "assigned_resource_index"),
    "gantt_jobs_predictions": ("moldable_job_id", "start_time"),
    "gantt_jobs_resources": ("moldable_job_id", "resource_id"),
}


class PrintedRows:
    """Resources and jobs as they were printed: what stands nowhere there is left out, and told.

    :param resources: by what OAR's columns are called. :param jobs: by oarstat's words.
    """

    def __init__(self, name: str, resources: Sequence[Entry], jobs: Sequence[Entry]) -> None:
        self.name = name
        self.seen = Seen()
        self._rows: dict[str, tuple[tuple[str, ...], list[tuple[str | None, ...]]]] = {}
        self._types: dict[str, str] = {}
        if resources:
            self._add_resources(resources)
        if jobs:
            self._add_jobs(sorted(jobs, key=_number))

    def columns(self) -> Mapping[str, Mapping[str, str]]:
        """Those of resources: numbers if all that were printed are numbers."""
        return {"resources": self._types} if self._types else {}

    def blocks(self, wanted: Collection[str] | Callable[[str], bool]) -> Iterator[Block]:
        """The blocks of those tables."""
        for table, (columns, rows) in self._rows.items():
            if is_wanted(wanted, table) and rows:
                yield Block(table, columns, iter((Lines(1, b"".join(map(encode_row, rows))),)))

    def _add_resources(self, resources: Sequence[Entry]) -> None:
        named = [{"resource_id" if key == "id" else key: value for key, value in each.items()} for each in resources]
        columns = tuple(dict.fromkeys(key for each in named for key in each if key not in _NO_PROPERTY))
        for column in columns:
            values = [each.get(column) for each in named]
            numbers = any(isinstance(value, int) for value in values)
            plain = all(value is None or (isinstance(value, int) and not isinstance(value, bool)) for value in values)
            integer = numbers and plain and column != "cpuset"
            self._types[column] = "integer" if integer else "character varying"
        self._rows["resources"] = columns, [tuple(_text(each.get(name)) for name in columns) for each in named]

    def _add_jobs(self, jobs: Sequence[Entry]) -> None:
        columns = (*_JOB, "assigned_moldable_job", "accounted", "suspended", "job_group")
        below: dict[str, list[tuple[str | None, ...]]] = defaultdict(list)
        rows = []
        for job in jobs:
            row = {column: _text(_first(job, words)) for column, words in _JOB.items()}
            for column in ("submission_time", "start_time", "stop_time"):
                row[column] = _moment(row[column])
            row["properties"] = row["properties"] or ""
            row["array_id"], row["array_index"] = row["array_id"] or row["job_id"], row["array_index"] or "1"
            row["resubmit_job_id"] = row["resubmit_job_id"] or "0"
            ended = row["state"] in _ENDED
            moldable = self._add_children(job, row, below, "LOG" if ended else "CURRENT")
            held = _held(job)
            for column in ("job_type", "reservation", "project", "queue_name"):
                row[column] = row[column] or _USUAL[column]
            row |= {
                "assigned_moldable_job": str(moldable) if held else "0",
                "accounted": "NO",
                "suspended": "NO",
                "job_group": "",
                "launching_directory": row["launching_directory"] or "/",
            }
            rows.append(tuple(row[column] for column in columns))
        self._rows["jobs"] = columns, rows
        for table, found in below.items():
            self._rows[table] = _COLUMNS[table], found
        self.seen.tell("alternatives and groups of jobs have numbers of the import's own", self.name)

    def _add_children(
        self, job: Entry, row: Mapping[str, str | None], below: dict[str, list[tuple[str | None, ...]]], index: str
    ) -> int:
        """The rows below a job; returns the number of its first alternative."""
        number = row["job_id"]
        moldables = below["moldable_job_descriptions"]
        first = len(moldables) + 1
        asked = _asked(str(job.get("wanted_resources") or ""))
        if asked is None:
            why = "is not understood" if job.get("wanted_resources") else "is not there (give oarstat -f -J)"
            self.seen.tell(f"what a job asks for {why}, and left out", f"{self.name}, job {_number(job)}")
        for alternative in asked or ():
            moldable = str(len(moldables) + 1)
            moldables.append((moldable, number, str(alternative.seconds), index))
            for group in alternative.groups:
                groups = below["job_resource_groups"]
                place = str(len(groups) + 1)
                groups.append((place, moldable, group.condition or None, index))
                below["job_resource_descriptions"] += [
                    (place, level.property, str(level.count), str(order), index)
                    for order, level in enumerate(group.levels)
                ]
        for kind in _list(job.get("types")):
            types = below["job_types"]
            types.append((str(len(types) + 1), number, kind, index))
        below["job_dependencies"] += [(number, other, index) for other in _list(job.get("dependencies"))]
        if not asked:
            return 0
        below["assigned_resources"] += [(str(first), held, index) for held in _held(job)]
        starts = _moment(_text(job.get("scheduledStart", job.get("scheduled_start"))))
        if starts != "0" and index == "CURRENT":
            below["gantt_jobs_predictions"].append((str(first), starts))
            below["gantt_jobs_resources"] += [(str(first), each) for each in _held(job)]
        return first


_USUAL = {"job_type": "PASSIVE", "reservation": "None", "project": "default", "queue_name": "default"}


_REQUEST = re.compile(r'-l\s*"([^"]*)"')
_COUNTS = {"=-1": "=ALL", "=-2": "=BEST", "=-3": "=BESTHALF"}


def _asked(text: str) -> tuple[Alternative, ...] | None:
    """What a job asks for: ``-l "{type = 'default'}/host=2,walltime=1:0:0"``, once for each alternative."""
    if not _REQUEST.search(text) or _REQUEST.sub("", text).strip():
        return None
    try:
        return tuple(
            read_alternative(re.sub(r"=-[123]\b", lambda sign: _COUNTS[sign[0]], found))
            for found in _REQUEST.findall(text)
        )
    except (ValueError, AssertionError):
        return None


def _first(job: Entry, words: Sequence[str]) -> Any:
    return next((job[word] for word in words if word in job), None)


def _number(job: Entry) -> int:
    number = str(_first(job, _JOB["job_id"]))
    return int(number) if number.isdigit() and len(number) < 12 else 0


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _list(value: Any) -> list[str]:
    """A list, or what oarstat without -J prints: ``noop, container``, ``1+5``."""
    if isinstance(value, list):
        return [str(each.get("id", "")) if isinstance(each, dict) else str(each) for each in value]
    text = str(value or "").strip()
    parts = text.split("+") if text.replace("+", "").isdigit() else text.split(", ")
    return [part for part in parts if part]


def _held(job: Entry) -> list[str]:
    """The ids of the resources that it holds or is to be given."""
    return _list(job.get("assigned_resources") or job.get("resources"))


def _moment(value: str | None) -> str:
    """Epoch seconds; a date is taken for UTC."""
    if not value:
        return "0"
    if value.isdigit():
        return value
    try:
        return str(int(datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()))
    except ValueError:
        return "0"
