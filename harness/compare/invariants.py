"""What must hold of jobs whatever is activated or restored meanwhile: judged on the ledger, moment after moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.model.job import FINAL_STATES
from harness.model.job_history import Entry, JobHistory, StateSpan

INVARIANTS = {
    "lost": "no job that was there is gone",
    "ids": "ids go on: later jobs have higher ones, none is given twice",
    "changed": "what was asked for, and when, stays as it is",
    "backwards": "no job goes back: what ran does not wait, what is over does not run",
    "rewritten": "what is written in the history of its states stays",
    "twice": "no job is launched, started or ended twice",
    "moved": "a job that runs keeps its start, its alternative and its resources",
    "promise": "an accepted advance reservation keeps its date, and starts at it",
    "error": "no job is in error, or killed by a scheduler",
    "unfinished": "in the end every job is over",
    "accounting": "accounting adds up to what the jobs used",
}
"""The rules, with what each says."""

LATE = 75
"""Seconds by which an accepted reservation may start late.

Left alone the Almighty makes a round 60 s after the last (``$schedulertimeout``), which it finds up to 10 s later
(``$read_commands_timeout``); the round itself takes some more.
"""

_RANKS = {
    "toAckReservation": 0,
    "Waiting": 0,
    "Hold": 0,
    "toLaunch": 1,
    "Launching": 2,
    "Running": 3,
    "Suspended": 3,
    "Resuming": 3,
    "Finishing": 4,
    "toError": 4,
    "Terminated": 5,
    "Error": 5,
}
_ONCE = ("toLaunch", "Launching", "Finishing", *sorted(FINAL_STATES))
_AGAIN = ("Resuming", "Suspended")
_HOLDS = ("Running", "Suspended", "Resuming", "Finishing")
_KILLS = ("BESTEFFORT_KILL", "SCHEDULER_JOB_KILL")


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a job breaks.

    :ivar rule: a key of INVARIANTS. :ivar job: its name, or ``job 7``; empty if no single job is meant.
    """

    rule: str
    job: str
    why: str


def breaches(histories: Sequence[JobHistory]) -> tuple[Breach, ...]:
    """Every rule that is broken, each once a job; the ledgers are in the order of their moments."""
    found: list[Breach] = []
    for before, after in pairwise(histories):
        found += _between(before, after)
    if histories:
        last = histories[-1]
        for entry in last.jobs:
            found += _history(entry)
        if last.settled:
            found += _in_the_end(last)
            found += _accounting(last)
    first: dict[tuple[str, str, str], Breach] = {}
    for each in found:
        first.setdefault((each.rule, each.job, "" if each.job else each.why), each)
    return tuple(first.values())


def name_of(entry: Entry) -> str:
    """What a job is called: its name in the scenario, else ``job`` and its id."""
    return entry.name or f"job {entry.id}"


def _between(before: JobHistory, after: JobHistory) -> Iterator[Breach]:
    now = {entry.id: entry for entry in after.jobs}
    ids = [entry.id for entry in after.jobs]
    for entry in before.jobs:
        if entry.id not in now:
            yield Breach("lost", name_of(entry), f"was {entry.state}, and is gone after: {after.moment}")
        else:
            yield from _same_job(entry, now[entry.id], after.moment)
    known = {entry.id for entry in before.jobs}
    for entry in after.jobs:
        if entry.id not in known and entry.id <= before.last:
            why = f"is number {entry.id}, although {before.last} had been given before: {after.moment}"
            yield Breach("ids", name_of(entry), why)
    if len(set(ids)) < len(ids) or after.last < before.last or after.last < max(ids, default=0):
        yield Breach("ids", "", f"the last id given is {after.last} after: {after.moment}; it was {before.last}")


