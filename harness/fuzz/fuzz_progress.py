"""How far a hunt is, reported every 15 seconds."""

from __future__ import annotations

import time

from harness.fuzz.hunt import Hunt
from harness.run.events import Listener, Stage

_EVERY = 15.0


class FuzzProgress:
    """Called often, it reports seldom."""

    def __init__(self, hunt: Hunt, notify: Listener, began: float) -> None:
        self._hunt, self._notify, self._began = hunt, notify, began
        self._next = began + _EVERY

    def __call__(self) -> None:
        """Report, if it is time."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        hunt = self._hunt
        rate = 60 * (hunt.compared + hunt.steps) / (now - self._began)
        self._notify(
            Stage(
                f"{hunt.compared} scenarios compared, {hunt.differed} differ, {len(hunt.findings)} findings, "
                f"{hunt.steps} steps of shrinking; {rate:.0f} comparisons a minute"
            )
        )
