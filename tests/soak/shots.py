"""What is killed, how and when: kinds of run, drawn from a seed."""

from __future__ import annotations

import random
import signal
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
_KAMELOT = ("--combination", "oar_meta_sched+kamelot", "--lanes", "2")
_PLANNING = ("array-in-waves", "back-to-back", "conservative-order", "dependency-chain", "two-users")


def _files(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(word for name in names for word in ("--scenario", f"scenarios/{folder}/{name}.toml"))


KINDS: dict[str, tuple[str, ...]] = {
    "plan": ("run", "--kind", "plan", *_files("planning", *_PLANNING), *_KAMELOT),
    "live": ("run", "--kind", "live", *_files("live", "hold-and-resume"), *_KAMELOT),
    "procedure": ("run", "--kind", "procedure", *_files("procedures", "kamelot"), *_KAMELOT),
    "fuzz": ("fuzz", "--candidate", "kamelot", "--minutes", "0.2", "--jobs", "6", "--nodes", "2", "--seed", "7"),
}
"""What is run of each kind: short, yet with all that a longer one has."""

SIGNALS = ("INT", "TERM", "KILL")
ENGINES = ("own", "found")


@dataclass(frozen=True, slots=True)
class Shot:
    """One kill.

    :ivar group: whether the whole process group is hit, or the process alone.
    :ivar engine: ``own``: brought along, and ended with the run; ``found``: one that lives on.
    :ivar instant: when, as a part of what such a run takes undisturbed.
    """

    number: int
    kind: str
    signal: str
    group: bool
    engine: str
    instant: float

    @property
    def signum(self) -> signal.Signals:
        """Its number."""
        return signal.Signals[f"SIG{self.signal}"]


def draw(seed: int, number: int, kinds: tuple[str, ...] = tuple(KINDS)) -> Shot:
    """The shot of a number; kinds and signals take turns, the rest is chance."""
    chance = random.Random(f"{seed}:{number}")
    return Shot(
        number,
        kinds[number % len(kinds)],
        SIGNALS[(number // len(kinds)) % len(SIGNALS)],
        chance.random() < 0.5,
        # An engine of our own is what ends with the run, so it is tried twice as often.
        ENGINES[chance.random() < 1 / 3],
        chance.random(),
    )
