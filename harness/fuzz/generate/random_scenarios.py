"""Whole scenarios as a Hypothesis strategy, and as a stream from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from harness.fuzz.generate.detect import features_of
from harness.fuzz.generate.feature import Feature, title_of
from harness.fuzz.generate.random_choices import Choices
from harness.fuzz.generate.random_clusters import make_cluster
from harness.fuzz.generate.random_jobs import Jobs
from harness.fuzz.generate.random_requests import RequestMaker
from harness.fuzz.generate.random_settings import make_conf, make_queues, make_quotas
from harness.fuzz.generate.size import Size
from harness.workload.scenario import Queue, Scenario
from harness.workload.scenario_job import ScenarioJob

_GAPS = (1, 1, 1, 2, 10, 1, 1, 60)
"""Seconds between two submissions; ``oarsub`` gives whole seconds, and the order of submission has to be clear."""
_SECURITY_TIME = 60
_MOST_FEATURES = 9
_BATCH = 100


@st.composite
def scenarios(
    draw: st.DrawFn, size: Size | None = None, without: Set[Feature] = frozenset(), queues: tuple[Queue, ...] = ()
) -> Scenario:
    """Scenarios within ``size`` that use no feature of ``without``; further queues are the site's, if it has any.

    Each may use a random few of the other features ("swarm testing", Groce et al., ISSTA 2012): a scenario of few
    features goes deeper into each, and what one feature would hide shows where it is missing.
    """
    size, choices = size or Size(), Choices(draw)
    allowed = [feature for feature in Feature if feature not in without]
    active = frozenset(choices.some(allowed, choices.below(_MOST_FEATURES + 1)))
    cluster = make_cluster(choices, active, size)
    conf, queues = make_conf(choices, active), make_queues(choices, active, queues)
    count = choices.between(1, size.jobs)
    at = [0]
    for _ in range(count - 1):
        at.append(at[-1] + choices.pick(_GAPS))
    gap = int(conf.get("SCHEDULER_JOB_SECURITY_TIME", _SECURITY_TIME))
    maker = Jobs(choices, RequestMaker(choices, cluster, active), active, queues, at[-1] + 1, gap)
    running = choices.between(1, count // 2 + 1) if Feature.RUNNING in active else 0
    jobs: list[ScenarioJob] = []
    left = size.jobs
    for number in range(count):
        if left < 1:
            break
        # Each line that is still to come may have one job at least.
        job = maker.make(at[number], number < running, max(1, left - (count - number - 1)))
        jobs.append(job)
        left -= job.submission.array
    quotas = make_quotas(choices, active, queues)
    scenario = Scenario("fuzz", cluster, tuple(jobs), conf=conf, queues=queues, quotas=quotas)
    return replace(scenario, title=title_of(features_of(scenario)))


def stream(
    number: int, size: Size | None = None, without: Set[Feature] = frozenset(), queues: tuple[Queue, ...] = ()
) -> Iterator[Scenario]:
    """Scenarios without end; the same ones for the same seed ``number`` and the same version of Hypothesis.

    :param queues: those of a site, beside OAR's own.
    """
    batch = 0
    while True:
        found: list[Scenario] = []
        collect = _collector(scenarios(size, without, queues), found.append)
        seed(f"{number} {batch}")(collect)()
        # The first of each batch is the plainest there is, always.
        yield from found if batch == 0 else found[1:]
        batch += 1


def _collector(strategy: st.SearchStrategy[Scenario], keep: Callable[[Scenario], None]) -> Callable[[], None]:
    @settings(
        max_examples=_BATCH,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(scenario: Scenario) -> None:
        keep(scenario)

    return collect
