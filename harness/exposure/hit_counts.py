"""What is counted of the jobs that a departure hits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Example:
    """One job that is hit: its number, its user's name or pseudonym, when it was submitted, what it asked for."""

    job: int
    user: str
    submitted: int
    asked: str


@dataclass(frozen=True, slots=True)
class Hits:
    """The jobs of which a condition holds.

    :ivar queued: how many of them wait, are held or run now. :ivar untold: jobs of which it cannot be told.
    :ivar core_seconds: what they had, as resources times seconds.
    :ivar first, last: submission of the first and the last, epoch seconds; 0: there is none.
    """

    jobs: int = 0
    users: int = 0
    projects: int = 0
    core_seconds: int = 0
    queued: int = 0
    untold: int = 0
    first: int = 0
    last: int = 0
    examples: tuple[Example, ...] = ()


NO_HITS = Hits()


@dataclass(slots=True)
class Heap:
    """Jobs of one user and project of which the same conditions hold."""

    jobs: int = 0
    core_seconds: int = 0
    queued: int = 0
    first: int = 0
    last: int = 0
    examples: list[tuple[int, int, int]] = field(default_factory=list)

    def add(self, job: int, shape: int, submitted: int, core_seconds: int, queued: bool) -> None:
        """One more."""
        self.jobs += 1
        self.core_seconds += core_seconds
        self.queued += queued
        if not self.first or submitted < self.first:
            self.first = submitted
        if submitted > self.last:
            self.last = submitted
        if len(self.examples) < EXAMPLES:
            self.examples.append((job, shape, submitted))


def together(heaps: Iterable[tuple[str, str, Heap]], asked: Iterable[str], untold: int) -> Hits:
    """Heaps of one departure as one; examples of different users first.

    :param heaps: user, project, heap. :param asked: what each shape asks for, by its number.
    """
    entries = list(heaps)
    words = tuple(asked)
    if not entries:
        return Hits(untold=untold)
    by_turns = [
        Example(job, user, submitted, words[shape])
        for turn in range(EXAMPLES)
        for user, _, heap in entries
        for job, shape, submitted in heap.examples[turn : turn + 1]
    ]
    first_of = {example.user: example for example in reversed(by_turns)}
    chosen = sorted(first_of.values(), key=lambda each: each.job)[:EXAMPLES]
    for example in by_turns:
        if len(chosen) >= EXAMPLES:
            break
        if example not in chosen:
            chosen.append(example)
    return Hits(
        jobs=sum(heap.jobs for _, _, heap in entries),
        users=len({user for user, _, _ in entries}),
        projects=len({project for _, project, _ in entries}),
        core_seconds=sum(heap.core_seconds for _, _, heap in entries),
        queued=sum(heap.queued for _, _, heap in entries),
        untold=untold,
        first=min(heap.first for _, _, heap in entries),
        last=max(heap.last for _, _, heap in entries),
        examples=tuple(sorted(chosen, key=lambda each: each.job)),
    )
