"""Scenario files: a cluster, its configuration, and ``oarsub`` lines, as an administrator writes them down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.model import bounds
from harness.model.cluster import Cluster
from harness.model.combination import Combination, did_you_mean, fits
from harness.model.debian import CODENAMES
from harness.model.procedure import Accepted
from harness.model.quota import Quota
from harness.model.reading import read_text
from harness.model.record import Kind
from harness.model.resubmission import resubmitted
from harness.workload.action import Action, read_actions
from harness.workload.admission_rules import AdmissionRule
from harness.workload.asked_names import check_names, is_refused
from harness.workload.cluster_files import read_cluster
from harness.workload.conf_table import conf_warnings, read_conf
from harness.workload.expectation import read_expectations
from harness.workload.live_checks import check_live, read_nodes
from harness.workload.plan_times import check_starts
from harness.workload.queues import given_schedulers, queue_of
from harness.workload.quota_table import QUEUES, read_quotas
from harness.workload.scenario_job import ScenarioJob as ScenarioJob
from harness.workload.scenario_job import read_jobs
from harness.workload.steps import Step, read_accepted, read_steps
from harness.workload.toml_table import Table, parse_toml
from harness.workload.unused_words import check_programs, idle_logging, idle_words

KINDS = (Kind.PLAN, Kind.LIVE, Kind.PROCEDURE)
"""Kinds of case a scenario file can be run as."""

_KEYS = (
    "title",
    "cluster",
    "kinds",
    "conf",
    "queue",
    "quota",
    "admission",
    "files",
    "job",
    "nodes",
    "action",
    "tolerance",
    "only",
    "not-applicable",
    "expect",
    "step",
    "leftover",
    "installed",
)

_ON = " on "
_QUEUE_KEYS = ("name", "priority", "scheduler", "state")
QUEUE_STATES = ("Active", "notActive")
"""Values of ``queues.state`` (OAR2, ``pg_structure.sql``)."""
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of OAR.

    :ivar scheduler: ``queues.scheduler_policy``; empty: that of the site's queue, else of the queue ``default``.
    :ivar state: ``queues.state``: ``Active``, or ``notActive`` of a queue that is closed.
    """

    name: str
    priority: int
    scheduler: str = ""
    state: str = "Active"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a site gives to scenarios that do not say it themselves; ``conf`` is completed key by key."""

    cluster: Cluster | None = None
    conf: Mapping[str, str] = field(default_factory=dict)
    queues: tuple[Queue, ...] = ()
    tolerance: int | None = None
    quotas: tuple[Quota, ...] = ()
    rules: tuple[AdmissionRule, ...] | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario file, read and checked.

    :ivar conf: keys of oar.conf.
    :ivar queues: queues beside, or in place of, those a fresh OAR has.
    :ivar admission: Perl texts of admission rules to add.
    :ivar files: files of the users' home directories, by name.
    :ivar jobs: in the order of their submission: by ``at``, then as written.
    :ivar tolerance: seconds by which a start may differ and be called ``shifted``; None: the run's own.
    :ivar only: patterns of the combinations it is for; empty: all.
    :ivar not_applicable: patterns of combinations it is not for, and why; ``PATTERN on RELEASE``: on that Debian
        release alone.
    :ivar expect: as :func:`harness.workload.expectation.read_expectations` gives it.
    :ivar source: the file's name.
    :ivar quotas: limits on what jobs of a kind may hold at a time, in the order of the file.
    :ivar actions: what is done beside submitting jobs, in that order. Live cases only.
    :ivar real_nodes: whether the cluster's nodes are containers, on which jobs really run. Live cases only.
    :ivar steps: of a procedure; a scenario of another kind has none.
    :ivar accepted: what a procedure may leave.
    :ivar installed: whether a procedure begins with OAR3 installed and adapted.
    :ivar site_queues: those of the site, which its own stand in place of.
    :ivar rules: the site's admission rules in place of Debian's; None: Debian's.
    :ivar warnings: what of the file is probably not meant so, each in one line with its place.
    """

    title: str
    cluster: Cluster
    jobs: tuple[ScenarioJob, ...]
    kinds: tuple[Kind, ...] = (Kind.PLAN,)
    conf: Mapping[str, str] = field(default_factory=dict)
    queues: tuple[Queue, ...] = ()
    admission: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    tolerance: int | None = None
    only: tuple[str, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    expect: Mapping[str, Any] = field(default_factory=dict)
    source: str = field(default="", compare=False)
    quotas: tuple[Quota, ...] = ()
    actions: tuple[Action, ...] = ()
    real_nodes: bool = False
    steps: tuple[Step, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    installed: bool = False
    site_queues: tuple[Queue, ...] = ()
    rules: tuple[AdmissionRule, ...] | None = None
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def schedulers(self) -> dict[str, str]:
        """The policy that each of its queues is given, those of a fresh OAR included."""
        return given_schedulers(self.queues, self.site_queues)

    @property
    def users(self) -> tuple[str, ...]:
        """Who submits, in the order of their first job, and who else runs a command."""
        others = (action.user for action in self.actions if action.user not in ("root", "oar"))
        return tuple(dict.fromkeys((*(job.user for job in self.jobs), *others)))

    def on(self, debian: str) -> Scenario:
        """The same on that Debian release: what is said of another one is left out."""
        reasons = {pattern.partition(_ON)[::2]: reason for pattern, reason in self.not_applicable.items()}
        here = {pattern: reason for (pattern, release), reason in reasons.items() if release in ("", debian)}
        return self if here == self.not_applicable else replace(self, not_applicable=here)

    def not_for(self, combination: Combination) -> str:
        """Why it is not for that combination; empty if it is.

        A combination that leaves queues their own is also taken for what it comes to in each queue that the jobs go
        to (:func:`~harness.model.combination.fits`): a pattern of ``not_applicable`` need fit one of those, and for
        each there must be a pattern of ``only``.
        """
        if lacking := [queue for queue in combination.queues if queue not in self.schedulers]:
            return f"it has no queue {lacking[0]}"
        plan = combination.aliases(self.schedulers)
        used = list(dict.fromkeys(queue_of(job.submission) for job in self.jobs))
        for pattern, reason in self.not_applicable.items():
            if fits(pattern, combination.id, plan, used):
                return reason
        places = [[queue] for queue in used] if plan else [used]
        if not self.only or all(any(fits(each, combination.id, plan, here) for each in self.only) for here in places):
            return ""
        return "only for " + ", ".join(self.only)


def load_scenario(path: Path, defaults: Defaults | None = None) -> Scenario:
    """The scenario of a TOML file; raises ConfigurationFault with the first error it has."""
    return parse_scenario(read_text(path), str(path), defaults, folder=path.parent)


def parse_scenario(
    text: str, name: str = "scenario", defaults: Defaults | None = None, *, folder: Path | None = None
) -> Scenario:
    """The same from its text; ``name`` is the file's name in messages, ``folder`` where cluster files are sought."""
    defaults = defaults or Defaults()
    table = parse_toml(text, name, _KEYS)
    title = table.text("title", most=bounds.SHOWN)
    if "cluster" in table or defaults.cluster is None:
        cluster = read_cluster(table, "cluster", [folder] if folder else [])
    else:
        cluster = defaults.cluster
    files = _files(table)
    jobs = read_jobs(table, files, cluster.nodes)
    names = dict.fromkeys(each for job in jobs for each in job.names)
    arrays = [job.name for job in jobs if job.submission.array > 1]
    kinds = _kinds(table)
    if Kind.LIVE in kinds and (placed := next((job.name for job in jobs if job.on), "")):
        table.fault(
            f"{placed} has resources from the beginning, which no live case can give it",
            'leave "live" out of kinds, or let the server start it: remove started and on',
            "kinds",
        )
    _check_held(table, jobs, cluster)
    queues = read_queues(table) or defaults.queues
    actions = read_actions(table, names, arrays, cluster.nodes)
    real_nodes = read_nodes(table)
    check_live(table, kinds, jobs, actions, real_nodes=real_nodes)
    again = [resubmitted(name) for name in names if Kind.LIVE in kinds]
    steps = read_steps(table, jobs)
    _check_procedure(table, kinds, steps)
    expect = read_expectations(
        table.table("expect"), (*names, *again), arrays, cluster, [action.name for action in actions]
    )
    check_starts(table, kinds, jobs, expect)
    # Rules, actions and steps may give the resources properties, and the jobs other requests.
    if not (table.texts("admission") or actions or steps):
        check_names(table, jobs, cluster, expect)
    check_programs(table, (*names, *arrays, *again), expect, real_nodes=real_nodes)
    conf = read_conf(table)
    quotas = read_quotas(table, [*QUEUES, *(queue.name for queue in queues)]) or defaults.quotas
    if quotas and "QUOTAS_CONF_FILE" in conf:
        table.fault(
            "[conf] QUOTAS_CONF_FILE: that file is made of the quotas", "remove it", "conf", "QUOTAS_CONF_FILE"
        )
    schedulers = given_schedulers(queues, defaults.queues)
    refused = {job.name for job in jobs if is_refused(expect, job.names)}
    idle = idle_words(table, kinds, [job for job in jobs if job.name not in refused], schedulers)
    return Scenario(
        title=title,
        cluster=cluster,
        jobs=jobs,
        kinds=kinds,
        conf={**defaults.conf, **conf},
        queues=queues,
        admission=table.texts("admission"),
        files=files,
        tolerance=table.duration("tolerance", defaults.tolerance),
        only=table.texts("only"),
        not_applicable=_reasons(table),
        expect=expect,
        source=name,
        quotas=quotas,
        actions=actions,
        real_nodes=real_nodes,
        steps=steps,
        accepted=read_accepted(table),
        installed=table.flag("installed"),
        site_queues=defaults.queues,
        rules=defaults.rules,
        warnings=(*conf_warnings(table, conf), *idle_logging(table, kinds, conf), *idle),
    )


def _check_held(table: Table, jobs: Iterable[ScenarioJob], cluster: Cluster) -> None:
    known = {resource.id for resource in cluster.resources}
    for job in jobs:
        if lost := sorted(set(job.on) - known):
            table.fault(f"{job.name} holds resource {lost[0]}, which the cluster has not", "mend its on", "job")


def _check_procedure(table: Table, kinds: tuple[Kind, ...], steps: tuple[Step, ...]) -> None:
    """Steps make a procedure, which is of no other kind."""
    if Kind.PROCEDURE in kinds and len(kinds) > 1:
        table.fault("a procedure is of no other kind", 'write kinds = ["procedure"]', "kinds")
    if Kind.PROCEDURE in kinds and not steps:
        table.fault("a procedure without steps", "add a [[step]]", "kinds")
    for key in ("step", "leftover", "installed"):
        if key in table and Kind.PROCEDURE not in kinds:
            table.fault(f"{key} belongs to a procedure", 'write kinds = ["procedure"], or remove it', key)


def read_queues(table: Table) -> tuple[Queue, ...]:
    """``[[queue]]``: names and priorities."""
    queues: dict[str, Queue] = {}
    for entry in table.tables("queue", _QUEUE_KEYS):
        name = entry.text("name")
        if not _WORD.fullmatch(name):
            entry.fault(f"{name!r} cannot name a queue", "use letters, digits, _ and -", "name")
        if name in queues:
            entry.fault("there are two queues of that name", "remove one", "name")
        state = entry.text("state", "Active")
        if state not in QUEUE_STATES:
            entry.fault(f"unknown state {state!r}", did_you_mean(state, QUEUE_STATES), "state")
        scheduler = entry.text("scheduler", "", most=bounds.NAME)
        queues[name] = Queue(name, entry.integer("priority", 0, least=-bounds.GREATEST), scheduler, state)
    return tuple(queues.values())


def _kinds(table: Table) -> tuple[Kind, ...]:
    kinds = table.texts("kinds", (Kind.PLAN,))
    for kind in kinds:
        if kind not in KINDS:
            table.fault(
                f"a scenario cannot be run as {kind!r}", did_you_mean(kind, [each.value for each in KINDS]), "kinds"
            )
    if not kinds:
        table.fault("kinds is empty", 'write kinds = ["plan"]', "kinds")
    return tuple(kind for kind in KINDS if kind in kinds)


def _files(table: Table) -> dict[str, str]:
    files = table.strings("files")
    for name in files:
        if not re.fullmatch(r"[\w.-]+", name, re.A) or name.startswith("."):
            table.fault(
                f"[files] {name!r} is no plain file name", "no folder, no blank, no leading dot", "files", name
            )
    return files


def _reasons(table: Table) -> dict[str, str]:
    reasons = table.strings("not-applicable")
    for pattern, reason in reasons.items():
        if not reason.strip():
            table.fault(f"[not-applicable] {pattern!r} has no reason", "say why", "not-applicable", pattern)
        release = pattern.partition(_ON)[2]
        if release and release not in CODENAMES:
            table.fault(
                f"[not-applicable] {pattern!r}: unknown Debian release {release!r}",
                did_you_mean(release, CODENAMES),
                "not-applicable",
                pattern,
            )
    return reasons
