"""Injects faults of the machine into cases of every kind, at random instants, and looks what is said of them.

``python -m tests.soak.faults --times 10 --kinds plan,live,procedure,fuzz``: each fault, ten times into each kind.
What is observed must then agree (on another server, or because the fault came too late to matter) or be told as not
compared, with the fault in words; never a crash of OAR, a difference or a finding. Prints a table; ends in 1 if
anything else was said.
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from harness.compare.judge import judge_run
from harness.compare.judge_settings import JudgeSettings
from harness.engine import container_agent
from harness.engine.lane import Lane
from harness.fuzz.evaluate import Question
from harness.fuzz.generate import Feature, Size, stream
from harness.fuzz.hunt import Hunt
from harness.fuzz.workers import Workers
from harness.model.combination import Combination
from harness.model.fault import Fault as Trouble
from harness.model.record import Kind
from harness.model.registry import Registry
from harness.model.result import Status
from harness.model.target import Artefacts
from harness.oar2 import postgres_timeouts, server_health
from harness.plan import warm_rounds
from harness.run import plan_servers
from harness.run.assignment import Assignment
from harness.run.campaign import Campaign
from harness.run.case import Case
from harness.run.columns import Column
from harness.run.environment import Provisioner
from harness.run.events import Event, ObservationEnded, ObservationStarted, Stage
from harness.workload.case_ids import case_id
from harness.workload.scenario import parse_scenario
from tests.soak.sabotage import FAULTS, Fault

REFERENCE = "oar_meta_sched+oar_sched_gantt_with_timesharing_and_fairsharing_and_quotas"
CANDIDATE = "oar_meta_sched+oar_sched_gantt_with_timesharing_and_fairsharing"
FINE = frozenset((Status.AGREES, Status.KNOWN, Status.NOT_RUN))

LIMITS: dict[tuple[Any, str], float] = {
    (postgres_timeouts, "SECONDS"): 15.0,
    (server_health, "_SECONDS"): 8.0,
    (container_agent, "GRACE"): 8.0,
    (warm_rounds, "GRACE"): 20.0,
    (plan_servers, "LIMIT"): 20.0,
}
"""Limits of time, by module and name, and what they are while faults are injected."""

_JOBS = """
[[job]]
name = "long"
user = "alice"
submit = "oarsub -t noop -l core=2,walltime=0:00:20 x"
[[job]]
name = "wide"
user = "bob"
submit = "oarsub -t noop -l nodes=2,walltime=0:00:20 x"
[[job]]
name = "behind"
user = "carol"
submit = "oarsub -t noop -l core=1,walltime=0:00:20 x"
"""
_STEPS = """
[[step]]
name = "two wait for a first"
submit = ["long", "wide", "behind"]
under = "native"
states = { long = "Running", wide = "Waiting" }
[[step]]
name = "restart"
says = "oar.conf of OAR2"
run = "systemctl restart oar-server"
[[step]]
name = "it goes on"
finish = ["long", "wide", "behind"]
under = "native"
"""
_NODES = """
[[job]]
name = "long"
user = "alice"
submit = "oarsub -l nodes=1,walltime=0:01:00 'sleep 12'"
[[job]]
name = "behind"
user = "bob"
submit = "oarsub -l nodes=2,walltime=0:01:00 'sleep 2'"
"""


def case(kind: str, *, nodes: bool = False, number: int = 0) -> Case:
    """A small case of a kind, on which the two combinations agree if nothing happens."""
    body = _NODES if nodes else _JOBS
    text = f"""
