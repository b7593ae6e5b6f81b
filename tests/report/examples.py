"""Runs to report on: one with a bit of everything, made by hand so that a reader can follow it."""

from __future__ import annotations

from dataclasses import replace

from procset import ProcSet

from harness.model.cluster import parse_cluster
from harness.model.difference import Difference, DifferenceClass
from harness.model.fault import ExitCode
from harness.model.job import Group as ResourceGroup
from harness.model.job import Job, Level, Moldable
from harness.model.opinion import Departs, JobOpinion, Opinion
from harness.model.record import Adaptation, CaseRecord, Crash, Kind, Missing, Observation, RunRecord
from harness.model.registry import Registry
from harness.model.result import CaseResult, CombinationResult, RunResult, Status, Verdict
from harness.model.schedule import Fate, Placement, Schedule, Situation

NATIVE = "oar_sched_gantt_with_timesharing"
REFERENCE = f"oar_meta_sched+{NATIVE}_and_fairsharing_and_quotas"
KAMELOT = "oar_meta_sched+kamelot"
KAO = "kao"
EXTERNAL = f"kao-external+{NATIVE}_and_fairsharing_and_placeholder"
FILES = "cases/plan-backfill-3f2a91/kao"
NOW = 1_700_000_000

ENVIRONMENT = {
    "engine": "docker 27.5.1 (brought along)",
    "debian": "trixie",
    "oar2": "2.6.1-1",
    "postgresql": "17.6",
    "oar3": {"version": "3.0.2", "origin": "tree", "sha256": None},
}

TRACEBACK = """\
[info] [2026-11-20 10:00:01] [kao] round starts
Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/oar/kao/meta_sched.py", line 512, in meta_schedule
    ext_scheduler(queue.name)
psycopg2.errors.UndefinedColumn: column jobs.last_karma does not exist
"""


def job(number: int, name: str, nodes: int, walltime: int, *, types: tuple[str, ...] = ()) -> Job:
    """A job that asks for whole nodes."""
    groups = (ResourceGroup((Level("host", nodes),), eligible=ProcSet((1, 16))),)
    return Job(
        name=name,
        id=number,
        user="alice",
        submitted=NOW - 100 + number,
        types=types,
        moldables=(Moldable(walltime, groups),),
    )


JOBS = (job(1, "running", 1, 3600), job(2, "wide", 4, 3600), job(3, "short", 1, 600), job(4, "sweep[3]", 2, 1800))


def place(start: int, walltime: int, first: int, last: int) -> Placement:
    """A placement whose start counts from NOW."""
    return Placement(NOW + start, NOW + start + walltime, 0, ProcSet((first, last)))


def schedule(**placements: Placement | None) -> Schedule:
    """A schedule of planned jobs; ``sweep`` stands for ``sweep[3]``."""
    return Schedule(
        {
            name.replace("sweep", "sweep[3]"): Fate("Waiting" if name != "running" else "Running", placement)
            for name, placement in placements.items()
        }
    )


SITUATION = Situation(
    now=NOW,
    resources=parse_cluster("4 nodes x 2 cpus x 2 cores").resources,
    hierarchy=("host", "cpu", "core"),
    jobs=JOBS,
    conf={"SCHEDULER_JOB_SECURITY_TIME": "60"},
)
TRUSTED = schedule(
    running=place(-600, 3600, 1, 4),
    wide=place(3060, 3600, 1, 16),
    short=place(60, 600, 5, 8),
    sweep=place(60, 1800, 9, 16),
)
OTHER = schedule(
    running=place(-600, 3600, 1, 4),
    wide=place(3060, 3600, 1, 16),
    short=place(6720, 600, 5, 8),
    sweep=place(60, 1800, 5, 12),
)


def _differences(known: str | None = None) -> tuple[Difference, ...]:
    return (
        Difference(
            "sweep[3]",
            DifferenceClass.EQUIVALENT_PLACEMENT,
            "same start, 8 other resources of the same shape",
            place(60, 1800, 9, 16),
            place(60, 1800, 5, 12),
        ),
        Difference(
            "short",
            DifferenceClass.LATER,
            "starts 6660 s later: not backfilled before wide",
            place(60, 600, 5, 8),
            place(6720, 600, 5, 8),
            known,
        ),
    )


def record() -> RunRecord:
    """The history that :func:`result` was judged from."""
    crash = Crash("kao", "traceback", TRACEBACK)
    cases = (
        CaseRecord(
            "plan-backfill-3f2a91",
            Kind.PLAN,
            "a short job fills the hole before a wide one",
            SITUATION,
            REFERENCE,
            60,
            {
                REFERENCE: Observation(REFERENCE, TRUSTED, seconds=2.1),
                KAMELOT: Observation(KAMELOT, OTHER, seconds=1.4),
                EXTERNAL: Observation(EXTERNAL, OTHER, seconds=1.6),
                KAO: Observation(KAO, None, crashes=(crash,), seconds=1.2, artefacts=FILES),
            },
            source="scenarios/planning/backfill.toml",
        ),
        CaseRecord(
            "plan-alone-77c0de",
            Kind.PLAN,
            "one job alone starts at once",
            SITUATION,
            REFERENCE,
            60,
            {c: Observation(c, TRUSTED, seconds=1.0) for c in (REFERENCE, KAMELOT, EXTERNAL, KAO)},
        ),
    )
    return RunRecord(
        ENVIRONMENT,
        REFERENCE,
        (REFERENCE, KAMELOT, EXTERNAL, KAO),
        cases,
        {KAO: (_ADAPTATION,)},
        (_MISSING,),
        "./oar-compat run --case {case}",
    )


