"""A small planner of our own: first in, first out, with conservative backfilling. It knows neither scheduler.

What OAR2 2.6.1 documents of its native schedulers, and nothing else, is planned:

- "We have implemented the FIFO with backfilling algorithm" (docs/source/admin/modules.rst, section "Scheduler",
  ``oar_sched_gantt_with_timesharing``). Every job has a predicted start from the first round on, which no later job
  may move: the backfilling is conservative.
- SCHEDULER_JOB_SECURITY_TIME: "Time to add between each jobs" (docs/source/admin/configuration.rst); "default time is
  60 seconds" (sources/core/tools/oar.conf). It is added after each job's walltime, once, also before a job that
  depends on it.
- SCHEDULER_GANTT_HOLE_MINIMUM_TIME: "Minimum time in seconds that can be considered like a hole where a job could be
  scheduled in" (docs/source/admin/configuration.rst).
- "A job dependency is a situation where a job needs the ending of another job to start"
  (docs/source/user/mechanisms.rst, section "Job dependencies").
- "By default the OAR scheduler will launch the moldable job which will end first" (docs/source/user/faq.rst, "How can
  I submit a moldable job?").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from harness.compare.catalogue import Catalogue
from harness.compare.classify import security
from harness.compare.sets import mask_of, procset
from harness.compare.third_opinion.choose_resources import Pickers, choose_all
from harness.compare.third_opinion.occupancy import Occupancy
from harness.model.job import Job
from harness.model.schedule import Placement, Situation


class Planner:
    """Puts jobs into one chart, one after the other; what stands is never moved.

    :param over: names of jobs that have ended without a place; nothing waits for them.
    :ivar placed: the jobs that have a place so far.
    """

    def __init__(self, situation: Situation, pickers: Pickers, over: Iterable[str] = ()) -> None:
        self._now = situation.now
        self._security = security(situation)
        self._hole = _seconds(situation, "SCHEDULER_GANTT_HOLE_MINIMUM_TIME")
        self._awaited = {job.name for job in situation.jobs} - set(over)
        self._pickers = pickers
        self._chart = Occupancy()
        self.placed: dict[str, Placement] = {}

    def hold(self, name: str, place: Placement) -> None:
        """Let a job stand where it stands."""
        self.placed[name] = place
        self._chart.hold(place.start, place.stop + self._security, mask_of(place.resources))

    def place(self, job: Job, spare: int = 0) -> Placement | None:
        """Where a job would go, without putting it there; None if it has to wait for want of a place.

        That is the alternative that ends first (of equal ones the first), at the earliest moment at which it moves
        no job that stands, on the lowest resources that serve it.

        :param spare: seconds that have to stay free beyond the security time.
        """
        after = self._after(job)
        if after is None:
            return None
        best: Placement | None = None
        for index, moldable in enumerate(job.moldables):
            pickers = self._pickers.of(moldable)
            usable = 0
            for picker in pickers:
                usable |= picker.usable
            found = self._chart.earliest(
                after,
                moldable.walltime + self._security + spare,
                self._hole,
                usable,
                sum(picker.least for picker in pickers),
                partial(choose_all, pickers),
            )
            if found is None:
                continue
            start, chosen = found
            if best is None or start + moldable.walltime < best.stop:
                best = Placement(start, start + moldable.walltime, index, procset(chosen))
        return best

    def _after(self, job: Job) -> int | None:
        """The moment from which a job may start; None if what it depends on has no place."""
        after = max(self._now, job.submitted)
        for name in job.after:
            if name in self.placed:
                after = max(after, self.placed[name].stop + self._security)
            elif name in self._awaited:
                return None
        return after


def plan(
    situation: Situation,
    standing: Mapping[str, Placement],
    waiting: Iterable[Job],
    over: Iterable[str] = (),
    pickers: Pickers | None = None,
) -> dict[str, Placement]:
    """The places of the waiting jobs, in the order of their ids; those for which there is none are left out.

    :param standing: what holds resources already.
    :param over: names of jobs that have ended without a place.
    :param pickers: to be used again for several plans of one situation.
    """
    planner = Planner(situation, pickers or Pickers(Catalogue(situation)), over)
    for name, place in standing.items():
        planner.hold(name, place)
    found: dict[str, Placement] = {}
    for job in sorted(waiting, key=lambda job: job.id):
        best = planner.place(job)
        if best is not None:
            planner.hold(job.name, best)
            found[job.name] = best
    return found


def _seconds(situation: Situation, key: str) -> int:
    try:
        return int(situation.conf.get(key, 0))
    except ValueError:
        return 0