title = "a {kind} case {number}"
kinds = ["{kind}"]
cluster = "2 nodes x 1 cpus x 2 cores"
{"nodes = 'real'" if nodes else ""}
[conf]
SCHEDULER_JOB_SECURITY_TIME = "1"
{body}
{_STEPS if kind == "procedure" else ""}
"""
    scenario = parse_scenario(text, f"{kind}.toml")
    return Case(case_id(scenario, Kind(kind)), Kind(kind), scenario)


@dataclass
class Told:
    """What became of one injection.

    :ivar statuses: of all columns. :ivar lost: what was said of lost servers. :ivar wrong: what must not be said.
    """

    statuses: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    done: bool = False
    seconds: float = 0.0

    @property
    def kind(self) -> str:
        """In one word."""
        if self.wrong:
            return "WRONG"
        if not self.done:
            return "missed"
        if "not-run" in self.statuses:
            return "not compared"
        return "retried" if self.lost else "unhurt"


class Saboteur:
    """Listens to a run, and injects a fault once, some time after the first observation has begun."""

    def __init__(self, provisioner: Provisioner, fault: Fault, delay: float, told: Told) -> None:
        self._provisioner, self._fault, self._delay, self._told = provisioner, fault, delay, told
        self._thread: threading.Thread | None = None
        # Those of others who share the provisioner are none of its business.
        self._others = set(provisioner._lanes)

    def __call__(self, event: Event) -> None:
        if isinstance(event, ObservationStarted) and self._thread is None:
            self.begin()
        if isinstance(event, Stage) and "server was lost" in event.text:
            self._told.lost.append(event.text)
        if isinstance(event, ObservationEnded) and event.outcome not in ("recorded", "crash"):
            self._told.lost.append(event.outcome)

    def begin(self) -> None:
        """Do it later."""
        self._thread = threading.Thread(target=self._sabotage, daemon=True)
        self._thread.start()

    def _sabotage(self) -> None:
        time.sleep(self._delay)
        deadline = time.monotonic() + 60
        while not (lanes := [each for each in self._provisioner._lanes - self._others if _up(each, self._fault)]):
            if time.monotonic() > deadline:
                return
            time.sleep(0.1)
        self._fault.do(lanes[0])
        self._told.done = True

    def wait(self) -> None:
        """Until it is done."""
        if self._thread:
            self._thread.join(90)


def hurry() -> None:
    """Shorten what is waited for, so that what is frozen is given up in seconds; what is well takes less by far."""
    for (place, name), seconds in LIMITS.items():
        setattr(place, name, seconds)


def _up(lane: Lane, fault: Fault) -> bool:
    return bool(lane.database_port) and (bool(lane.nodes) or not fault.nodes)


def inject(provisioner: Provisioner, kind: str, fault: Fault, delay: float, folder: Path) -> Told:
    """Run cases of a kind, and inject a fault meanwhile."""
    told = Told()
    began = time.monotonic()
    saboteur = Saboteur(provisioner, fault, delay, told)
    try:
        if kind == "fuzz":
            _fuzz(provisioner, saboteur, told, folder)
        else:
            _campaign(provisioner, kind, fault, saboteur, told, folder)
    except Trouble as trouble:
        told.statuses.append("not-run")
        told.lost.append(str(trouble))
    saboteur.wait()
    told.seconds = time.monotonic() - began
    return told


def _campaign(
    provisioner: Provisioner, kind: str, fault: Fault, saboteur: Saboteur, told: Told, folder: Path
) -> None:
    registry = Registry()
    columns = [Column(name, registry.find(name)) for name in (REFERENCE, CANDIDATE)]
    count = 6 if kind == "plan" else 1
    cases = [case(kind, nodes=fault.nodes, number=number) for number in range(count)]
    campaign = Campaign(Assignment(provisioner.debian, columns, cases, lanes=2), provisioner, folder, saboteur)
    result = judge_run(campaign.run())
    told.statuses += [each.status.value for each in result.cases]
    told.wrong += [
        f"{each.candidate}: {each.status.value}: {difference.why}"
        for each in result.cases
        if each.status not in FINE
        for difference in each.differences
    ]
    unsaid = [each for each in result.cases if each.status is Status.NOT_RUN and not each.why]
    told.wrong += [f"{each.candidate}: not-run without a reason" for each in unsaid]


def _fuzz(provisioner: Provisioner, saboteur: Saboteur, told: Told, folder: Path) -> None:
    reference: Combination = Registry().find("oar_meta_sched+oar_sched_gantt_with_timesharing")
    hunt = Hunt(
        stream(1, Size(jobs=3, nodes=1, resources=2), frozenset(Feature)), (), seconds=60, on_finding=lambda *_: None
    )
    question = Question(reference, reference, JudgeSettings(), tolerance=60, debian="trixie")
    with Workers(provisioner, None, 1, limit=30, notify=saboteur) as workers:
        saboteur.begin()
        wanted = 0

        def enough() -> None:
            nonlocal wanted
            if told.done and not wanted:
                wanted = hunt.compared + 6
            if wanted and hunt.compared > wanted:
                raise _EnoughError

        with suppress(_EnoughError):
            workers.work(hunt, question, Artefacts(folder), time.monotonic() + 400, enough)
    told.statuses.append("agrees")
    told.wrong += [f"finding: {finding.symptom}: {finding.why[:1]}" for finding in hunt.close()]


class _EnoughError(Exception):
    """Ends a hunt from outside."""


def table(found: dict[tuple[str, str], list[Told]]) -> str:
    """The figures, a line for each fault and kind."""
    lines = ["| fault | kind | injected | unhurt | retried | not compared | wrong |", "|---|---|---|---|---|---|---|"]
    for (name, kind), each in found.items():
        count = Counter(told.kind for told in each)
        cells = (
            len(each) - count["missed"],
            *(count[word] for word in ("unhurt", "retried", "not compared", "WRONG")),
        )
        lines.append(f"| {name} | {kind} | " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _injected(kind: str, fault: Fault, instant: float, folder: Path) -> Told:
    # Another provisioner each time: what one had to give up is none of the next one's concern.
    with Provisioner("trixie", lambda _: None) as provisioner:
        told = inject(provisioner, kind, fault, instant, folder)
    line = f"{kind}: {fault.name}: {told.kind}, {told.seconds:.0f} s"
    click.echo("; ".join([line, *told.wrong[:3], *told.lost[:2]]), err=True)
    return told


@click.command()
@click.option("--times", default=10, show_default=True, help="How often each fault goes into each kind.")
@click.option("--kinds", default="plan,live,procedure,fuzz", show_default=True)
@click.option("--fault", "wanted", multiple=True, help="Only faults whose name has this in it; repeat.")
@click.option("--at-once", default=2, show_default=True, help="Injections side by side: most of each is waiting.")
@click.option("--seed", default=0, show_default=True, help="Of the instants.")
def main(times: int, kinds: str, wanted: tuple[str, ...], at_once: int, seed: int) -> None:
    """Inject them all, print the table."""
    hurry()
    dice = random.Random(seed)
    work: list[tuple[str, Fault, float, Path]] = []
    found: dict[tuple[str, str], list[Told]] = {}
    with tempfile.TemporaryDirectory(prefix="oar-compat-faults-") as place:
        for kind in kinds.split(","):
            for fault in FAULTS:
                if kind not in fault.kinds or (wanted and not any(word in fault.name for word in wanted)):
                    continue
                for number in range(times):
                    folder = Path(place, f"{kind}-{fault.name.replace(' ', '-')}-{number}")
                    folder.mkdir()
                    instant = dice.uniform(0, {"plan": 2.0, "fuzz": 3.0}.get(kind, 12.0))
                    work.append((kind, fault, instant, folder))
        with ThreadPoolExecutor(at_once) as pool:
            for (kind, fault, *_), told in zip(work, pool.map(lambda each: _injected(*each), work), strict=True):
                found.setdefault((fault.name, kind), []).append(told)
    click.echo(table(found))
    sys.exit(any(told.wrong for each in found.values() for told in each))


if __name__ == "__main__":
    main()
