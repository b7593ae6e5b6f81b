"""What to compare next, and what to make of it: new scenarios, until one shows something, then smaller ones.

stream of scenarios ─▶ next() ─▶ (a worker compares) ─▶ done() ─┬─ nothing, or a finding's bug again: counted
        ▲                                                       └─ something new ─▶ backlog ─▶ a shrinker ─▶ finding
        └────────────── where the shrinker has nothing to try ──────────────────────────────────┘
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from harness.engine import ending
from harness.fuzz.evaluate import Evaluation
from harness.fuzz.finding import Finding
from harness.fuzz.shrink import Shrinker, weight
from harness.model.difference import DifferenceClass
from harness.model.result import Status
from harness.workload.scenario import Scenario

_LOOK_BEHIND = (16, 128, 1024)
"""Which sightings of one finding are shrunk once more: another bug may hide behind it."""

_BACKLOG = 200
_UNSTEADY = 2
"""Times a scenario has to show its symptom again before it is believed to be steady."""


@dataclass(frozen=True, slots=True)
class Task:
    """A scenario to compare.

    :ivar purpose: ``new``, ``again`` or ``smaller``.
    :ivar alone: whether a round of the candidate suffices.
    :ivar chase: the number of the chase it is a step of.
    :ivar lost: whether its answer was waited for before, and did not come.
    """

    scenario: Scenario
    purpose: str
    alone: bool = False
    chase: int = 0
    lost: bool = False


@dataclass(slots=True)
class _Chase:
    """A finding that is being made smaller."""

    finding: Finding
    shrinker: Shrinker
    until: float
    again: int
    out: int = 0
    showed: dict[int, Evaluation] = field(default_factory=dict)

    @property
    def alone(self) -> bool:
        """Whether a round of the candidate suffices to see it."""
        symptom = self.finding.symptom
        return symptom.side == "candidate" and symptom.kind == DifferenceClass.CRASH


class Hunt:
    """Shared by all workers.

    :ivar compared: new scenarios so far on which both sides made their round.
    :ivar idle: those of them that say nothing, as no job has a place, or a side could not be observed.
    :ivar differed: those of them that showed something.
    :ivar unsteady: those whose decisions differed once, and not when the same scenario was compared again.
    :ivar dropped: comparisons given up, as the server was lost twice.
    :ivar known_seen: for each known difference the number of scenarios in which it explained something.
    :ivar samples: a comparison that showed nothing, as evidence.
    """

    def __init__(
        self,
        stream: Iterator[Scenario],
        known: Iterable[Finding],
        *,
        waiting: Iterable[Finding] = (),
        seconds: float,
        look: float = math.inf,
        on_finding: Callable[[Finding, Evaluation | None], None],
        only_shrink: bool = False,
    ) -> None:
        """
        :param known: findings of earlier runs.
        :param waiting: what earlier runs had no time to look at.
        :param seconds: how long one finding may be shrunk.
        :param look: seconds after which nothing new is looked for while there is something to shrink; until then
            half of the comparisons are new.
        :param on_finding: is given each finding when its time is over, and the comparison that showed it last.
        :param only_shrink: whether nothing new is looked for, and the known ones are made smaller.
        """
        self.findings: dict[str, Finding] = {finding.name: finding for finding in known}
        self.compared = self.differed = self.steps = self.dropped = self.idle = self.unsteady = 0
        self.known_seen: Counter[str] = Counter()
        self.samples: list[Evaluation] = []
        self._stream = stream
        self._seconds = seconds
        self._on_finding = on_finding
        self._only_shrink = only_shrink
        self._look_until = time.monotonic() + look
        self._backlog: list[Finding] = list(waiting)
        if only_shrink:
            self._backlog += [finding for finding in self.findings.values() if not finding.minimal]
        self._chase: _Chase | None = None
        self._number = 0
        self._lost: list[Task] = []
        self._changed = threading.Condition()

    def next(self) -> Task | None:
        """The next task; waits while only another worker's answer can tell; None if nothing is left."""
        with self._changed:
            if self._lost:
                return self._lost.pop()
            while True:
                looking = not self._only_shrink and time.monotonic() < self._look_until
                if not looking or self.steps <= self.compared:
                    task = self._smaller()
                    if task:
                        return task
                if looking or (not self._only_shrink and self._idle()):
                    return Task(next(self._stream), "new")
                if self._chase is None:
                    return None
                ending.check()
                self._changed.wait(0.5)

    def asks(self, task: Task, seen: Evaluation) -> bool:
        """Whether it wants to know if what was seen is noise: not of another sighting that would only be counted."""
        if task.purpose != "new" or seen.symptom is None:
            return True
        with self._changed:
            return not any(known.covers(seen.symptom, seen.features) for known in self.findings.values())

    def lost(self, task: Task) -> None:
        """Take back a task whose answer will not come, for the next who asks; one that was lost before is dropped.

        What takes two servers with it may well be the reason, but shows nothing about OAR.
        """
        with self._changed:
            if task.lost:
                self.dropped += 1
                self._drop(task)
            else:
                self._lost.append(replace(task, lost=True))
            self._changed.notify_all()

    def _drop(self, task: Task) -> None:
        chase = self._chase
        if task.purpose == "new" or chase is None or task.chase != self._number:
            return
        chase.out -= 1
        if task.purpose == "again":
            self._end(minimal=False)
        else:
            chase.shrinker.report(task.scenario, False)

    def done(self, task: Task, seen: Evaluation) -> None:
        """Take in what a worker saw."""
        with self._changed:
            if task.purpose == "new":
                self.compared += 1
                self.idle += seen.symptom is None and seen.result.status is Status.NOT_RUN
                self.differed += seen.symptom is not None
                self.known_seen.update({d.known for d in seen.result.differences if d.known})
                says = seen.result.status is not Status.NOT_RUN
                if seen.symptom is None and says and not self.samples:
                    self.samples.append(seen)
                if seen.symptom:
                    self._sighted(seen)
            else:
                self.steps += 1
                self._shrunk(task, seen)
            self._changed.notify_all()

    def close(self) -> list[Finding]:
        """The findings so far, the one that is being shrunk among them."""
        with self._changed:
            if self._chase:
                self._end(minimal=False)
            for finding in [each for each in self.findings.values() if not each.minimal]:
                # Found before the smaller one that it turned out to be.
                if any(
                    known is not finding and known.covers(finding.symptom, finding.features)
                    for known in self.findings.values()
                ):
                    del self.findings[finding.name]
                    self._counted(finding)
            return sorted(self.findings.values(), key=lambda finding: finding.name)

    def waiting(self) -> list[Finding]:
        """What differs and was not looked at, the smallest of those that may well be the same."""
        with self._changed:
            left: dict[str, Finding] = {}
            for finding in sorted(self._backlog, key=lambda f: (len(f.features), weight(f.scenario))):
                known = [*self.findings.values(), *left.values()]
                if not any(each.covers(finding.symptom, finding.features) for each in known):
                    left[finding.name] = finding
            return list(left.values())

    def _idle(self) -> bool:
        """Whether a worker would have to wait for another's answer."""
        return self._chase is not None or not self._backlog

    def _sighted(self, seen: Evaluation) -> None:
        assert seen.symptom
        finding = Finding(seen.symptom, seen.features, seen.scenario, why=seen.why)
        if not self._counted(finding) and len(self._backlog) < _BACKLOG:
            self._backlog.append(finding)

    def _counted(self, finding: Finding) -> bool:
        """Count it as another sighting of one that is known; False if it is to be looked at by itself."""
        for name, known in self.findings.items():
            if known.covers(finding.symptom, finding.features):
                self.findings[name] = replace(known, seen=known.seen + 1)
                return known.seen + 1 not in _LOOK_BEHIND
        return False

    def _smaller(self) -> Task | None:
        """The next step of the chase, which is begun if there is none and something waits for it."""
        if self._chase and time.monotonic() > self._chase.until and not self._chase.out:
            self._end(minimal=False)
        while self._chase is None and self._backlog:
            self._begin()
        chase = self._chase
        if chase is None:
            return None
        if chase.again:
            if chase.out:
                return None
            chase.out += 1
            return Task(chase.finding.scenario, "again", chase.alone, self._number)
        batch = chase.shrinker.next_batch(1)
        if batch:
            chase.out += 1
            return Task(batch[0], "smaller", chase.alone, self._number)
        if not chase.out:
            self._end(minimal=True)
            return self._smaller()
        return None

    def _begin(self) -> None:
        self._backlog.sort(key=lambda finding: weight(finding.scenario), reverse=True)
        finding = self._backlog.pop()
        if self._only_shrink:
            self.findings.pop(finding.name, None)
        elif self._counted(finding):
            return
        self._number += 1
        shrinker = Shrinker(finding.scenario, tried=finding.tried)
        again = _UNSTEADY if finding.steady else 0
        self._chase = _Chase(finding, shrinker, time.monotonic() + self._seconds, again)

    def _shrunk(self, task: Task, seen: Evaluation) -> None:
        chase = self._chase
        if chase is None or task.chase != self._number:
            return
        chase.out -= 1
        shows = seen.symptom == chase.finding.symptom
        if shows:
            chase.showed[id(task.scenario)] = seen
        if task.purpose == "again":
            chase.again -= 1
            if not shows and chase.finding.symptom.decides:
                # One side's noise, which no scenario shows again: no finding, and counted.
                self.unsteady += 1
                self._chase = None
                return
            if not shows:
                chase.finding = replace(chase.finding, steady=False)
                self._end(minimal=False)
            return
        chase.shrinker.report(task.scenario, shows)
        best = chase.shrinker.best
        if found := chase.showed.get(id(best)):
            chase.finding = replace(chase.finding, scenario=best, features=found.features, why=found.why)

    def _end(self, *, minimal: bool) -> None:
        assert self._chase
        chase, self._chase = self._chase, None
        finding = replace(chase.finding, tried=chase.shrinker.tried, minimal=minimal)
        seen = chase.showed.get(id(finding.scenario))
        if not minimal and any(
            known.name != finding.name and known.covers(finding.symptom, finding.features)
            for known in self.findings.values()
        ):
            return  # it was looked at for what may hide behind another, and is no different so far
        if old := self.findings.get(finding.name):
            smaller = weight(finding.scenario) < weight(old.scenario)
            finding = replace(finding if smaller else old, seen=old.seen + finding.seen)
        self.findings[finding.name] = finding
        self._on_finding(finding, seen)
