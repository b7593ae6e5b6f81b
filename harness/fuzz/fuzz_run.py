"""A fuzzing session: servers up, hunt, confirm what was found, write it down, report."""

from __future__ import annotations

import json
import secrets
import shlex
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from harness.compare.judge_settings import JudgeSettings
from harness.fuzz.evaluate import Evaluation, Question
from harness.fuzz.finding import Finding
from harness.fuzz.findings_folder import FindingsFolder
from harness.fuzz.fuzz_progress import FuzzProgress
from harness.fuzz.generate import Feature, Size, stream
from harness.fuzz.hunt import Hunt
from harness.fuzz.workers import Workers
from harness.model.combination import OAR_META_SCHED, Combination, did_you_mean
from harness.model.fault import ConfigurationFault, MachineFault
from harness.model.record import Missing, RunRecord
from harness.model.target import Artefacts
from harness.oar3.copies import find
from harness.oar3.source import Oar3Source, environment_of
from harness.plan.plan_server import PlanServer
from harness.run.case import DEFAULT_TOLERANCE
from harness.run.columns import Column
from harness.run.environment import Provisioner
from harness.run.events import Listener, Stage
from harness.run.execute import FinishedRun, begun, new_folder, report
from harness.run.known_folders import read_known
from harness.run.plan_servers import enough
from harness.run.run_request import RunRequest, site_of
from harness.run.unforeseen_errors import keeping_traces
from harness.shipped import COMMAND
from harness.site.site import Site
from harness.store.atomic import write_atomically
from harness.store.history import case_folder, write_record
from harness.workload.quota_table import QUEUES


@dataclass(frozen=True, slots=True)
class FuzzRequest:
    """What is asked for.

    :ivar candidate: id of a combination, or the alias of its scheduler or metascheduler.
    :ivar minutes: how long to look, shrinking included, servers up.
    :ivar seed: of the scenarios; None: any.
    :ivar without: features to leave out.
    :ivar findings: the folder findings are kept in and remembered from; None: one below ``reports``.
    :ivar workers: comparisons at a time; 0: what keeps the processors busy.
    :ivar limit: seconds a round may take.
    :ivar only_shrink: whether to make what is known smaller, and look for nothing new.
    :ivar known: folders of known differences, in place of the site's; empty: the site's.
    """

    candidate: str
    minutes: float = 10.0
    site: Path | None = None
    debian: str = ""
    reference: str = ""
    oar3: tuple[str, ...] = ()
    seed: int | None = None
    size: Size = field(default_factory=Size)
    without: frozenset[Feature] = frozenset()
    reports: Path = Path("reports")
    findings: Path | None = None
    workers: int = 0
    limit: float = 30.0
    only_shrink: bool = False
    known: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class FuzzOutcome:
    """What came of it.

    :ivar findings: all that the folder holds now.
    :ivar places: their folders, in the same order.
    :ivar idle: scenarios of those compared on which there was nothing to compare.
    :ivar waiting: scenarios that differ and were not looked at for want of time.
    :ivar unsteady: scenarios in which decisions differed once, and not again: noise.
    :ivar unconfirmed: names of those that jobs submitted by ``oarsub`` and programs started afresh do not show.
    """

    outcome: FinishedRun
    findings: tuple[Finding, ...]
    places: tuple[Path, ...]
    waiting: int
    compared: int
    differed: int
    steps: int
    seconds: float
    seed: int
    unconfirmed: tuple[str, ...] = ()
    idle: int = 0
    unsteady: int = 0
    known: Mapping[str, int] = field(default_factory=dict)

    @property
    def of_candidate(self) -> bool:
        """Whether a finding is the candidate's, and not what the reference does by itself."""
        return any(not finding.symptom.about_reference for finding in self.findings)


