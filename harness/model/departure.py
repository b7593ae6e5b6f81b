"""A departure: what a scenario shows to be other than promised, with its cause, and what it means for a site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.model.combination import fits


@dataclass(frozen=True, slots=True)
class Departure:
    """One finding about OAR.

    :ivar id: stable, such as ``D-TYPES-01``.
    :ivar title: what happens, in one line.
    :ivar scenarios: files below ``scenarios/`` that show it, without ``.toml``: ``types/postpone``.
    :ivar candidates: patterns (``*``, ``?``) of the ids of the combinations that do it.
    :ivar promised: what OAR2's documentation says, and where; ``nothing`` if it is silent.
    :ivar cause: program, file and function.
    :ivar consequence: what users notice.
    :ivar remedy: what a site can do about it.
    :ivar known: ids of known differences that explain the same.
    """

    id: str
    title: str
    scenarios: tuple[str, ...]
    candidates: tuple[str, ...]
    promised: str
    cause: str
    consequence: str
    remedy: str
    known: tuple[str, ...] = ()

    def fits(
        self,
        scenario: str,
        candidate: str,
        schedulers: Mapping[str, str] = MappingProxyType({}),
        queues: Iterable[str] = (),
    ) -> bool:
        """Whether that scenario shows it under that candidate; the copy of OAR3 behind ``@`` does not matter.

        :param schedulers: aliases by queue, if queues keep their own. :param queues: those that its jobs are in.
        """
        return scenario in self.scenarios and any(
            fits(pattern, candidate, schedulers, queues) for pattern in self.candidates
        )