def _same_job(was: Entry, now: Entry, moment: str) -> Iterator[Breach]:
    name = name_of(was)
    for what in ("user", "project", "queue", "submitted"):
        if getattr(was, what) != getattr(now, what):
            yield Breach("changed", name, f"{what} was {getattr(was, what)}, is {getattr(now, what)} after: {moment}")
    if _RANKS[now.state] < _RANKS[was.state] or (was.state in FINAL_STATES and now.state != was.state):
        yield Breach("backwards", name, f"was {was.state}, is {now.state} after: {moment}")
    closed = [span for span in was.states if span.until]
    if list(now.states[: len(closed)]) != closed or len(now.states) < len(was.states):
        yield Breach("rewritten", name, f"the history of its states was changed after: {moment}")
    if was.state in _HOLDS and now.state in (*_HOLDS, *FINAL_STATES):
        for what in ("start", "moldable", "resources"):
            if getattr(was, what) != getattr(now, what):
                why = f"{what} was {getattr(was, what)}, is {getattr(now, what)} after: {moment}"
                yield Breach("moved", name, why)
    promised = was.reservation == "Scheduled" and was.state == "Waiting"
    if promised and now.state == "Waiting" and (now.start != was.start or now.reservation != was.reservation):
        why = f"was promised for {was.start}, and is {now.reservation} for {now.start} after: {moment}"
        yield Breach("promise", name, why)
    if promised and now.state in _HOLDS and not was.start <= now.start <= was.start + LATE:
        yield Breach("promise", name, f"was promised for {was.start}, started at {now.start} after: {moment}")


def _history(entry: Entry) -> Iterator[Breach]:
    """What one job's whole history may not show."""
    name = name_of(entry)
    counts = Counter(span.state for span in entry.states)
    for state in _ONCE:
        if counts[state] > 1:
            yield Breach("twice", name, f"came to be {state} {counts[state]} times")
    starts = _starts(entry.states)
    if starts > 1:
        yield Breach("twice", name, f"came to be Running {starts} times without having been suspended")
    ranks = [_RANKS[span.state] for span in entry.states]
    if ranks != sorted(ranks):
        path = " → ".join(span.state for span in entry.states)
        yield Breach("backwards", name, f"its history goes back: {path}")
    killed = [kind for kind in entry.events if kind in _KILLS]
    if entry.state == "Error" or killed:
        yield Breach("error", name, ", ".join(["is in error" if entry.state == "Error" else "was killed", *killed]))


def _starts(states: Sequence[StateSpan]) -> int:
    """How often it began to run, not counting that it was resumed."""
    previous = ["", *(span.state for span in states)]
    return sum(
        span.state == "Running" and before not in _AGAIN for before, span in zip(previous, states, strict=False)
    )


def _in_the_end(last: JobHistory) -> Iterator[Breach]:
    for entry in last.jobs:
        if entry.state not in FINAL_STATES:
            yield Breach("unfinished", name_of(entry), f"is still {entry.state} in the end")


def _accounting(last: JobHistory) -> Iterator[Breach]:
    """As ``oaraccounting`` documents it: seconds times resources, asked and used, in windows, by user and queue.

    A job that never ran, or used no resource of the type ``default``, is not applicable (OAR2,
    ``OAR::IO::check_accounting_update``).
    """
    expected: Counter[tuple[int, str, str, str, str]] = Counter()
    for entry in last.jobs:
        if entry.state not in FINAL_STATES:
            continue
        applies = bool(entry.start) and entry.stop > entry.start and entry.counted > 0
        if entry.accounted != ("YES" if applies else "NA"):
            yield Breach("accounting", name_of(entry), f"is accounted: {entry.accounted}")
        if applies:
            for kind, stop in (("USED", entry.stop), ("ASKED", entry.start + entry.walltime)):
                for window, seconds in _windows(entry.start, stop, last.window):
                    key = (window, entry.user, entry.project, entry.queue, kind)
                    expected[key] += seconds * len(entry.resources)
    found = Counter({(a.window, a.user, a.project, a.queue, a.kind): a.seconds for a in last.accounts})
    for key in sorted({*expected, *found}):
        if expected[key] != found[key]:
            _, user, _, queue, kind = key
            why = f"{user} in {queue}: {found[key]} s {kind}, where the jobs make {expected[key]} s"
            yield Breach("accounting", "", why)


_SMALLEST = 60
"""Seconds of an accounting window; OAR's own is a day (``ACCOUNTING_WINDOW``)."""


def _windows(start: int, stop: int, width: int) -> Iterator[tuple[int, int]]:
    """The windows between two moments, each with its seconds between them."""
    # A record that was tampered with may have windows of a second, or of none.
    width = max(width, _SMALLEST)
    for window in range(start // width * width, stop, width):
        yield window, min(stop, window + width) - max(start, window)
