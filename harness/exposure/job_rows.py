"""Jobs of a history as its table ``jobs`` has them, with the moments at which they began and were over."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from harness.exposure.history_tables import NULL, HistoryTable

FOREVER = 1 << 40
"""In place of a moment that has not come."""

ACTIVE = frozenset(
    (
        *(b"Waiting", b"Hold", b"toLaunch", b"toAckReservation"),
        *(b"Launching", b"Running", b"Suspended", b"Resuming", b"Finishing"),
    )
)
"""States of jobs that are not over."""

_NOT_STARTED = frozenset((b"Waiting", b"Hold", b"toLaunch", b"toAckReservation"))
_COLUMNS = (
    "job_id",
    "state",
    "reservation",
    "job_user",
    "project",
    "queue_name",
    "properties",
    "submission_time",
    "start_time",
    "stop_time",
    "assigned_moldable_job",
    "checkpoint",
    "suspended",
    "exit_code",
)


@dataclass(slots=True)
class JobRow:
    """One job; texts stand as the table has them.

    :ivar start: epoch seconds; FOREVER: it did not start. :ivar stop: when it was over; FOREVER: it is not.
    :ivar moldable: the alternative that was assigned; 0: none.
    :ivar failed: whether it ended with another exit code than 0. :ivar active: whether it is not over.
    """

    number: int
    state: bytes
    reserved: bool
    user: bytes
    project: bytes
    queue: bytes
    properties: bytes
    submitted: int
    start: int
    stop: int
    moldable: int
    checkpoint: bool
    suspended: bool
    failed: bool
    active: bool


def read_job_rows(table: HistoryTable, wanted: Container[int] | None = None) -> Iterator[JobRow]:
    """The jobs of the table, in its order; raises ConfigurationFault for a row that is none.

    :param wanted: numbers of those that are read; None: all.
    """
    with table.numbers():
        for job, state, reserved, user, project, queue, properties, *rest in table.rows(_COLUMNS):
            if wanted is not None and int(job) not in wanted:
                continue
            at, begun, ended, moldable, checkpoint, suspended, code = rest
            active = state in ACTIVE
            submitted, start, stop = int(at), int(begun), int(ended)
            # A reservation that waits has the start it asks for.
            started = start > 0 and state not in _NOT_STARTED
            yield JobRow(
                int(job),
                state,
                reserved != b"None" and reserved not in _NOTHING,
                user,
                project,
                queue,
                properties,
                submitted,
                start if started else FOREVER,
                FOREVER if active else stop or start or submitted,
                0 if moldable in _NOTHING else int(moldable),
                checkpoint not in _NOTHING,
                suspended == b"YES",
                code not in _NOTHING,
                active,
            )


_NOTHING = frozenset((b"0", b"", NULL))


def read_waiting(table: HistoryTable) -> Iterator[tuple[int, tuple[bytes, bytes] | None, int, int]]:
    """The same in short: number, user and queue (None: it is a reservation), submission, when it no longer waits."""
    columns = (
        *("job_id", "job_user", "queue_name", "submission_time"),
        *("start_time", "stop_time", "state", "reservation"),
    )
    with table.numbers():
        for job, user, queue, at, begun, ended, state, reserved in table.rows(columns):
            start = 0 if state in _NOT_STARTED else int(begun)
            plain = reserved == b"None" or reserved in _NOTHING
            until = start or (FOREVER if state in ACTIVE else int(ended))
            yield int(job), (user, queue) if plain else None, int(at), until
