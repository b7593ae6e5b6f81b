"""Cuts that take jobs away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from harness.fuzz.shrink.rewrite import asks_of, with_asks, without_job, without_jobs
from harness.workload.scenario import Scenario

Attempt = Callable[[], Scenario | None]
"""A cut not yet made; None if there is nothing to cut. It may raise ConfigurationFault."""


def fewer_jobs(scenario: Scenario) -> Iterator[Attempt]:
    """Half of the jobs away, a quarter, … one; with what depends on them, or letting that go."""
    names = [job.name for job in scenario.jobs]
    length = len(names) // 2
    while length:
        for first in range(0, len(names), length):
            yield partial(without_jobs, scenario, set(names[first : first + length]))
        length //= 2
    for job in reversed(scenario.jobs):
        yield partial(without_job, scenario, job.name)


def shorter_arrays(scenario: Scenario) -> Iterator[Attempt]:
    """Arrays as one job, as two, as half as many."""
    asks = asks_of(scenario)
    arrays = {name: ask for name, ask in asks.items() if ask.array > 1}
    if len(arrays) > 1:
        yield partial(with_asks, scenario, {name: replace(ask, array=1) for name, ask in arrays.items()})
    for name, ask in arrays.items():
        for length in dict.fromkeys((1, 2, ask.array // 2, ask.array - 1)):
            if length < ask.array:
                yield partial(with_asks, scenario, {name: replace(ask, array=length)})
