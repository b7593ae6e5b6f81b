"""The steps of a procedure: what its documentation says, word for word, and the jobs that run meanwhile."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.model.combination import did_you_mean
from harness.model.job import JOB_STATES
from harness.model.procedure import Accepted
from harness.model.toml import pairs
from harness.workload.conf_table import check_owned
from harness.workload.scenario_job import ScenarioJob
from harness.workload.toml_table import Table

NATIVE, CANDIDATE = "native", "candidate"
"""Words of ``under``: what the server was found with, and the combination that the case is tried under."""
ALL = "all"
"""The word of ``finish`` for all jobs that are not over."""
SCHEDULER = "<your-scheduler>"
"""In ``run``: the scheduler that the queue ``default`` had before the first step."""
RESTART = "systemctl restart oar-server"
"""The command that has no meaning in a container; it is carried out otherwise there."""

WITHIN = 90
"""Seconds that jobs are waited for: the Almighty makes a round at least every 60 s."""

_DOCUMENTED = ("run", "conf", "install")
_JOBS = ("submit", "finish", "under", "states")
_KEYS = ("name", "says", *_DOCUMENTED, *_JOBS, "within")
_LEFTOVER_KEYS = ("what", "because", "how", "form", "adaptation")
_HOW = ("added", "removed", "changed")
_FORMS = ("tree", "deb")
_REFERENCE = re.compile(r"(?<!\$)\{([A-Za-z_][\w-]*(?:\[\d+\])?)\}", re.A)
_CONF_LINE = re.compile(r"\s*(#.*|[A-Z][A-Z0-9_]*=.*|)", re.A)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. It is documented (``run``, ``conf`` or ``install``: one of them), or about jobs (the rest).

    :ivar says: the page of the documentation that has its words.
    :ivar run: shell commands, as root on the server. ``{NAME}`` is a job's id.
    :ivar conf: lines of oar.conf to be set.
    :ivar install: whether OAR3 and ProcSet are installed, from what there is of OAR3.
    :ivar submit: jobs to be submitted, by name.
    :ivar finish: jobs to be deleted and waited for, by name; ``all`` alone: those that are not over.
    :ivar under: a combination's id, or one of the words above, of which a round must be seen; empty: of none.
    :ivar states: states that jobs must come to.
    :ivar within: seconds in which all that must have come about.
    """

    name: str
    says: str = ""
    run: str = ""
    conf: str = ""
    install: bool = False
    submit: tuple[str, ...] = ()
    finish: tuple[str, ...] = ()
    under: str = ""
    states: Mapping[str, str] = field(default_factory=dict)
    within: int = WITHIN

    @property
    def words(self) -> str:
        """What is to be done, for people: the documented words, or what the harness does with jobs."""
        if self.run or self.conf:
            return (self.run or self.conf).strip()
        if self.install:
            return "install OAR3 and ProcSet"
        parts = [
            f"submit {', '.join(self.submit)}" if self.submit else "",
            f"delete {', '.join(self.finish)}" if self.finish else "",
            f"wait for a round of {self.under}" if self.under else "",
            "wait until " + ", ".join(f"{name} is {state}" for name, state in self.states.items())
            if self.states
            else "",
        ]
        return "; ".join(filter(None, parts))


def with_ids(text: str, ids: Mapping[str, int]) -> str:
    """The text with ``{NAME}`` replaced by the job's id if there is one of that name."""
    return _REFERENCE.sub(lambda match: str(ids.get(match[1], match[0])), text)


def read_steps(table: Table, jobs: Sequence[ScenarioJob]) -> tuple[Step, ...]:
    """``[[step]]``, in their order; each job must be submitted by one of them."""
    entries = table.tables("step", _KEYS)
    names: set[str] = set()
    there: list[ScenarioJob] = []
    by_name = {job.name: job for job in jobs}
    steps = []
    for entry in entries:
        step = _step(entry)
        if step.name in names:
            entry.fault("there are two steps of that name", "choose another", "name")
        names.add(step.name)
        _check_jobs(entry, step, by_name, there)
        steps.append(step)
    for job in jobs:
        if entries and job not in there:
            table.fault(f"{job.name} is submitted by no step", f'write submit = ["{job.name}"] in a [[step]]', "job")
        if entries and (job.at or job.on or job.runtime is not None):
            table.fault(f"{job.name}: at, runtime, started and on have no meaning here", "remove them", "job")
    return tuple(steps)


