"""How large generated scenarios may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Bounds of a generated scenario.

    :ivar jobs: most jobs, each element of an array counted.
    :ivar nodes: most nodes.
    :ivar resources: most resources on nodes.
    """

    jobs: int = 20
    nodes: int = 8
    resources: int = 64

    def __post_init__(self) -> None:
        if min(self.jobs, self.nodes, self.resources) < 1:
            raise ValueError(f"a size counts from 1: {self}")
