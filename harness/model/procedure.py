"""A procedure carried out on a server, step by step, and the server before and after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from harness.model.adaptation import Adaptation
from harness.model.job_history import JobHistory


class Way(StrEnum):
    """How the steps are carried out."""

    AS_WRITTEN = "as written"
    ADAPTED = "adapted"


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a server is, apart from its jobs and their history.

    :ivar areas: for each area (``file``, ``column``, ``row``, ``package``, …) its items, each with its attributes;
        the values are what is shown.
    :ivar texts: files that are compared line by line, by path.
    """

    areas: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A leftover that a procedure may leave.

    :ivar what: pattern of its name, such as ``package *``. :ivar because: why it is harmless.
    :ivar how: ``added``, ``removed`` or ``changed``: what is accepted to come need not be accepted to change.
    :ivar form: of OAR3, ``tree`` or ``deb``, that leaves it; empty: both.
    :ivar adaptation: pattern of the adaptation's id that leaves it; empty: the documented steps do.
    """

    what: str
    because: str
    how: str = "added"
    form: str = ""
    adaptation: str = ""

    def applies(self, form: str, adaptations: Iterable[str]) -> bool:
        """Whether it may be left by OAR3 in that form, after those adaptations."""
        return self.form in ("", form) and (
            not self.adaptation or any(fnmatchcase(each, self.adaptation) for each in adaptations)
        )


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing that is not as it was before.

    :ivar name: area and item, such as ``row queues default``.
    :ivar how: ``added``, ``removed`` or ``changed``.
    :ivar why: one line: what it was and what it is.
    :ivar because: why it is harmless; empty if nobody says that it is.
    """

    name: str
    how: str
    why: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step, carried out.

    :ivar says: the page of the documentation that has its words.
    :ivar words: as documented.
    :ivar how: how it was carried out if that is not word for word; empty if it is.
    :ivar seconds: what it took. :ivar exit_code: of its last command; None if it has none.
    :ivar output: file with all that it printed, in the folder of the case's artefacts.
    :ivar adaptations: ids of those that it called for.
    :ivar problem: why it failed, in one line; empty if it did not.
    :ivar log: the lines that show it, or the last lines it printed.
    """

    name: str
    says: str
    words: str
    how: str = ""
    seconds: float = 0.0
    exit_code: int | None = None
    output: str = ""
    adaptations: tuple[str, ...] = ()
    problem: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class Pass:
    """All steps of a procedure on a fresh server, up to the first that failed.

    :ivar remedy: what would help against the failure of the last step; empty if none failed, or nobody knows.
    :ivar skipped: names of the steps that were not tried any more.
    :ivar before: the server before the first step; None if it was not looked at.
    :ivar after: the server after the last, its jobs being over.
    :ivar histories: the jobs after each step from the first submission on.
    """

    way: Way
    steps: tuple[StepRecord, ...]
    seconds: float = 0.0
    adaptations: tuple[Adaptation, ...] = ()
    remedy: str = ""
    skipped: tuple[str, ...] = ()
    before: Footprint | None = None
    after: Footprint | None = None
    histories: tuple[JobHistory, ...] = ()

    @property
    def failed(self) -> StepRecord | None:
        """The step that failed, which is its last; None if all were carried out."""
        return next((step for step in self.steps if step.problem), None)


@dataclass(frozen=True, slots=True)
class Procedure:
    """The result of a procedure under one combination.

    :ivar passes: as written first, if that was tried.
    :ivar accepted: leftovers that the scenario names.
    :ivar installed: whether it began with OAR3 installed and adapted.
    """

    passes: tuple[Pass, ...]
    accepted: tuple[Accepted, ...] = ()
    installed: bool = False

    def way(self, way: Way) -> Pass | None:
        """The pass of that way, if there is one."""
        return next((each for each in self.passes if each.way is way), None)


@dataclass(frozen=True, slots=True)
class ProcedureResult:
    """What judging says of a procedure beside differences.

    :ivar passes: as they were carried out, without footprints and ledgers.
    :ivar leftovers: of the adapted pass, those nobody accepts first.
    :ivar invariants: names of the rules that the jobs' history was held to.
    """

    passes: tuple[Pass, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    invariants: tuple[str, ...] = ()