def read_accepted(table: Table) -> tuple[Accepted, ...]:
    """``[[leftover]]``: what a procedure may leave, each with its reason."""
    found = []
    for entry in table.tables("leftover", _LEFTOVER_KEYS):
        how = entry.text("how", "added")
        if how not in _HOW:
            entry.fault(f"how is {how!r}", did_you_mean(how, _HOW), "how")
        form = entry.text("form", "")
        if form not in ("", *_FORMS):
            entry.fault(f"form is {form!r}", did_you_mean(form, _FORMS), "form")
        found.append(Accepted(entry.text("what"), entry.text("because"), how, form, entry.text("adaptation", "")))
    return tuple(found)


def dump_steps(steps: Iterable[Step], accepted: Iterable[Accepted]) -> list[str]:
    """The lines of TOML that are read as these again."""
    lines = []
    for step in steps:
        entry: dict[str, Any] = {"name": step.name}
        entry |= {key: value for key in ("says", "run", "conf", "under") if (value := getattr(step, key))}
        entry |= {"install": "oar3"} if step.install else {}
        entry |= {key: list(value) for key in ("submit", "finish") if (value := getattr(step, key))}
        entry |= {"states": dict(step.states)} if step.states else {}
        entry |= {"within": step.within} if step.within != WITHIN else {}
        lines += ["", "[[step]]", *pairs(entry)]
    for each in accepted:
        entry = {"what": each.what, "because": each.because, "how": each.how}
        entry |= {key: value for key in ("form", "adaptation") if (value := getattr(each, key))}
        lines += ["", "[[leftover]]", *pairs(entry)]
    return lines


def _step(entry: Table) -> Step:
    name = entry.text("name")
    documented = [key for key in _DOCUMENTED if key in entry]
    about_jobs = [key for key in _JOBS if key in entry]
    if len(documented) + bool(about_jobs) != 1:
        kinds = [*documented, *about_jobs[:1]]
        what = f"{' and '.join(kinds)} in one step" if kinds else "it does nothing"
        entry.fault(what, "write one of run, conf, install, or those about jobs: " + ", ".join(_JOBS), *kinds[:1])
    if documented and "says" not in entry:
        entry.fault("says is missing", "name the page of the documentation that has these words")
    if "install" in entry and entry.text("install") != "oar3":
        entry.fault(f"cannot install {entry.text('install')!r}", 'write install = "oar3"', "install")
    conf = entry.text("conf") if "conf" in entry else ""
    for line in conf.splitlines():
        if not _CONF_LINE.fullmatch(line):
            entry.fault(f"{line!r} is no line of oar.conf", 'write KEY="value"', "conf")
    check_owned(
        entry, [line.partition("=")[0].strip() for line in conf.splitlines()], "conf", columns=True, logging=False
    )
    if conf and not any("=" in line.partition("#")[0] for line in conf.splitlines()):
        entry.fault("no key is set", 'write KEY="value"', "conf")
    states = entry.strings("states")
    for job, state in states.items():
        if state not in JOB_STATES:
            entry.fault(f"{job} cannot be {state!r}", did_you_mean(state, JOB_STATES), "states", job)
    return Step(
        name,
        entry.text("says", ""),
        entry.text("run") if "run" in entry else "",
        conf,
        "install" in entry,
        entry.texts("submit"),
        entry.texts("finish"),
        entry.text("under", ""),
        states,
        entry.duration("within", WITHIN) or WITHIN,
    )


def _check_jobs(entry: Table, step: Step, jobs: Mapping[str, ScenarioJob], there: list[ScenarioJob]) -> None:
    """Jobs are known, are submitted once, and before anything else is done with them."""
    for name in step.submit:
        if name not in jobs:
            entry.fault(f"there is no job {name!r}", did_you_mean(name, jobs), "submit")
        job = jobs[name]
        if job in there:
            entry.fault(f"{name} was submitted by an earlier step", "submit it once", "submit")
        needed = [*job.submission.after, *filter(None, (job.submission.container,))]
        for other in needed:
            if jobs[other.partition("[")[0]] not in there:
                entry.fault(f"{name} needs {other}, which is not submitted yet", "submit that one first", "submit")
        there.append(job)
    known = {each for job in there for each in (job.name, *job.names)}
    uses: list[tuple[str, Collection[str]]] = [
        ("run", _REFERENCE.findall(step.run)),
        ("finish", () if step.finish == (ALL,) else step.finish),
        ("states", step.states),
    ]
    for key, names in uses:
        for name in names:
            if name not in known:
                entry.fault(f"{name}: no such job was submitted yet", did_you_mean(name, known) if known else "", key)
