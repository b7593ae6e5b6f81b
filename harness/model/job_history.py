"""What OAR's database says of all jobs at one moment: states and their history, events, resources, accounting."""

from __future__ import annotations

from dataclasses import dataclass, field

from procset import ProcSet


@dataclass(frozen=True, slots=True)
class StateSpan:
    """One row of ``job_state_logs``.

    :ivar since: ``date_start``, epoch seconds. :ivar until: ``date_stop``; 0: the job is still in that state.
    """

    state: str
    since: int
    until: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One job.

    :ivar name: what it is called in the scenario; empty if the scenario has no such job.
    :ivar reservation: ``jobs.reservation``: ``None``, ``toSchedule`` or ``Scheduled``.
    :ivar start: ``jobs.start_time``; of an accepted reservation that waits, when it was promised to start.
    :ivar moldable: ``assigned_moldable_job``; 0 before it was launched.
    :ivar walltime: of that alternative, or of the only one there is; 0 if there are several.
    :ivar resources: what it has or had (``assigned_resources``).
    :ivar counted: how many of these are of the type ``default``; accounting asks for one at least.
    :ivar accounted: ``jobs.accounted``: ``NO``, ``YES``, ``NA``.
    :ivar states: its history in the order in which it was written.
    :ivar events: types of its rows of ``event_logs``, in their order.
    """

    id: int
    name: str
    state: str
    user: str = ""
    project: str = "default"
    queue: str = "default"
    reservation: str = "None"
    submitted: int = 0
    start: int = 0
    stop: int = 0
    moldable: int = 0
    walltime: int = 0
    resources: ProcSet = field(default_factory=ProcSet)
    counted: int = 0
    accounted: str = "NO"
    states: tuple[StateSpan, ...] = ()
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """One row of ``accounting``.

    :ivar window: ``window_start``. :ivar kind: ``ASKED`` or ``USED``. :ivar seconds: ``consumption``.
    """

    window: int
    user: str
    project: str
    queue: str
    kind: str
    seconds: int


@dataclass(frozen=True, slots=True)
class JobHistory:
    """All jobs at one moment.

    :ivar moment: what had just been done.
    :ivar now: the database's clock, epoch seconds.
    :ivar last: the last id given to a job (the sequence of ``jobs``).
    :ivar window: ``ACCOUNTING_WINDOW``, seconds.
    :ivar settled: whether ``oaraccounting`` was run after the last change.
    """

    moment: str
    now: int
    jobs: tuple[Entry, ...]
    last: int = 0
    accounts: tuple[Account, ...] = ()
    window: int = 86400
    settled: bool = False
