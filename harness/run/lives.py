"""The live cases of a campaign: each observation on a lane of its own, several lanes at a time."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from harness.live.case import LiveCase, lane_options
from harness.model.fault import Fault
from harness.model.record import Observation
from harness.run.arms import Arm
from harness.run.case import Case
from harness.run.ledger import Ledger
from harness.run.workshop import Workshop, told


def observe_live(workshop: Workshop, ledger: Ledger, cases: Iterable[Case], lanes: int) -> None:
    """Observe the cases under their columns; raises MachineFault where the engine is gone.

    :param lanes: how many at a time.
    """
    # OAR3's rounds take longest, so they go first: nobody waits for a single last lane.
    work = [(case, arm) for case in cases for arm in reversed(ledger.arms(case))]
    if not work:
        return
    pool = ThreadPoolExecutor(lanes, thread_name_prefix="lane")
    try:
        for done in [pool.submit(_observe, workshop, ledger, case, arm) for case, arm in work]:
            done.result()
    except BaseException:
        workshop.abort()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _observe(workshop: Workshop, ledger: Ledger, case: Case, arm: Arm) -> None:
    ledger.started(case, arm)
    statements = workshop.prepared(arm.source).statements
    began = time.monotonic()
    try:
        with workshop.lane(f"live-{_short(case.id, arm.id)}", arm, **lane_options(case.scenario)) as lane:
            observation = LiveCase(lane, case.scenario, arm.combination).observe(
                statements, ledger.artefacts(case), column=arm.id
            )
        if observation.situation:
            ledger.situate(case, observation.situation, arm)
    except (Fault, SQLAlchemyError) as fault:
        workshop.check(fault)
        observation = Observation(arm.id, not_run=told(fault), seconds=round(time.monotonic() - began, 3))
    ledger.keep(case, arm, observation)


def _short(*names: str) -> str:
    """A name for a lane, different for different names."""
    return hashlib.sha256("\0".join(names).encode()).hexdigest()[:8]
