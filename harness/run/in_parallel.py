"""Observations on lanes of their own, several at a time."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from harness.engine import ending
from harness.model.fault import Fault, LostServer
from harness.model.record import Observation
from harness.run.case import Case
from harness.run.columns import Column
from harness.run.events import Stage
from harness.run.lane_provider import LaneProvider, describe_fault
from harness.run.recorder import Recorder, empty_situation

_log = logging.getLogger(__name__)

Observe = Callable[[Case, Column], Observation]
Keep = Callable[[Case, Column, Observation], None]


def side_by_side(
    provider: LaneProvider, recorder: Recorder, cases: Iterable[Case], lanes: int, observe: Observe
) -> None:
    """Observe the cases under their columns; raises MachineFault if the engine is gone.

    :param lanes: how many at a time.
    :param observe: makes one observation; its Fault is recorded in place of one.
    """
    # OAR3's rounds take longest, so they go first: nobody waits for a single last lane.
    work = [(case, column) for case in cases for column in reversed(recorder.columns(case))]
    at_once(provider, lanes, [partial(record, provider, recorder, case, column, observe) for case, column in work])


def at_once(provider: LaneProvider, lanes: int, calls: Sequence[Callable[[], None]]) -> None:
    """Make the calls, ``lanes`` at a time; if one raises anything, every lane is ended, and it is raised."""
    if not calls:
        return
    pool = ThreadPoolExecutor(lanes, thread_name_prefix="lane")
    try:
        for done in as_completed([pool.submit(call) for call in calls]):
            done.result()
    except BaseException:  # also by the signal that ends the run: the main thread waits here
        provider.abort()
        raise
    finally:
        if provider.closed:
            # A second signal may have come while the lanes were ended: nobody is to wait for one that is left.
            provider.abort()
        pool.shutdown(wait=True, cancel_futures=True)


def record(
    provider: LaneProvider,
    recorder: Recorder,
    case: Case,
    column: Column,
    observe: Observe,
    keep: Keep | None = None,
) -> None:
    """Make one observation and keep it, or why it could not be made; raises MachineFault if the engine is gone.

    One whose server was lost is made once more, on another, and says so. Raises Ended, and keeps nothing, if the
    run is being ended: what is then not there was not observed.

    :param keep: what is done with it; default: it is kept, and may be judged.
    """
    ending.check()
    recorder.started(case, column)
    began = time.monotonic()
    again = ""
    try:
        try:
            observation = observe(case, column)
        except LostServer as fault:
            ending.check()
            provider.check(fault)
            again = describe_fault(fault)
            _log.warning("%s under %s: a server was lost: %s", case.id, column.id, again, extra={"shown": True})
            recorder.notify(Stage(f"{case.kind} {column.id}: a server was lost ({again}); once more on another"))
            observation = replace(observe(case, column), again=again)
        recorder.situate(case, observation.situation or empty_situation(case.scenario), column)
    except (Fault, SQLAlchemyError) as fault:
        ending.check()
        provider.check(fault)
        why = f"{describe_fault(fault)}; the first time: {again}" if again else describe_fault(fault)
        observation = Observation(column.id, not_run=why, seconds=round(time.monotonic() - began, 3), again=again)
    except InterruptedError:
        raise
    except Exception as error:
        if provider.closed:
            raise
        recorder.unforeseen(case, [column], error)
        return
    (keep or recorder.keep)(case, column, observation)


def short(*names: str) -> str:
    """A name for a lane, different for different names."""
    return hashlib.sha256("\0".join(names).encode()).hexdigest()[:8]
