"""The recorded history of a run: what went in, what came out, what the logs say. Judging reads nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from harness.model.adaptation import Adaptation as Adaptation
from harness.model.procedure import Procedure
from harness.model.removed_cause import Without
from harness.model.schedule import Schedule, Situation


class Kind(StrEnum):
    """Kinds of case (fixed words of the design)."""

    PROCEDURE = "procedure"
    PLAN = "plan"
    LIVE = "live"
    REPLAY = "replay"
    FUZZ = "fuzz"


@dataclass(frozen=True, slots=True)
class Crash:
    """A program that did not end as it should.

    :ivar how: ``exit 7``, ``signal 11``, ``traceback``, ``time limit of 30 s``, ``no round``, …
    :ivar log: the log's own lines that show it.
    :ivar conf: what the case's ``[conf]`` has that a fresh server has not, as lines of oar.conf.
    """

    program: str
    how: str
    log: str = ""
    conf: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What an action of a live case was answered.

    :ivar command: what was done, as the file has it: the same whatever ids the jobs have.
    :ivar exit_code: the command's, or the HTTP status; 0 if a node was stopped or started.
    :ivar output: what it printed, whole.
    :ivar told: the same with ids, dates and what the file sets apart taken out: what two servers can share;
        None if it is not to be compared.
    :ivar undone: why it was not carried out; empty if it was.
    """

    action: str
    command: str
    exit_code: int = 0
    output: str = ""
    told: str | None = None
    undone: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one column made of one case.

    :ivar combination: the column's id.
    :ivar schedule: None if nothing could be read.
    :ivar situation: what it is judged against if the lane had its own (live); None: the case's.
    :ivar proof: the log's lines that show which programs made the rounds.
    :ivar seconds: what it took.
    :ivar artefacts: files kept, relative to the run's folder.
    :ivar not_run: why nothing was tried; empty if it was.
    :ivar answers: what the case's actions were answered, in their order.
    :ivar procedure: the result of each step, in a case of that kind.
    :ivar schedulers: aliases by queue, if queues kept what site and scenario give them; else empty: the combination's
        id says it.
    :ivar again: why it was made a second time: what happened to the server of the first; empty if it was not.
    """

    combination: str
    schedule: Schedule | None = None
    situation: Situation | None = None
    crashes: tuple[Crash, ...] = ()
    proof: tuple[str, ...] = ()
    seconds: float = 0.0
    artefacts: str = ""
    not_run: str = ""
    answers: tuple[Answer, ...] = ()
    procedure: Procedure | None = None
    schedulers: Mapping[str, str] = field(default_factory=dict)
    again: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A further round of reference and candidates on a changed case, to see whether a difference has a cause.

    :ivar without: how the case was changed.
    :ivar observations: by column.
    """

    without: Without
    situation: Situation
    observations: Mapping[str, Observation]


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One workload on one cluster, and what each column made of it.

    :ivar id: stable, made from content.
    :ivar tolerance: seconds by which a start may differ and be called ``shifted``.
    :ivar expect: assertions of the scenario file that hold under every combination.
    :ivar source: the scenario file, relative to the project or the site.
    :ivar combinations: ids of the columns asked for in this case; empty: all of the run's.
    :ivar not_applicable: ids of the run's columns that it is not for, and why.
    :ivar repeats: further observations of the reference: rounds on the same snapshot, or another server; made if a
        candidate differs, to see what the reference shows against itself. If it does not decide alike, and a
        candidate still differs, of that candidate as well; ``combination`` says which.
    :ivar confirmations: further rounds without the causes that known differences name.
    """

    id: str
    kind: Kind
    title: str
    situation: Situation
    reference: str
    tolerance: int
    observations: Mapping[str, Observation] = field(default_factory=dict)
    expect: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    combinations: tuple[str, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    repeats: tuple[Observation, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """Something asked for that could not be tested: what, why, and how to get it."""

    what: str
    why: str
    how: str


class RunState(StrEnum):
    """How far a run came; it is written down before the first case."""

    RUNNING = "running"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Asked:
    """A case that was asked for, as it is known before it is begun.

    :ivar combinations: ids of the columns that it is to be observed under.
    :ivar not_applicable: as in :class:`CaseRecord`.
    """

    id: str
    kind: Kind
    title: str
    source: str = ""
    combinations: tuple[str, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run: its surroundings, what was asked for, and its cases.

    :ivar environment: the report's ``environment``, as the schema has it.
    :ivar combinations: ids of the columns asked for, the reference first.
    :ivar adaptations: by id of the column.
    :ivar reproduce: the command line that runs this again; ``{case}`` stands for a case's id,
        ``{item}`` for what pytest calls it under the one column, quoted for a shell.
    :ivar asked: all cases that were asked for; none in records of before, which are of what was recorded.
    :ivar state: RUNNING if nothing wrote down its end: it still runs, or was killed.
    :ivar ended: why it ended early; empty if it did not, or nobody could write it down.
    :ivar warnings: what of the site's and the scenarios' files is probably not meant so, each with its place.
    """

    environment: Mapping[str, Any]
    reference: str
    combinations: tuple[str, ...]
    cases: tuple[CaseRecord, ...]
    adaptations: Mapping[str, tuple[Adaptation, ...]] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    reproduce: str = ""
    asked: tuple[Asked, ...] = ()
    state: RunState = RunState.COMPLETE
    ended: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def ended_early(self) -> str:
        """Why it is not whole, in one line; empty if it is."""
        if self.state is RunState.COMPLETE:
            return ""
        return self.ended or "it was killed, or is still running"
