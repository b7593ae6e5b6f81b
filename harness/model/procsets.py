"""Makes interval sets of resource ids in linear time: ProcSet's own constructor merges stretch after stretch.

With 5,000 stretches that takes 16 s for one set; here it takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable

from procset import ProcInt, ProcSet

Span = tuple[int, int]


def joined(spans: Iterable[Span]) -> list[Span]:
    """Stretches in ascending order, both ends included, none touching another."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            if last > found[-1][1]:
                found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def of_spans(spans: Iterable[Span]) -> ProcSet:
    """The set of some stretches, in any order, overlapping or not; ValueError if one is no stretch."""
    made = ProcSet()
    # What the constructor ends with; tests hold the two equal.
    made._itvs = [ProcInt(first, last) for first, last in joined(ProcInt(*span) for span in spans)]
    return made


def of_ids(ids: Iterable[int]) -> ProcSet:
    """The set of some ids, in any order."""
    return of_spans((identity, identity) for identity in ids)


def parse(text: str) -> ProcSet:
    """The set written as ``1-4 7``; ValueError if the text is none."""
    if not isinstance(text, str):
        raise TypeError(f"an interval set is a text, not {text!r}")
    words = (word.split("-", 1) for word in text.split(" ")) if text else ()
    return of_spans((int(bounds[0]), int(bounds[-1])) for bounds in words)
