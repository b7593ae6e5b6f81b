"""Hypothesis invents the plainest cases: one queue, FIFO, some jobs running already."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from procset import ProcSet

from harness.compare.catalogue import Catalogue
from harness.compare.sets import procset
from harness.compare.third_opinion.choose_resources import Pickers, choose_all
from harness.model.cluster import parse_cluster
from harness.model.job import Job
from harness.model.schedule import Placement, Situation
from tests.compare.making import HOUR, NOW, situation
from tests.compare.valid_schedules import alternative


@st.composite
def plain(draw: st.DrawFn, *, running: bool = True) -> tuple[Situation, dict[str, Placement]]:
    """A situation, and the places of the jobs that run already."""
    shape = draw(st.sampled_from(["1 nodes x 1 cpus x 3 cores", "3 nodes x 2 cpus x 2 cores", "4 nodes x 1 cpus"]))
    rows = parse_cluster(shape).resources
    one = st.sampled_from(["Alive", "Alive", "Alive", "Suspected", "Absent", "Dead"])
    states = draw(st.lists(one, min_size=len(rows), max_size=len(rows)))
    resources = [replace(row, state=state) for row, state in zip(rows, states, strict=True)]
    every = tuple(r.id for r in resources)
    conf = {
        "SCHEDULER_JOB_SECURITY_TIME": str(draw(st.sampled_from([0, 1, 60]))),
        "SCHEDULER_GANTT_HOLE_MINIMUM_TIME": str(draw(st.sampled_from([0, 300, 2 * HOUR]))),
    }
    jobs: list[Job] = []
    for number in range(1, draw(st.integers(1, 7)) + 1):
        moldables = tuple(alternative(draw, every) for _ in range(draw(st.integers(1, 2))))
        after = (draw(st.sampled_from(jobs)).name,) if jobs and draw(st.integers(0, 3)) == 0 else ()
        jobs.append(Job(f"j{number}", number, submitted=NOW - 60, after=after, moldables=moldables))
    here = situation(*jobs, resources=resources, conf=conf)
    standing: dict[str, Placement] = {}
    pickers, taken = Pickers(Catalogue(here)), ProcSet()
    for job in jobs[: draw(st.integers(0, 2)) if running else 0]:
        of = pickers.of(job.moldables[0])
        free = sum(1 << r for r in every if r not in taken)
        given = procset(choose_all(of, free))
        if given and not job.after:
            start = NOW - draw(st.integers(1, 50))
            standing[job.name] = Placement(start, start + job.moldables[0].walltime, 0, given)
            taken |= given
    return here, standing
