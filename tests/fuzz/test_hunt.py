"""The hunt: whatever the workers' order, one bug ends as one finding, made as small as it goes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import count

import pytest

from harness.fuzz.evaluate import Evaluation
from harness.fuzz.finding import Finding
from harness.fuzz.generate import features_of, stream
from harness.fuzz.hunt import Hunt, Task
from harness.fuzz.symptom import Symptom
from harness.model.record import CaseRecord, Kind
from harness.model.result import CaseResult, Status
from harness.model.schedule import Situation
from harness.workload.scenario import Scenario

LATER = Symptom("candidate", "later")
CRASH = Symptom("candidate", "crash", "kamelot: KeyError")


def shows(scenario: Scenario) -> Symptom | None:
    """A made-up scheduler: dies of an array, and does badly with two moldable jobs."""
    lines = [job.submission.line for job in scenario.jobs]
    if any("--array" in line for line in lines):
        return CRASH
    return LATER if sum(line.count(" -l ") > 1 for line in lines) >= 2 else None


def seen(scenario: Scenario, symptom: Symptom | None) -> Evaluation:
    record = CaseRecord("x", Kind.FUZZ, "x", Situation(0, (), (), ()), "native", 60)
    result = CaseResult("x", Kind.FUZZ, "x", "kao", Status.DIFFERS if symptom else Status.AGREES, 0.1)
    return Evaluation(scenario, frozenset(f.value for f in features_of(scenario)), symptom, record, result)


def hunt(
    known: Iterable[Finding] = (),
    *,
    waiting: Iterable[Finding] = (),
    only_shrink: bool = False,
    source: Iterator[Scenario] | None = None,
) -> Hunt:
    return Hunt(
        source or stream(3),
        known,
        waiting=waiting,
        seconds=1000,
        on_finding=lambda *_: None,
        only_shrink=only_shrink,
    )


def work(hunting: Hunt, steps: int, at_once: int = 2) -> None:
    """Workers that answer in any order."""
    chance = random.Random(0)
    out: list[Task] = []
    for _ in range(steps):
        while len(out) < at_once:
            task = hunting.next()
            if task is None:
                break
            out.append(task)
        if not out:
            return
        task = out.pop(chance.randrange(len(out)))
        hunting.done(task, seen(task.scenario, shows(task.scenario)))
    for task in out:
        hunting.done(task, seen(task.scenario, shows(task.scenario)))


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_each_bug_is_one_finding_and_small(at_once: int) -> None:
    hunting = hunt()
    work(hunting, 800, at_once)
    found = {finding.symptom: finding for finding in hunting.close()}
    assert set(found) == {LATER, CRASH}
    assert len(hunting.close()) == 2
    assert len(found[CRASH].scenario.jobs) == 1
    assert found[CRASH].features == {"arrays"}
    assert len(found[LATER].scenario.jobs) == 2
    assert found[LATER].features == {"moldable"}
    assert all(finding.minimal and finding.steady for finding in found.values())
    assert found[LATER].seen > 10
    assert hunting.compared > hunting.steps / 2, "half of the comparisons are new ones"


def test_a_crash_is_chased_without_the_reference_and_nothing_else_is() -> None:
    hunting = hunt()
    alone = set()
    for _ in range(500):
        task = hunting.next()
        assert task
        symptom = shows(task.scenario)
        if task.purpose == "again":
            alone.add((symptom, task.alone))
        hunting.done(task, seen(task.scenario, symptom))
    assert alone == {(LATER, False), (CRASH, True)}


def once(symptom: Symptom) -> tuple[Hunt, Scenario]:
    """A hunt in which a scenario showed something, and not again."""
    hunting = hunt()
    first = hunting.next()
    assert first
    while shows(first.scenario) is None:
        hunting.done(first, seen(first.scenario, None))
        first = hunting.next()
        assert first
    hunting.done(first, seen(first.scenario, symptom))
    for _ in range(20):
        task = hunting.next()
        assert task
        hunting.done(task, seen(task.scenario, None))
    return hunting, first.scenario


@pytest.mark.parametrize("symptom", [CRASH, Symptom("candidate", "invalid", "overlap"), Symptom("both", "invalid")])
def test_a_crash_or_broken_rule_that_does_not_show_again_is_kept_as_unsteady(symptom: Symptom) -> None:
    hunting, scenario = once(symptom)
    (finding,) = hunting.close()
    assert not finding.steady
    assert not finding.minimal
    assert finding.scenario is scenario
    assert hunting.unsteady == 0


@pytest.mark.parametrize("kind", ["earlier", "later", "other-shape", "only-in-reference", "other-outcome"])
def test_decisions_that_differ_once_are_noise_and_counted(kind: str) -> None:
    hunting, _ = once(Symptom("candidate", kind))
    assert hunting.close() == []
    assert (hunting.unsteady, hunting.differed) == (1, 1)


def test_findings_of_an_earlier_run_are_only_counted() -> None:
    earlier = hunt()
    work(earlier, 800)
    before = earlier.close()
    later = hunt(before)
    work(later, 100)
    after = later.close()
    assert [finding.name for finding in after] == [finding.name for finding in before]
    assert all(new.seen > old.seen for new, old in zip(after, before, strict=True))


def test_shrinking_goes_on_where_it_ended() -> None:
    found = next(s for s in stream(5) if shows(s) == LATER and len(s.jobs) > 10)
    features = frozenset(f.value for f in features_of(found))
    waiting = [Finding(LATER, features, found)]
    whole = hunt(waiting, only_shrink=True)
    work(whole, 10_000, 1)
    (expected,) = whole.close()
    assert expected.minimal
    for rounds in count(1):
        hunting = hunt(waiting, only_shrink=True)
        work(hunting, 15, 1)
        waiting = hunting.close()
        assert len(waiting) == 1
        if waiting[0].minimal:
            break
        assert rounds < 100
    assert waiting[0].scenario == expected.scenario
    assert hunt(waiting, only_shrink=True).next() is None, "nothing is left"


def test_what_waits_to_be_made_small_is_not_lost() -> None:
    scenarios = [s for s, _ in zip(stream(5), range(300), strict=False) if shows(s)]
    hunting = hunt(source=iter(scenarios))
    for scenario in scenarios:
        hunting.done(Task(scenario, "new"), seen(scenario, shows(scenario)))
    assert hunting.close() == []
    left = hunting.waiting()
    assert {finding.symptom for finding in left} == {LATER, CRASH}
    assert not any(a.covers(b.symptom, b.features) for a in left for b in left if a is not b)
    later = hunt(waiting=left)
    work(later, 800)
    assert all(finding.minimal for finding in later.close())
    assert later.waiting() == []
