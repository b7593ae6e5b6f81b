"""An adaptation: what had to be done beyond the documented procedure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Adaptation:
    """A step beyond the documented procedure without which a combination does not even start.

    :ivar id: short and stable, for example ``package:python3-rich`` or ``column:jobs.last_karma``.
    :ivar what: what was done, in one line.
    :ivar because: the error that called for it, the log's own line.
    """

    id: str
    what: str
    because: str
