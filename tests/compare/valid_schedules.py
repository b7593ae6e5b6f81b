"""Makes valid schedules: a slow and simple scheduler that shares no code with the rules, and situations for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st
from procset import ProcSet

from harness.model.cluster import Resource, parse_cluster
from harness.model.job import ALL, BEST, Group, Job, Level, Moldable
from harness.model.schedule import Fate, Placement, Schedule, Situation
from tests.compare.making import HOUR, NOW, situation

LEVELS = ("host", "cpu", "core")
PLAIN, RESERVED = "plain", "reserved"


@dataclass
class Placed:
    job: Job
    start: int
    stop: int
    resources: frozenset[int]
    inside: str


def take(levels: tuple[Level, ...], whole: dict[int, Resource], free: set[int]) -> set[int] | None:
    """Some of the free resources that serve a request, from all that could; None if none do."""
    if not levels:
        return set(free) if free and len(free) == len(whole) else None
    level, rest = levels[0], levels[1:]
    blocks: dict[object, dict[int, Resource]] = {}
    for identity, resource in whole.items():
        blocks.setdefault(resource.properties[level.property], {})[identity] = resource
    found = [t for b in blocks.values() if (t := take(rest, b, free & set(b))) is not None]
    wanted = {ALL: len(blocks), BEST: len(found)}.get(level.count, level.count)
    if not wanted or len(found) < wanted:
        return None
    return set().union(*found[:wanted])


def _share(one: Job, other: Job) -> bool:
    mine, yours = one.type("timesharing"), other.type("timesharing")
    if mine is not None and mine == yours:
        return mine == "*,*" or (mine == "user,*" and one.user == other.user)
    pairs = ((one, other), (other, one))
    return any(a.type("placeholder") is not None and a.type("placeholder") == b.type("allowed") for a, b in pairs)


def _clash(job: Job, inside: str, booked: Placed) -> bool:
    if booked.job.name == inside:
        return False
    if inside != booked.inside:
        return True
    return not _share(job, booked.job)


def _put(job: Job, others: list[Placed], resources: dict[int, Resource], earliest: int, inside: str) -> Placed | None:
    frame = next((b for b in others if b.job.name == inside), None)
    if inside and frame is None:
        return None
    for index, moldable in enumerate(job.moldables):
        times = sorted({earliest, *(b.stop + 1 for b in others if b.stop + 1 > earliest)})
        for start in times if job.reservation is None else [job.reservation]:
            stop = start + moldable.walltime
            if frame and (start < frame.start or stop > frame.stop):
                continue
            busy = {
                r for b in others if b.start < stop and start < b.stop and _clash(job, inside, b) for r in b.resources
            }
            given: set[int] = set()
            for group in moldable.groups:
                whole = {i: resources[i] for i in group.eligible if resources[i].state != "Dead"}
                free = {i for i in whole if resources[i].state == "Alive"} - busy - given
                if frame:
                    free &= frame.resources
                got = take(group.levels, whole, free)
                if got is None:
                    break
                given |= got
            else:
                return Placed(replace(job, moldables=job.moldables[index:]), start, stop, frozenset(given), inside)
    return None


@st.composite
def valid(draw: st.DrawFn, *, timeline: bool = False) -> tuple[Situation, Schedule]:
    """A situation, and a valid schedule of it: a plan, or with ``timeline`` what ran."""
    nodes, cpus, cores = draw(st.integers(1, 4)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    rows = parse_cluster(f"{nodes} nodes x {cpus} cpus x {cores} cores").resources
    one = st.sampled_from(["Alive", "Alive", "Alive", "Suspected", "Dead"])
    states = draw(st.lists(one, min_size=len(rows), max_size=len(rows)))
    resources = [replace(row, state=state) for row, state in zip(rows, states, strict=True)]
    by_id = {r.id: r for r in resources}
    jobs: list[Job] = []
    fates: dict[str, Fate] = {}
    others: list[Placed] = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        job, inside = _job(draw, number, tuple(by_id), others)
        starts = [b.stop for b in others if b.job.name in job.after]
        found = _put(job, others, by_id, max([NOW, *starts]), inside)
        jobs.append(job)
        if found is None:
            fates[job.name] = Fate("Waiting")
            continue
        others.append(found)
        index = len(job.moldables) - len(found.job.moldables)
        place = Placement(found.start, found.stop, index, ProcSet(*found.resources))
        fates[job.name] = Fate("Waiting", place)
    if timeline:
        fates = {n: replace(f, state="Terminated" if f.placement else "Error") for n, f in fates.items()}
    return situation(*jobs, resources=resources), Schedule(fates)


def _job(draw: st.DrawFn, number: int, every: tuple[int, ...], others: list[Placed]) -> tuple[Job, str]:
    kind = draw(
        st.sampled_from(
            [
                PLAIN,
                PLAIN,
                PLAIN,
                RESERVED,
                "timesharing=user,*",
                "timesharing=*,*",
                "container",
                "inner",
                "placeholder=x",
                "allowed=x",
            ]
        )
    )
    containers = [b.job for b in others if b.job.type("container") is not None]
    inside = draw(st.sampled_from(containers)).name if kind == "inner" and containers else ""
    types = (f"inner={inside}",) if inside else (() if kind in (PLAIN, RESERVED, "inner") else (kind,))
    moldables = tuple(alternative(draw, every) for _ in range(draw(st.integers(1, 2))))
    placed = [b.job.name for b in others if b.job.type("container") is None]
    after = (draw(st.sampled_from(placed)),) if placed and kind == PLAIN and draw(st.booleans()) else ()
    job = Job(
        name=f"j{number}",
        id=number,
        user=draw(st.sampled_from(["ann", "bob"])),
        submitted=NOW - draw(st.integers(0, 100)),
        reservation=NOW + draw(st.integers(0, 3)) * HOUR if kind == RESERVED else None,
        types=types,
        after=after,
        moldables=moldables,
    )
    return job, inside


def alternative(draw: st.DrawFn, every: tuple[int, ...]) -> Moldable:
    walltime = draw(st.sampled_from([60, HOUR, 2 * HOUR]))
    if draw(st.booleans()):
        return Moldable(walltime, (_group(draw, every),))
    cut = draw(st.integers(0, len(every)))
    return Moldable(walltime, tuple(_group(draw, part) for part in (every[:cut], every[cut:]) if part))


def _group(draw: st.DrawFn, every: tuple[int, ...]) -> Group:
    used = [name for name in LEVELS if draw(st.booleans())] or ["core"]
    levels = tuple(Level(name, draw(st.sampled_from([1, 1, 2, ALL, BEST]))) for name in used)
    return Group(levels, "some condition", ProcSet(*every))
