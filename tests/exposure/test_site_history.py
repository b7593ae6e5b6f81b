"""How many jobs of a made-up history each departure hits: as counted by hand, and as told by another way."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace
from pathlib import Path

import pytest

from harness.exposure.departure_conditions import read_conditions
from harness.exposure.exposed_site import read_site
from harness.exposure.exposure_result import DepartureExposure, Exposure, expose
from harness.exposure.site_history import HistoryFound, SiteHistory
from harness.model.fault import ConfigurationFault
from tests.exposure.histories import BEGIN, MadeJob, write_history, write_site

TOP = Path(__file__).resolve().parents[2]
ALL = read_conditions(TOP / "fixtures" / "departures")
LABELS = {"HIERARCHY_LABELS": "resource_id,network_address,host,core"}


BOX = MadeJob(1, types=("container",), walltime=7200, lasts=900)
SHORT_BOX = replace(BOX, walltime=3600)


def look(folder: Path, span: int = 0, *combinations: str) -> tuple[dict[str, DepartureExposure], HistoryFound]:
    site = read_site(folder, combinations)
    found = SiteHistory(site, ALL, span).scan()
    return {each.entry.id: each for each in expose(site, ALL, found)}, found


def hit(tmp_path: Path, *jobs: MadeJob, conf: dict[str, str] | None = None) -> dict[str, int]:
    """The jobs that each departure hits for certain."""
    folder = write_site(tmp_path / "site", {**LABELS, **(conf or {})})
    write_history(folder, jobs)
    return {name: each.hits.jobs for name, each in look(folder)[0].items() if each.hits.jobs and each.certain}


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ([MadeJob(1)], {}),
        ([MadeJob(1, types=("postpone=2026-01-01 00:00:00",))], {"D-TYPES-01": 1}),
        ([MadeJob(1, types=("timesharing=user,*",))], {"D-TYPES-04": 1}),
        ([MadeJob(1, types=("timesharing=*,*",))], {}),
        ([MadeJob(1, types=("besteffort",), walltime=300)], {}),
        ([MadeJob(1, types=("besteffort",), walltime=301)], {"D-TYPES-08": 1}),
        ([MadeJob(1, groups=((("host", 1),), (("host", 1),)))], {"D-REQUESTS-01": 1}),
        ([MadeJob(1, groups=((("host", 1), ("core", -1)),))], {"D-REQUESTS-04": 1}),
        ([MadeJob(1, groups=((("host", -1),),))], {}),
        ([MadeJob(1, groups=((("host", -1),),), properties="mem = 64")], {"D-REQUESTS-03": 1}),
        ([MadeJob(1, properties="gpu = 'yes'")], {"D-REQUESTS-05": 1}),
        ([MadeJob(1, properties="mem = '64'")], {}),
        ([MadeJob(1, groups=((("host", 1), ("core", 1)),), properties="gpu = 'yes'")], {}),
        ([MadeJob(1, groups=((("rack", 1),),))], {"D-REQUESTS-02": 1, "D-PLANNING-01": 1}),
        ([MadeJob(1, start=0, lasts=3661)], {"D-TIME-02": 1}),
        ([MadeJob(1, start=0, lasts=3660)], {}),
        ([MadeJob(1, states=("Suspended",))], {"D-LIVE-01": 1, "D-LIVE-30": 1}),
        ([MadeJob(1, lasts=1000), MadeJob(2, after=(1,), submitted=10, start=1000)], {"D-DEPENDENCIES-02": 1}),
        ([MadeJob(1, lasts=10), MadeJob(2, after=(1,), submitted=50)], {}),
        ([MadeJob(1, lasts=10, code=3), MadeJob(2, after=(1,), submitted=50)], {"D-LIVE-04": 1}),
        (
            [
                MadeJob(1, lasts=1000),
                MadeJob(2, after=(1,), submitted=5, start=1010),
                MadeJob(3, after=(2,), submitted=6, start=2000),
            ],
            {"D-DEPENDENCIES-01": 1, "D-DEPENDENCIES-02": 2, "D-PLANNING-01": 1},
        ),
        (
            [
                MadeJob(1, types=("container",), walltime=7200, lasts=900),
                MadeJob(2, types=("inner=1",), submitted=20),
            ],
            {},
        ),
        (
            [BOX, MadeJob(2, types=("inner=1",), submitted=5)],
            {"D-TYPES-16": 1},
        ),
        ([MadeJob(2, types=("inner=1",))], {"D-TYPES-11": 1, "D-PLANNING-01": 1}),
        (
            [
                MadeJob(1, types=("container",), walltime=3600, lasts=900),
                MadeJob(2, types=("inner=1",), submitted=20),
            ],
            {"D-TYPES-15": 1, "D-PLANNING-03": 1},
        ),
        ([MadeJob(n, start=1000) for n in range(1, 32)], {"D-ORDER-03": 1}),
        ([MadeJob(n, start=1000, user=f"u{n % 2}") for n in range(1, 32)], {}),
    ],
)
def test_a_departure_hits_the_jobs_that_are_what_it_takes(
    tmp_path: Path, jobs: list[MadeJob], expected: dict[str, int]
) -> None:
    assert hit(tmp_path, *jobs) == expected


def made_up(seed: int) -> list[MadeJob]:
    choose = random.Random(seed)
    kinds = [
        "besteffort",
        "deadline=2026-01-01 10:00:00",
        "timesharing=*,name",
        "deploy",
        "state=permissive",
        "noop=standby",
    ]
    jobs = []
    for number in range(1, 401):
        jobs.append(
            MadeJob(
                number,
                user=f"u{choose.randrange(9)}",
                project=f"p{choose.randrange(4)}",
                submitted=60 * number,
                start=choose.choice([None, 10, 500]),
                lasts=choose.choice([100, 900, 4000]),
                walltime=choose.choice([60, 300, 301, 7200]),
                types=tuple(choose.sample(kinds, choose.choice([0, 0, 1, 2]))),
                groups=choose.choice(
                    [((("host", 1),),), ((("host", -3),),), ((("host", 1), ("core", -2)),), ((("core", 2),),) * 2]
                ),
                reservation=choose.choice(["None", "None", "Scheduled"]),
                cores=tuple(choose.sample(range(1, 9), choose.randrange(1, 5))),
                checkpoint=choose.choice([0, 60]),
            )
        )
    choose.shuffle(jobs)
    return jobs


def independently(job: MadeJob) -> set[str]:
    """What hits a job, told without the words of conditions."""
    names = [kind.split("=")[0] for kind in job.types]
    found = set()
    if "deadline" in names:
        found.add("D-TYPES-01")
    if "timesharing" in names:
        found.add("D-TYPES-04")
    if "timesharing" in names and "besteffort" in names:
        found.add("D-TYPES-07")
    if "besteffort" in names and job.walltime > 300:
        found.add("D-TYPES-08")
    if "state" in names:
        found.add("D-TYPES-09")
    if "noop" in names:
        found.add("D-TYPES-10")
    if "deadline" in names and "besteffort" in names:
        found.add("D-TYPES-13")
    if len(job.groups) > 1:
        found.add("D-REQUESTS-01")
    if ("core", -2) in job.groups[0]:
        found.add("D-REQUESTS-04")
    if ("host", -3) in job.groups[0]:
        found.add("D-REQUESTS-07")
    if job.reservation == "Scheduled":
        found.add("D-RESERVATIONS-01")
    if job.start is not None and job.lasts is not None and job.lasts > job.walltime + 60:
        found.add("D-TIME-02")
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_made_up_history_is_counted_as_another_way_counts_it(tmp_path: Path, seed: int) -> None:
    jobs = made_up(seed)
    folder = write_site(tmp_path / "site", LABELS)
    write_history(folder, jobs)
    shown, found = look(folder)
    used = {job.number: (job.lasts or 0) * len(job.cores) if job.start is not None else 0 for job in jobs}
    newest = max(job.submitted for job in jobs)
    for job in jobs:
        # What is not over by the last submission has had what it had by then.
        if job.start is not None:
            end = min(job.submitted + job.start + (job.lasts or 0), max(newest, job.submitted + job.start))
            used[job.number] = (end - job.submitted - job.start) * len(job.cores)
    by_id: dict[str, list[MadeJob]] = {}
    for job in jobs:
        for name in independently(job):
            by_id.setdefault(name, []).append(job)
    certain = {name: each for name, each in shown.items() if each.hits.jobs and each.certain}
    assert {name: each.hits.jobs for name, each in certain.items()} == {name: len(own) for name, own in by_id.items()}
    assert found.jobs == 400
    assert found.hit_jobs == sum(bool(independently(job)) for job in jobs)
    assert found.core_seconds == sum(used.values())
    for name, own in by_id.items():
        hits = certain[name].hits
        assert (hits.users, hits.projects) == (len({job.user for job in own}), len({job.project for job in own}))
        assert hits.core_seconds == sum(used[job.number] for job in own)
        assert hits.first == BEGIN + min(job.submitted for job in own)
        assert hits.last == BEGIN + max(job.submitted for job in own)
        assert len(hits.examples) == min(3, len(own))
        assert {example.job for example in hits.examples} <= {job.number for job in own}


def test_only_jobs_of_the_period_count(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "site", LABELS)
    day = 86400
    write_history(folder, [MadeJob(n, submitted=n * day, types=("deadline=x",)) for n in range(1, 11)])
    shown, found = look(folder, 3 * day)
    assert (found.jobs, shown["D-TYPES-01"].hits.jobs) == (4, 4)
    assert shown["D-TYPES-01"].hits.first == BEGIN + 7 * day


def test_what_waits_now_is_told_apart(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "site", LABELS)
    waits = MadeJob(2, start=None, lasts=None, state="Waiting", types=("deadline=x",))
    write_history(folder, [MadeJob(1, types=("deadline=x",)), waits])
    hits = look(folder)[0]["D-TYPES-01"].hits
    assert (hits.jobs, hits.queued) == (2, 1)


def test_a_departure_that_no_column_tried_does_cannot_happen(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "site", LABELS)
    write_history(folder, [MadeJob(1, reservation="Scheduled")])
    shown = look(folder, 0, "oar_meta_sched+kamelot")[0]
    assert shown["D-RESERVATIONS-01"].exposure is Exposure.IMPOSSIBLE
    assert "none of the columns tried" in shown["D-RESERVATIONS-01"].why[0]
    assert look(folder, 0, "kao-external+kamelot")[0]["D-RESERVATIONS-01"].hits.jobs == 1


def test_jobs_of_a_queue_that_keeps_its_scheduler_are_not_hit(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "site", LABELS)
    both = [MadeJob(1, types=("deadline=x",)), MadeJob(2, queue="admin", types=("deadline=x",))]
    write_history(folder, both)
    assert look(folder, 0, "oar_meta_sched+kamelot")[0]["D-TYPES-01"].hits.jobs == 2
    assert look(folder, 0, "oar_meta_sched+kamelot:default")[0]["D-TYPES-01"].hits.jobs == 1


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("D-TYPES-01", "job_types"),
        ("D-REQUESTS-04", "job_resource_descriptions"),
        ("D-DEPENDENCIES-02", "job_dependencies"),
        ("D-LIVE-01", "job_state_logs"),
        ("D-STATE-01", "resource_logs"),
        ("D-TIME-02", "moldable_job_descriptions"),
    ],
)
def test_without_the_table_that_tells_it_nothing_is_cleared(tmp_path: Path, name: str, table: str) -> None:
    folder = write_site(tmp_path / "site", LABELS)
    write_history(folder, [MadeJob(1)])
    assert look(folder)[0][name].exposure is Exposure.NOT_ASKED
    (folder / "database" / f"{table}.tsv").unlink()
    each = look(folder)[0][name]
    assert each.exposure is Exposure.UNTOLD
    assert table in each.why[0]


def test_without_a_history_no_departure_of_jobs_is_cleared(tmp_path: Path) -> None:
    shown, found = look(write_site(tmp_path / "site", LABELS))
    assert found.jobs == 0
    assert shown["D-TYPES-01"].exposure is Exposure.UNTOLD
    assert not [each for each in shown.values() if each.exposure is Exposure.NOT_ASKED and not each.why]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_table_that_is_cut_off_is_a_fault(tmp_path: Path, suffix: str) -> None:
    folder = write_site(tmp_path / "site", LABELS)
    write_history(folder, [MadeJob(n) for n in range(1, 50)])
    path = folder / "database" / "jobs.tsv"
    text = path.read_bytes()
    path.unlink()
    cut = gzip.compress(text)[:-12] if suffix else text[:-20]
    (folder / "database" / f"jobs.tsv{suffix}").write_bytes(cut)
    with pytest.raises(ConfigurationFault, match="import it again") as fault:
        look(folder)
    assert "jobs.tsv" in str(fault.value)


def test_a_condition_that_sqlite_cannot_read_clears_nothing(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "site", LABELS)
    write_history(folder, [MadeJob(1, properties="gpu ~ 'y.s'")])
    each = look(folder)[0]["D-REQUESTS-05"]
    assert each.exposure is Exposure.UNTOLD
    assert "of 1 job a" in each.why[0]
