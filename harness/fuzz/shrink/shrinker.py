"""Shrinking as a machine that can be stopped at any moment, and does not care how scenarios are tested."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from harness.fuzz.shrink.candidates import content, smaller
from harness.workload.scenario import Scenario, parse_scenario
from harness.workload.scenario_dump import dump_scenario


class Shrinker:
    """Looks for a smallest scenario that still fails.

    Candidates are judged in the order in which they were handed out, whatever the order of the reports: testing many
    at once guesses ahead, and ends at the same scenario as testing one after the other does.

    :param scenario: one that fails.
    :param tried: digests of candidates known not to fail, from :attr:`tried` of a shrinker before.
    :ivar best: the smallest so far that fails.
    """

    def __init__(self, scenario: Scenario, tried: Iterable[str] = ()) -> None:
        self.best = scenario
        self._passing = set(tried)
        self._failing: set[str] = set()
        self._out: set[str] = set()
        self._begin()

    def _begin(self) -> None:
        self._candidates: Iterator[Scenario] = smaller(self.best)
        self._line: list[tuple[str, Scenario]] = []
        self._exhausted = False

    @property
    def tried(self) -> frozenset[str]:
        """Digests of candidates known not to fail."""
        return frozenset(self._passing)

    @property
    def done(self) -> bool:
        """Whether no smaller scenario fails; ``best`` is the result."""
        self._settle()
        return self._exhausted and not self._line

    def next_batch(self, number: int) -> list[Scenario]:
        """Up to ``number`` scenarios to be tested, side by side if wished; none: wait for reports, or it is done."""
        batch: list[Scenario] = []
        self._settle()
        while len(batch) < number and not self._exhausted:
            candidate = next(self._candidates, None)
            if candidate is None:
                self._exhausted = True
                break
            key = content(candidate)
            if key in self._passing:
                continue
            self._line.append((key, candidate))
            if key in self._failing:
                self._settle()
            elif key not in self._out:
                self._out.add(key)
                batch.append(candidate)
        return batch

    def report(self, scenario: Scenario, still_fails: bool) -> None:
        """Take the result of testing a scenario that was handed out."""
        key = content(scenario)
        self._out.discard(key)
        (self._failing if still_fails else self._passing).add(key)
        self._settle()

    def _settle(self) -> None:
        """Judge the candidates whose turn it is; the first that fails is the new best."""
        while self._line:
            key, candidate = self._line[0]
            if key in self._failing:
                self.best = candidate
                self._begin()
            elif key in self._passing:
                self._line.pop(0)
            else:
                return

    def dump(self) -> str:
        """All that must be kept to go on another time, as JSON; tests under way are begun again then."""
        return json.dumps({"best": dump_scenario(self.best), "tried": sorted(self._passing)}, indent=1)

    @classmethod
    def load(cls, text: str) -> Shrinker:
        """The shrinker that :meth:`dump` kept; raises ValueError or ConfigurationFault for another text."""
        try:
            kept = json.loads(text)
            return cls(parse_scenario(kept["best"]), kept["tried"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is not the state of a shrinking: {error}") from None
