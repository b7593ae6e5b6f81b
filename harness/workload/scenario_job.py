"""The jobs of a scenario file: ``oarsub`` lines, who types them, and when."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from harness.model import bounds
from harness.model.combination import did_you_mean
from harness.model.fault import ConfigurationFault
from harness.model.procsets import parse
from harness.oarsub.submission import Submission, parse_oarsub
from harness.workload.awaited import Awaited, read_awaited
from harness.workload.toml_table import Table

_JOB_KEYS = ("name", "user", "submit", "at", "runtime", "started", "on", "when", "client")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_RESERVED = ("valid",)


@dataclass(frozen=True, slots=True)
class ScenarioJob:
    """One ``oarsub`` line: who types it, and when.

    :ivar at: seconds after the beginning of the case.
    :ivar runtime: seconds it really runs; None: its walltime.
    :ivar started: seconds after the beginning at which it was started, so that it runs when a plan is made; None: it
        waits. Plan cases only.
    :ivar on: ids of the resources it has: since ``started``, or what an advance reservation was
        accepted with.
    :ivar when: what must hold before it is submitted. Live cases only.
    :ivar leaves: whether its ``oarsub`` is killed before it has an answer, as by a lost connection. Live cases only.
    """

    name: str
    user: str
    submission: Submission
    at: int = 0
    runtime: int | None = None
    started: int | None = None
    on: tuple[int, ...] = ()
    when: tuple[Awaited, ...] = ()
    leaves: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What its jobs are called: its name, or ``name[1]`` and so on if it is an array of more than one."""
        if self.submission.array == 1:
            return (self.name,)
        return tuple(f"{self.name}[{index}]" for index in range(1, self.submission.array + 1))


def read_jobs(table: Table, files: Mapping[str, str], nodes: Collection[str] = ()) -> tuple[ScenarioJob, ...]:
    """``[[job]]``, in the order of submission: by ``at``, then as written; those that wait for something come last.

    :param nodes: what ``when`` may name beside jobs and actions.
    """
    entries = table.tables("job", _JOB_KEYS)
    if not entries:
        table.fault("there is no job", "add a [[job]] with name, user and submit")
    places: dict[str, Table] = {}
    jobs: list[ScenarioJob] = []
    count = 0
    for entry in entries:
        job = _job(entry, files)
        if job.name in places:
            entry.fault("there are two jobs of that name", f"the other is at {places[job.name].where()}", "name")
        places[job.name] = entry
        jobs.append(job)
        count += job.submission.array
        if count > bounds.JOBS:
            entry.fault(f"with it there are {count:,} jobs", f"write at most {bounds.JOBS:,}", "submit")
    named = dict.fromkeys(name for job in jobs for name in (job.name, *job.names))
    actions = [name for entry in table.content.get("action", []) if isinstance(name := _name_of(entry), str)]
    jobs = [replace(job, when=read_awaited(places[job.name], named, nodes, actions)) for job in jobs]
    jobs.sort(key=lambda job: (bool(job.when), job.at))
    earlier: dict[str, ScenarioJob] = {}
    everyone = {job.name for job in jobs}
    for job in jobs:
        needs = [*(("-a", name) for name in job.submission.after), ("-t inner=", job.submission.container)]
        for option, name in needs:
            if name:
                _check_earlier(places[job.name], option, name, earlier, everyone)
        earlier[job.name] = job
    return tuple(jobs)


