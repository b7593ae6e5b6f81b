"""The invariants of jobs: a day on which all is well, and what is found when one thing in it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from procset import ProcSet

from harness.compare.invariants import INVARIANTS, breaches
from harness.model.job_history import Account, Entry, JobHistory, StateSpan

DAY = 86400
NOON = 20000 * DAY + DAY // 2
NIGHT = 20001 * DAY


def spans(*rows: tuple[str, int]) -> tuple[StateSpan, ...]:
    """States by the moments at which they began, each until the next."""
    ends = [since for _, since in rows[1:]] + [0]
    return tuple(
        StateSpan(state, NOON + since, NOON + end if end else 0)
        for (state, since), end in zip(rows, ends, strict=True)
    )


RAN = (("Waiting", 0), ("toLaunch", 4), ("Launching", 5), ("Running", 5))
RUNNING = Entry(
    1, "running", "Running", "alice", submitted=NOON, start=NOON + 5, moldable=1, walltime=3600,
    resources=ProcSet((1, 4)), counted=4, states=spans(*RAN),
)  # fmt: skip
SUSPENDED = replace(
    RUNNING, id=2, name="suspended", state="Suspended", moldable=2, resources=ProcSet((5, 8)),
    states=spans(*RAN, ("Suspended", 20)),
)  # fmt: skip
RESERVED = Entry(
    3, "reserved", "Waiting", "carol", reservation="Scheduled", submitted=NOON + 10, start=NOON + 300, walltime=20,
    states=spans(("toAckReservation", 10), ("Waiting", 12)),
)  # fmt: skip
HELD = Entry(4, "held", "Hold", "bob", submitted=NOON + 11, walltime=10, states=spans(("Waiting", 11), ("Hold", 20)))
BEFORE = JobHistory("before", NOON + 30, (RUNNING, SUSPENDED, RESERVED, HELD), 4)

NEW = Entry(5, "new", "Waiting", "bob", submitted=NOON + 50, walltime=60, states=spans(("Waiting", 50)))
DURING = JobHistory("during", NOON + 60, (*BEFORE.jobs, NEW), 5)

END = DAY // 2 + 600
"""Ten minutes after midnight: what runs until then is in two windows of accounting."""
OVER = (
    replace(
        RUNNING, state="Terminated", stop=NOON + END, accounted="YES",
        states=spans(*RAN, ("Finishing", END), ("Terminated", END)),
    ),
    replace(
        SUSPENDED, state="Terminated", stop=NOON + 500, accounted="YES",
        states=spans(*RAN, ("Suspended", 20), ("Resuming", 90), ("Running", 91), ("Terminated", 500)),
    ),
    replace(
        RESERVED, state="Terminated", start=NOON + 302, stop=NOON + 322, moldable=3, resources=ProcSet(3), counted=1,
        accounted="YES",
        states=spans(
            ("toAckReservation", 10), ("Waiting", 12), ("toLaunch", 301), ("Launching", 302), ("Running", 302),
            ("Finishing", 322), ("Terminated", 322),
        ),
    ),
    replace(HELD, state="Terminated", accounted="NA", states=(*HELD.states, *spans(("Terminated", 99)))),
    replace(
        NEW, state="Terminated", start=NOON + 70, stop=NOON + 100, moldable=5, resources=ProcSet((6, 7)), counted=1,
        accounted="YES",
        states=spans(("Waiting", 50), ("toLaunch", 69), ("Launching", 70), ("Running", 70), ("Terminated", 100)),
    ),
)  # fmt: skip
ACCOUNTS = (
    # running: 4 resources until ten past midnight, asked for an hour; suspended: 4 resources, 495 s, an hour asked.
    Account(20000 * DAY, "alice", "default", "default", "USED", 4 * (DAY // 2 - 5) + 4 * 495),
    Account(20000 * DAY, "alice", "default", "default", "ASKED", 4 * 3600 + 4 * 3600),
    Account(NIGHT, "alice", "default", "default", "USED", 4 * 600),
    Account(20000 * DAY, "carol", "default", "default", "USED", 20),
    Account(20000 * DAY, "carol", "default", "default", "ASKED", 20),
    Account(20000 * DAY, "bob", "default", "default", "USED", 2 * 30),
    Account(20000 * DAY, "bob", "default", "default", "ASKED", 2 * 60),
)
AFTER = JobHistory("after", NOON + END + 60, OVER, 5, ACCOUNTS, settled=True)


def test_all_is_well() -> None:
    assert breaches((BEFORE, DURING, AFTER)) == ()
    assert breaches(()) == ()
    assert breaches((BEFORE,)) == (), "that jobs are not over is wrong in the end only"


def but(history: JobHistory, name: str, **changes: object) -> JobHistory:
    """The ledger with one job changed."""
    jobs = tuple(replace(each, **changes) if each.name == name else each for each in history.jobs)  # type: ignore[arg-type]
    return replace(history, jobs=jobs)


def without(history: JobHistory, name: str) -> JobHistory:
    return replace(history, jobs=tuple(each for each in history.jobs if each.name != name))


def more_states(name: str, *rows: tuple[str, int]) -> tuple[StateSpan, ...]:
    return (*next(each.states for each in OVER if each.name == name), *spans(*rows))


REWRITTEN = spans(("Waiting", 1), ("toLaunch", 4), ("Launching", 5), ("Running", 5))
DOUBLED = (replace(ACCOUNTS[0], seconds=2 * ACCOUNTS[0].seconds), *ACCOUNTS[1:])
RERUN = (("Running", 5), ("toLaunch", 40), ("Running", 41), ("Terminated", 60))


@pytest.mark.parametrize(
    ("mutation", "rule", "job"),
    [
        (lambda: (BEFORE, without(DURING, "held"), AFTER), "lost", "held"),
        (lambda: (BEFORE, DURING, without(AFTER, "new")), "lost", "new"),
        (lambda: (BEFORE, but(DURING, "new", id=4), AFTER), "ids", ""),
        (lambda: (BEFORE, without(BEFORE, "running"), DURING, AFTER), "ids", "running"),
        (lambda: (BEFORE, DURING, replace(AFTER, last=4)), "ids", ""),
        (lambda: (BEFORE, but(DURING, "held", user="root"), AFTER), "changed", "held"),
        (lambda: (BEFORE, but(DURING, "held", queue="admin"), AFTER), "changed", "held"),
        (lambda: (BEFORE, but(DURING, "reserved", submitted=NOON), AFTER), "changed", "reserved"),
        (lambda: (BEFORE, but(DURING, "running", state="Waiting"), AFTER), "backwards", "running"),
        (lambda: (BEFORE, but(DURING, "running", state="Terminated"), AFTER), None, ""),
        (lambda: (BEFORE, but(DURING, "running", state="Error"), AFTER), "backwards", "running"),
        (lambda: (BEFORE, but(DURING, "running", states=REWRITTEN), AFTER), "rewritten", "running"),
        (lambda: (BEFORE, but(DURING, "suspended", states=()), AFTER), "rewritten", "suspended"),
        (lambda: (BEFORE, DURING, but(AFTER, "running", states=spans(*RAN, *RERUN[1:]))), "twice", "running"),
        (lambda: (BEFORE, DURING, but(AFTER, "new", states=more_states("new", ("Terminated", 200)))), "twice", "new"),
        (lambda: (BEFORE, but(DURING, "running", start=NOON + 9), AFTER), "moved", "running"),
        (lambda: (BEFORE, but(DURING, "suspended", resources=ProcSet((1, 4))), AFTER), "moved", "suspended"),
        (lambda: (BEFORE, but(DURING, "running", moldable=9), AFTER), "moved", "running"),
        (lambda: (BEFORE, but(DURING, "reserved", start=NOON + 400), AFTER), "promise", "reserved"),
        (lambda: (BEFORE, but(DURING, "reserved", reservation="toSchedule"), AFTER), "promise", "reserved"),
        (lambda: (BEFORE, but(DURING, "reserved", state="Running", start=NOON + 290), AFTER), "promise", "reserved"),
        (lambda: (BEFORE, but(DURING, "reserved", state="Running", start=NOON + 376), AFTER), "promise", "reserved"),
        (lambda: (BEFORE, DURING, but(AFTER, "held", state="Error")), "error", "held"),
        (lambda: (BEFORE, DURING, but(AFTER, "held", events=("BESTEFFORT_KILL",))), "error", "held"),
        (lambda: (BEFORE, DURING, but(AFTER, "new", state="Running")), "unfinished", "new"),
        (lambda: (BEFORE, DURING, replace(AFTER, accounts=ACCOUNTS[:-1])), "accounting", ""),
        (lambda: (BEFORE, DURING, replace(AFTER, accounts=(*ACCOUNTS[1:],))), "accounting", ""),
        (lambda: (BEFORE, DURING, replace(AFTER, accounts=DOUBLED)), "accounting", ""),
        (lambda: (BEFORE, DURING, but(AFTER, "new", accounted="NO")), "accounting", "new"),
        (lambda: (BEFORE, DURING, but(AFTER, "held", accounted="YES")), "accounting", "held"),
    ],
)  # fmt: skip
def test_one_thing_wrong_is_found_by_its_rule(
    mutation: Callable[[], tuple[JobHistory, ...]], rule: str | None, job: str
) -> None:
    found = {(breach.rule, breach.job) for breach in breaches(mutation())}
    if rule is None:
        assert found == set()
    else:
        assert (rule, job) in found
        assert {each for each, _ in found} <= set(INVARIANTS)


def test_a_suspended_job_goes_on_after_a_resumption_and_has_started_once() -> None:
    twice = spans(*RAN, ("Suspended", 20), ("Resuming", 30), ("Running", 31), ("Suspended", 40), ("Running", 50))
    assert not [b for b in breaches((but(BEFORE, "suspended", state="Running", states=twice),)) if b.rule == "twice"]


def test_each_job_is_told_once_a_rule() -> None:
    gone = without(DURING, "held")
    found = [breach for breach in breaches((DURING, gone, DURING, gone)) if breach.rule == "lost"]
    assert len(found) == 1


def test_every_wrong_account_is_told() -> None:
    found = [breach for breach in breaches((AFTER,)) + breaches((replace(AFTER, accounts=()),)) if not breach.job]
    assert len(found) == len(ACCOUNTS)
    assert "carol in default: 0 s USED, where the jobs make 20 s" in {breach.why for breach in found}