def fuzz(request: FuzzRequest, notify: Listener) -> FuzzOutcome | Missing:
    """Run it; Missing if it needs a copy of OAR3 and there is none. Raises Fault."""
    site = site_of(RunRequest(site=request.site, debian=request.debian, reference=request.reference))
    candidate = candidate_of(site, request.candidate)
    source: Oar3Source | None = None
    if candidate.needs_oar3 or site.reference.needs_oar3:
        found = find(request.oar3, codename=site.debian)
        if isinstance(found, Missing):
            return found
        source = found[0]
    further = tuple(queue for queue in site.queues if queue.name not in QUEUES)
    place = request.findings or request.reports / "findings" / f"{site.debian}-{candidate.id}"
    store = FindingsFolder(place, site.defaults)
    known, waiting = store.findings(), store.waiting()
    if request.only_shrink and not (known or waiting):
        raise ConfigurationFault("there are no findings", where=str(place), remedy="find some: oar-compat fuzz")
    differences = read_known(request.known or site.known_differences)
    seed = secrets.randbelow(10**9) if request.seed is None else request.seed
    # Hypothesis takes the random numbers of other threads, such as temporary names, for those of its strategies.
    warnings.filterwarnings("ignore", message="Do not use the `random` module inside strategies")
    folder = new_folder(request.reports)
    command = _command(request, site, candidate)
    head = RunRecord({}, site.reference.id, (site.reference.id, candidate.id), (), reproduce=command)
    with keeping_traces(folder), begun(head, folder), Provisioner(site.debian, notify) as provisioner:
        provisioner.prepare([source] if source else [])
        question = Question(
            site.reference,
            candidate,
            JudgeSettings(known=differences, today=date.today()),
            DEFAULT_TOLERANCE if site.tolerance is None else site.tolerance,
            site.debian,
            site.conf,
            {**provisioner.environment(), **environment_of([source] if source else [])},
            site.queues,
        )

        def keep(finding: Finding, seen: Evaluation | None) -> None:
            notify(Stage(_in_words(finding)))
            store.keep(finding, seen, command)

        hunt = Hunt(
            stream(seed, request.size, request.without, further),
            known,
            waiting=waiting,
            seconds=max(60.0, request.minutes * 12),
            look=request.minutes * 36,
            on_finding=keep,
            only_shrink=request.only_shrink,
        )
        workers = request.workers or enough()
        with Workers(
            provisioner, Column(candidate.id, candidate, source), workers, limit=request.limit, notify=notify
        ) as workers_:
            began = time.monotonic()
            try:
                rounds = Artefacts(folder, "rounds")
                until = began + request.minutes * 60
                workers_.work(hunt, question, rounds, until, FuzzProgress(hunt, notify, began))
            finally:
                seconds = time.monotonic() - began
                findings = hunt.close()
                store.leave(findings, hunt.waiting())
            notify(Stage(f"confirming {len(findings)} findings: jobs by oarsub, programs started afresh"))
            confirmed = [_confirm(question, workers_, finding, folder) for finding in findings]
        adaptations = {candidate.id: provisioner.prepared(source).adaptations} if source else {}
    for finding, seen in zip(findings, confirmed, strict=True):
        store.keep(finding, seen, command, question.draft(seen))
    record = RunRecord(
        environment=question.environment,
        reference=site.reference.id,
        combinations=tuple(dict.fromkeys((site.reference.id, question.column))),
        cases=tuple({seen.record.id: seen.record for seen in [*confirmed, *hunt.samples]}.values()),
        adaptations=adaptations,
        reproduce=command,
    )
    write_record(record, folder)
    result = FuzzOutcome(
        outcome=report(record, folder, differences),
        findings=tuple(findings),
        places=tuple(store.place(finding) for finding in findings),
        waiting=len(hunt.waiting()),
        compared=hunt.compared,
        differed=hunt.differed,
        steps=hunt.steps,
        seconds=seconds,
        seed=seed,
        unconfirmed=tuple(
            finding.name for finding, seen in zip(findings, confirmed, strict=True) if seen.symptom != finding.symptom
        ),
        unsteady=hunt.unsteady,
        known=dict(hunt.known_seen),
        idle=hunt.idle,
    )
    write_atomically(folder / "fuzz.json", json.dumps(summary(result), indent=1) + "\n")
    return result


def candidate_of(site: Site, name: str) -> Combination:
    """The combination a user means: its id, or the alias of a scheduler or metascheduler; queues may follow.

    Raises ConfigurationFault if there is none, and for a queue that the site has not.
    """
    known = {combination.id: combination for combination in site.registry.all()}
    base, colon, queues = name.partition(":")
    for wanted in (base, f"{OAR_META_SCHED.name}+{base}"):
        if wanted in known:
            found = site.registry.find(wanted + colon + queues, where="--candidate")
            site.registry.check_queues([found], where="--candidate")
            return found
    names = [*known, *(each.removeprefix("oar_meta_sched+") for each in known)]
    raise ConfigurationFault(
        f"unknown combination {name!r}", where="--candidate", remedy=did_you_mean(name, dict.fromkeys(names))
    )


def summary(result: FuzzOutcome) -> dict[str, object]:
    """What fuzz.json holds."""
    return {
        "schema": "oar-compat-fuzz/1",
        "seed": result.seed,
        "compared": result.compared,
        "nothing to compare": result.idle,
        "differed": result.differed,
        "steps of shrinking": result.steps,
        "unsteady": result.unsteady,
        "waiting": result.waiting,
        "seconds": round(result.seconds, 1),
        "known differences": dict(result.known),
        "findings": [
            {
                "name": finding.name,
                "symptom": str(finding.symptom),
                "about": "reference" if finding.symptom.about_reference else "candidate",
                "features": sorted(finding.features),
                "jobs": len(finding.scenario.jobs),
                "seen": finding.seen,
                "minimal": finding.minimal,
                "steady": finding.steady,
                "confirmed": finding.name not in result.unconfirmed,
            }
            for finding in result.findings
        ],
    }


def _confirm(question: Question, workers_: Workers, finding: Finding, folder: Path) -> Evaluation:
    """The finding again, by ``oarsub`` and programs started afresh; on another server if the first is lost."""
    try:
        return _once_more(question, workers_.plan_servers[0], finding, folder)
    except (SQLAlchemyError, MachineFault) as fault:
        workers_.replace(0, fault)
        return _once_more(question, workers_.plan_servers[0], finding, folder)


def _once_more(question: Question, plan_server: PlanServer, finding: Finding, folder: Path) -> Evaluation:
    plan_server.warm = False
    try:
        place = case_folder(folder, question.id_of(finding.scenario)).relative_to(folder)
        artefacts = Artefacts(folder, place.as_posix())
        return question.ask(plan_server, finding.scenario, artefacts, by_oarsub=True)
    finally:
        plan_server.warm = True


def _command(request: FuzzRequest, site: Site, candidate: Combination) -> str:
    words = [COMMAND, "run"]
    if request.site:
        words += ["--site", str(request.site)]
    if request.debian:
        words += ["--oar2", site.debian]
    if request.reference:
        words += ["--reference", site.reference.id]
    for each in request.oar3:
        words += ["--oar3", each]
    return shlex.join([*words, "--combination", candidate.id])


def _in_words(finding: Finding) -> str:
    jobs = len(finding.scenario.jobs)
    needs = ", ".join(sorted(finding.features)) or "plain jobs"
    return f"finding: {finding.symptom} with {needs}; {jobs} jobs" + (
        "" if finding.minimal else ", not yet made small"
    )
