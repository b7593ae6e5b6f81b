"""Many small choices out of few draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

_CHUNK = 512
_BYTES = st.binary(min_size=_CHUNK, max_size=_CHUNK)


class Choices:
    """Choices decoded from bytes that Hypothesis draws.

    A draw of its own for each choice costs some 30 µs, a byte of a chunk about 1 µs [measured]; a scenario takes
    hundreds. A chunk lasts for a whole scenario, mostly: between draws of one kind Hypothesis copies values to make
    mutants of the last example, and of scenarios drawn in small chunks half were such copies [measured]. Zero bytes
    mean the first of each choice, so the plainest comes first.
    """

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._bytes = b""
        self._at = 0

    def below(self, bound: int) -> int:
        """A number from 0 to ``bound`` - 1, ``bound`` being at most 256."""
        if self._at == len(self._bytes):
            self._bytes, self._at = self._draw(_BYTES), 0
        byte = self._bytes[self._at]
        self._at += 1
        return byte * bound >> 8

    def between(self, least: int, most: int) -> int:
        """A number from ``least`` to ``most``, both included; ``least`` if ``most`` is less."""
        return least + self.below(most - least + 1) if most > least else least

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[self.below(len(choices))]

    def one_in(self, number: int) -> bool:
        """True once in ``number`` times."""
        return self.below(number) == number - 1

    def some(self, choices: Sequence[T], number: int) -> list[T]:
        """``number`` of the choices, each once at most, in their order."""
        left = list(range(len(choices)))
        taken = {left.pop(self.below(len(left))) for _ in range(min(number, len(left)))}
        return [choices[index] for index in sorted(taken)]
