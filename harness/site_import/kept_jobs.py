"""Jobs of the last weeks or years alone: which rows of all tables belong to them."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Protocol

from harness.model import bounds
from harness.model.fault import ConfigurationFault
from harness.site_import.copy_text import NULL
from harness.site_import.source_rows import RowSource

_ENDED = (b"Terminated", b"Error")
_MOST = 200_000_000

KEYS = {
    "jobs": "job_id",
    "moldable_job_descriptions": "moldable_job_id",
    "job_resource_groups": "res_group_moldable_id",
    "job_resource_descriptions": "res_job_group_id",
    "job_types": "job_id",
    "job_dependencies": "job_id",
    "job_state_logs": "job_id",
    "frag_jobs": "frag_id_job",
    "event_logs": "job_id",
    "walltime_change": "job_id",
    "assigned_resources": "moldable_job_id",
    "gantt_jobs_predictions": "moldable_job_id",
    "gantt_jobs_predictions_visu": "moldable_job_id",
    "gantt_jobs_resources": "moldable_job_id",
    "gantt_jobs_resources_visu": "moldable_job_id",
}
"""By which column a row belongs to a job, to one of its alternatives, or to a group of one."""

_BY_MOLDABLE = frozenset(
    (
        *("job_resource_groups", "assigned_resources", "gantt_jobs_predictions", "gantt_jobs_predictions_visu"),
        *("gantt_jobs_resources", "gantt_jobs_resources_visu"),
    )
)


class Keep(Protocol):
    """Whether the row with that number is asked for."""

    def __call__(self, number: int, /) -> bool:
        """True if it is."""


class Selection:
    """Jobs that were submitted or ended since a moment, or have not ended.

    :param since: epoch seconds.
    """

    def __init__(self, source: RowSource, since: int) -> None:
        self._jobs = _Marks()
        self._moldables = _Marks()
        self._groups = _Marks()
        self._read(
            source,
            "jobs",
            ("job_id", "state", "submission_time", "stop_time"),
            self._jobs,
            lambda row: row[1] not in _ENDED or max(_number(row[2]), _number(row[3])) >= since,
        )
        for table, columns, marks, above in (
            ("moldable_job_descriptions", ("moldable_id", "moldable_job_id"), self._moldables, self._jobs),
            ("job_resource_groups", ("res_group_id", "res_group_moldable_id"), self._groups, self._moldables),
        ):
            self._read(source, table, columns, marks, lambda row, above=above: _number(row[1]) in above)  # type: ignore[misc]

    def keep(self, table: str) -> Keep | None:
        """Which rows of a table belong to them; None: all, since they belong to no job."""
        if table not in KEYS:
            return None
        if table == "job_resource_descriptions":
            return self._groups.__contains__
        # The row of the moldable 0 holds the moment of the last round; events without a job are the server's.
        marks = self._moldables if table in _BY_MOLDABLE else self._jobs
        return lambda number: number == 0 or number in marks

    @staticmethod
    def _read(
        source: RowSource,
        table: str,
        columns: tuple[str, ...],
        marks: _Marks,
        wanted: Callable[[list[bytes]], bool],
    ) -> None:
        for block in source.blocks((table,)):
            if not set(columns) <= set(block.columns):
                continue
            places = [block.columns.index(name) for name in columns]
            for lines in block.lines:
                for line in lines.data.split(b"\n")[:-1]:
                    fields = line.split(b"\t")
                    if len(fields) == len(block.columns) and wanted(row := [fields[place] for place in places]):
                        marks.add(_number(row[0]))


class _Marks:
    """A set of numbers from 0, one byte for eight of them."""

    def __init__(self) -> None:
        self._bits = array("B")

    def add(self, number: int) -> None:
        """Mark a number."""
        if not 0 <= number <= min(_MOST, bounds.GREATEST):
            raise ConfigurationFault(f"a job has the number {number}", where="--since", remedy="leave it out")
        byte = number >> 3
        if byte >= len(self._bits):
            self._bits.frombytes(bytes(byte + 4096 - len(self._bits)))
        self._bits[byte] |= 1 << (number & 7)

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int) or number < 0 or number >> 3 >= len(self._bits):
            return False
        return bool(self._bits[number >> 3] & 1 << (number & 7))


def _number(field: bytes) -> int:
    return int(field) if field != NULL and field.lstrip(b"-").isdigit() and len(field) < 20 else 0