_ADAPTATION = Adaptation(
    "column:jobs.last_karma", "ALTER TABLE jobs ADD last_karma real", "column jobs.last_karma does not exist"
)
_MISSING = Missing(
    "kao-external+kamelot",
    "kamelot 3.0.2 does not import on trixie",
    "give a copy that does: --oar3 PATH",
)


_OPINION = Opinion((JobOpinion("short", Departs.REFERENCE, place(0, 600, 5, 8)), JobOpinion("wide", Departs.NEITHER)))


def _case(candidate: str, status: Status, differences: tuple[Difference, ...] = (), why: str = "") -> CaseResult:
    case = "plan-backfill-3f2a91" if status is not Status.AGREES else "plan-alone-77c0de"
    title = "a short job fills the hole before a wide one" if differences else "one job alone starts at once"
    return CaseResult(
        case,
        Kind.PLAN,
        title,
        candidate,
        status,
        3.5,
        differences,
        {"identical": 4 - len(differences)},
        FILES if status is Status.CRASH else "",
        f"./oar-compat run --case {case} --combination {candidate}",
        why,
    )


def result() -> RunResult:
    """A bit of everything: an incompatible, a crashed, a known and a missing combination."""
    crash = (Difference("", DifferenceClass.CRASH, "kao: traceback: column jobs.last_karma does not exist"),)
    cases = (
        replace(_case(KAMELOT, Status.DIFFERS, _differences()), opinion=_OPINION),
        _case(KAMELOT, Status.AGREES),
        _case(EXTERNAL, Status.KNOWN, _differences("KD-003")),
        _case(EXTERNAL, Status.AGREES),
        _case(KAO, Status.CRASH, crash),
        _case(KAO, Status.AGREES),
    )
    differs = {"identical": 6, "equivalent-placement": 1, "later": 1}
    return RunResult(
        Verdict.INCOMPATIBLE,
        ExitCode.INCOMPATIBLE,
        ENVIRONMENT,
        REFERENCE,
        (
            CombinationResult(REFERENCE, Verdict.COMPATIBLE, cases=2),
            CombinationResult(KAMELOT, Verdict.INCOMPATIBLE, cases=2, differences=differs),
            CombinationResult(EXTERNAL, Verdict.COMPATIBLE_WITH_KNOWN_DIFFERENCES, cases=2, differences=differs),
            CombinationResult(KAO, Verdict.INCOMPATIBLE, (_ADAPTATION,), 2, {"identical": 4, "crash": 1}),
        ),
        cases,
        (_MISSING,),
    )


def without_oar3() -> RunResult:
    """What a machine without a copy of OAR3 reports: all that ran agrees, and it is loudly not enough."""
    natives = [f"oar_meta_sched+{NATIVE}{suffix}" for suffix in ("", "_and_fairsharing", "_and_placeholder")]
    missing = tuple(
        Missing(
            combination,
            "no copy of OAR3 was found, and the release page cannot be reached",
            "get the .debs or a source tree of OAR3 and give it: ./oar-compat run --oar3 PATH",
        )
        for combination in (KAMELOT, KAO, "kao-external+kamelot", EXTERNAL)
    )
    return RunResult(
        Verdict.INCONCLUSIVE,
        ExitCode.INCONCLUSIVE,
        {**ENVIRONMENT, "oar3": None},
        REFERENCE,
        tuple(CombinationResult(c, Verdict.COMPATIBLE, cases=1, differences={"identical": 4}) for c in natives),
        tuple(_case(c, Status.AGREES) for c in natives),
        missing,
    )


def whole_matrix() -> RunResult:
    """Every combination there is, 40 cases each, with differences of several kinds and a case that did not run."""
    ids = [c.id for c in Registry().all()]
    cases = []
    for place_, candidate in enumerate(ids[1:]):
        for n in range(40):
            status, differences, why = Status.AGREES, (), ""
            if "kao" in candidate and n < place_ - 3:
                status, differences = Status.DIFFERS, (_later(f"sweep[{n}]", 60 * (n + 2)),)
            elif "kamelot" in candidate and n == 39:
                status, why = Status.NOT_RUN, "the lane's PostgreSQL did not answer within 60 s"
            elif candidate.endswith("placeholder") and n == 38:
                status, differences = Status.INVALID, (_invalid(),)
            cases.append(
                CaseResult(f"replay-{n:04x}", Kind.REPLAY, "a month", candidate, status, 1.0, differences, why=why)
            )
    verdicts = [
        Verdict.COMPATIBLE if "kao" not in i and "placeholder" not in i else Verdict.INCOMPATIBLE for i in ids
    ]
    return RunResult(
        Verdict.INCOMPATIBLE,
        ExitCode.INCOMPATIBLE,
        ENVIRONMENT,
        ids[0],
        tuple(CombinationResult(i, v, cases=40) for i, v in zip(ids, verdicts, strict=True)),
        tuple(cases),
    )


def _later(name: str, seconds: int) -> Difference:
    return Difference(name, DifferenceClass.LATER, f"{name} starts {seconds} s later, 300 s is the tolerance")


def _invalid() -> Difference:
    why = "holds resource 12 from +0:10:00 on, which held[2] holds until +0:20:00, and neither is of type timesharing"
    return Difference("held[1]", DifferenceClass.INVALID, why)