def _job(entry: Table, files: Mapping[str, str]) -> ScenarioJob:
    name, user = entry.text("name"), entry.text("user")
    if not _WORD.fullmatch(name):
        entry.fault(f"{name!r} cannot name a job", "begin with a letter, go on with letters, digits, _ and -", "name")
    if name in _RESERVED:
        entry.fault(f"{name!r} is a word of [expect]", "choose another name", "name")
    if not _USER.fullmatch(user):
        entry.fault(f"{user!r} cannot name a user", "use small letters, digits, _ and -", "user")
    if user in ("root", "oar"):
        entry.fault(f"{user} may not submit jobs (an admission rule of OAR)", "name an ordinary user", "user")
    line = entry.text("submit", most=bounds.LINE)
    try:
        submission = parse_oarsub(line, files=files)
    except ConfigurationFault as fault:
        entry.fault(fault.what, fault.remedy, "submit")
    runtime = entry.duration("runtime")
    if runtime == 0:
        entry.fault("runtime is 0", "leave it out, or write at least 1", "runtime")
    at, started = entry.duration("at") or 0, entry.duration("started")
    on = _placed_on(entry)
    if started is not None and started < at:
        entry.fault("it started before it was submitted", "let started be no earlier than at", "started")
    reservation = submission.reservation
    if started is not None and reservation is not None and started < at + reservation.start:
        entry.fault("a reservation started before its time", "let started be no earlier than -r says", "started")
    if started is not None and not on:
        entry.fault("it started on no resources", 'name those it holds: on = "1-4"', "started")
    if on and started is None and reservation is None:
        entry.fault("it holds resources and has not started", 'say since when: started = "0:00:10"', "on")
    if on and submission.array > 1:
        entry.fault("an array cannot hold resources", "write its elements as jobs of their own", "on")
    leaves = entry.text("client", "stays") == "leaves"
    if entry.text("client", "stays") not in ("stays", "leaves"):
        entry.fault(f"client is {entry.text('client')!r}", 'write "leaves", or remove it', "client")
    if leaves and reservation is None:
        entry.fault("its client does not wait for an answer", "remove client, or add -r", "client")
    return ScenarioJob(name, user, submission, at, runtime, started, on, leaves=leaves)


def _name_of(entry: object) -> object:
    return entry.get("name") if isinstance(entry, dict) else None


def _placed_on(entry: Table) -> tuple[int, ...]:
    """``on = "1-4,7"``: ids of resources."""
    if isinstance(entry.content.get("on"), list | int):
        entry.fault(f"on is {entry.content['on']!r}", 'write ids of resources, for example on = "1-4,7"', "on")
    text = entry.text("on", "")
    if not text:
        return ()
    if not re.fullmatch(r"\s*\d+(\s*-\s*\d+)?(\s*,\s*\d+(\s*-\s*\d+)?)*\s*", text, re.A):
        entry.fault(f"on is {text!r}", 'write ids of resources, for example on = "1-4,7"', "on")
    try:
        found = parse(re.sub(r"\s", "", text).replace(",", " "))
    except ValueError as error:
        entry.fault(f"on is {text!r}: {error}", 'write ids of resources, for example on = "1-4,7"', "on")
    # Ids that the cluster does not have are reported later, one by one; here only the largest is looked at.
    if len(found) > bounds.RESOURCES or (found and found.max > bounds.ID):
        entry.fault(f"on is {text!r}: no cluster has so many", "name those of the cluster", "on")
    return tuple(found)


def _check_earlier(
    entry: Table, option: str, name: str, earlier: Mapping[str, ScenarioJob], everyone: set[str]
) -> None:
    base = name.partition("[")[0]
    if base not in earlier:
        if base in everyone:
            entry.fault(f"{option} {name}: that job is submitted later", "submit it before this one", "submit")
        entry.fault(f"{option} {name}: there is no such job", did_you_mean(name, everyone), "submit")
    count = earlier[base].submission.array
    if not _is_one(name.removeprefix(base), count):
        hint = f"name one of its elements, {base}[1] to {base}[{count}]" if count > 1 else f"write {base}"
        entry.fault(f"{option} {name}: there is no such job", hint, "submit")


def _is_one(index: str, count: int) -> bool:
    """Whether ``[3]`` is the index of an array's element; a job that is no array has none."""
    if count == 1:
        return not index
    return re.fullmatch(r"\[[1-9]\d{0,8}\]", index, re.A) is not None and int(index[1:-1]) <= count
