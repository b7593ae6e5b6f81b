from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.cluster import RESOURCE_STATES, Cluster, Resource, parse_cluster
from harness.model.record import Kind
from harness.oarsub.submission import Submission, parse_oarsub
from harness.workload.cluster_files import LIBRARY, load_cluster
from harness.workload.plan_times import made_after
from harness.workload.scenario import Queue, Scenario, load_scenario, parse_scenario
from harness.workload.scenario_dump import dump_scenario
from harness.workload.scenario_job import ScenarioJob

SHIPPED = sorted((LIBRARY.parents[1] / "scenarios").rglob("*.toml"))

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
)
VISIBLE = TEXT.filter(lambda text: text.strip() != "")
NAME = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True).filter(lambda name: name != "valid")
SECONDS = st.integers(0, 10**6)
SHAPE = st.builds(
    "{} nodes x {} cpus x {} cores".format, st.integers(1, 3), st.integers(1, 2), st.integers(1, 3)
).map(parse_cluster)


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """Plain shapes, the same with rows that are missing or down, and licences."""
    plain = draw(SHAPE)
    rows = [row for row in plain.resources if draw(st.integers(0, 9))] or [plain.resources[0]]
    changed = [
        replace(row, state=draw(st.sampled_from(RESOURCE_STATES))) if not draw(st.integers(0, 4)) else row
        for row in rows
    ]
    for number in range(draw(st.integers(0, 2))):
        changed.append(Resource(rows[-1].id + number + 1, "", type="licence", properties={"licence": f"l{number}"}))
    return Cluster(tuple(changed), plain.hierarchy)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    cluster = draw(clusters())
    names = draw(st.lists(NAME, min_size=1, max_size=4, unique=True))
    jobs: list[ScenarioJob] = []
    for name in names:
        words = ["oarsub", "-l", "core=1", "-n", draw(TEXT), "-t", "noop"]
        if draw(st.booleans()):
            words += ["--array", str(draw(st.integers(1, 3)))]
        if jobs and draw(st.booleans()):
            words += ["-a", draw(st.sampled_from(jobs[-1].names))]
        booked = draw(st.booleans())
        if booked:
            words += ["-r", f"+{draw(SECONDS)}"]
        submission = parse_oarsub(Submission(tuple(words)).line)
        runtime = draw(st.none() | st.integers(1, 9999))
        user = draw(st.sampled_from(["alice", "bob"]))
        at = 10 * len(jobs)
        on: tuple[int, ...] = ()
        if submission.array == 1:
            ids = [resource.id for resource in cluster.resources]
            on = tuple(sorted(draw(st.sets(st.sampled_from(ids), max_size=3))))
        earliest = at + (submission.reservation.start if submission.reservation else 0)
        started = earliest + draw(SECONDS) if on and not (booked and draw(st.booleans())) else None
        jobs.append(ScenarioJob(name, user, submission, at, runtime, started, on))
    everyone = [name for job in jobs for name in job.names]
    words = st.fixed_dictionaries(
        {},
        optional={
            "starts-with": st.sampled_from(everyone),
            "starts-at-most": SECONDS.map(lambda seconds: seconds + made_after(jobs)),
            "state": st.just("Running"),
            "nodes": st.integers(0, 4),
        },
    ).filter(bool)
    expect = draw(st.dictionaries(st.sampled_from(everyone), words, max_size=2))
    return Scenario(
        title=draw(VISIBLE),
        cluster=cluster,
        jobs=tuple(jobs),
        kinds=(Kind.PLAN,)
        if any(job.on for job in jobs)
        else draw(st.sampled_from([(Kind.PLAN,), (Kind.LIVE,), (Kind.PLAN, Kind.LIVE)])),
        conf=draw(st.dictionaries(st.sampled_from(["A", "B_1"]), st.sampled_from(["", "60", "a b", "\\x"]))),
        queues=draw(st.sampled_from([(), (Queue("night", 5), Queue("day", 0, "kamelot"))])),
        admission=tuple(draw(st.lists(TEXT, max_size=2))),
        files=draw(st.dictionaries(st.sampled_from(["a", "b.txt"]), st.just("") | TEXT)),
        tolerance=draw(st.none() | SECONDS),
        only=draw(st.sampled_from([(), ("kao*",)])),
        not_applicable=draw(st.dictionaries(VISIBLE, VISIBLE, max_size=2)),
        expect={**expect, **draw(st.sampled_from([{}, {"valid": True}]))},
    )


@settings(deadline=None)  # the first example of a worker is slow
@given(scenarios())
def test_what_is_written_is_read_as_the_same(scenario: Scenario) -> None:
    text = dump_scenario(scenario, comment="found by\nfuzzing")
    assert text.startswith("# found by\n# fuzzing\n")
    assert parse_scenario(text) == scenario


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_survives(path: Path) -> None:
    scenario = load_scenario(path)
    assert parse_scenario(dump_scenario(scenario)) == scenario


def test_a_plain_cluster_is_written_in_words() -> None:
    scenario = Scenario("t", parse_cluster("2 nodes x 1 cpu x 2 cores"), (_job(),))
    assert 'cluster = "2 nodes x 1 cpus x 2 cores"\n' in dump_scenario(scenario)


def test_conditions_stay_readable() -> None:
    line = """oarsub -p "host = 'node1'" -l /core=1 "sleep 600\""""
    scenario = Scenario("t", parse_cluster("1 node"), (ScenarioJob("one", "alice", parse_oarsub(line)),))
    assert f"submit = '''{line}'''\n" in dump_scenario(scenario)


def test_nodes_of_one_kind_are_written_together() -> None:
    scenario = Scenario("t", load_cluster(LIBRARY / "heterogeneous.toml"), (_job(),))
    assert dump_scenario(scenario).count("[[cluster.node]]") == 4


def _job() -> ScenarioJob:
    return ScenarioJob("one", "alice", parse_oarsub("oarsub -l core=1 cmd"))
