"""Ends runs by one signal while something hangs, and looks whether they end, and what they leave.

``python -m tests.soak.ends --times 10``: PostgreSQL frozen, the server paused, an endless admission rule, dockerd
stopped, nothing at all; SIGTERM and SIGINT by turns. Prints seconds; ends in 1 if a run did not end in 15 s, ended
with anything but 130, showed a traceback, or left a container.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import docker

from harness.engine.discovery import Engine, find_engine
from harness.engine.own.paths import EnginePaths
from harness.engine.owner import RUN_LABEL

END_SECONDS = 15.0
GONE_SECONDS = 90.0
TOP = Path(__file__).resolve().parents[2]
PLAIN = """
title = "a case that is cut short"
cluster = "2 nodes x 1 cpus x 2 cores"
kinds = ["{kind}"]
{more}
[[job]]
name = "long"
user = "alice"
submit = "oarsub -t noop -l core=1,walltime=0:05:00 x"
"""
ENDLESS = 'admission = ["while (1) {}"]'


@dataclass(frozen=True)
class Hang:
    """What hangs when the signal comes.

    :ivar do: makes it hang, given the engine and a container of the run by its role.
    :ivar after: gives back what others need.
    """

    name: str
    kind: str = "live"
    more: str = ""
    do: Callable[[Engine, Callable[[str], Any]], None] = lambda *_: None
    after: Callable[[], None] = lambda: None


def _dockerd() -> int:
    """The process id of the dockerd of this cache's own engine, as this machine sees it."""
    inside = int((EnginePaths.default().runtime / "docker.pid").read_text())
    noted = json.loads((EnginePaths.default().home / "cell.json").read_text())["pid"]
    space = Path(f"/proc/{noted}/ns/pid").readlink()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            own = (path / "status").read_text()
            same = (path / "ns/pid").readlink() == space
        except OSError:
            continue
        ids = next((line.split()[1:] for line in own.splitlines() if line.startswith("NSpid:")), [])
        if same and ids and int(ids[-1]) == inside:
            return int(path.name)
    raise LookupError("no dockerd of this cache's own engine runs")


def _freeze(role: str, command: str) -> Callable[[Engine, Callable[[str], Any]], None]:
    return lambda _, of: of(role).exec_run(["sh", "-c", command], user="root")


HANGS = (
    Hang("nothing, live"),
    Hang("nothing, plan", "plan"),
    Hang("an endless admission rule, live", "live", ENDLESS),
    Hang("an endless admission rule, plan", "plan", ENDLESS),
    Hang("PostgreSQL frozen, live", do=_freeze("postgres", "pkill -STOP -x postgres")),
    Hang("PostgreSQL frozen, plan", "plan", do=_freeze("postgres", "pkill -STOP -x postgres")),
    Hang("the server paused", do=lambda _, of: of("server").pause()),
    Hang(
        "dockerd stopped",
        do=lambda *_: os.kill(_dockerd(), signal.SIGSTOP),
        after=lambda: os.kill(_dockerd(), signal.SIGCONT),
    ),
)


@dataclass
class Ending:
    """How a run ended: seconds from the signal, exit code, what was wrong."""

    seconds: float
    code: int
    wrong: list[str]


def end(hang: Hang, number: int, engine: Engine, folder: Path, *, settle: float = 3.0) -> Ending:
    """Start a run, let something hang, send one signal."""
    client = engine.client(seconds=30)
    file = folder / "case.toml"
    file.write_text(PLAIN.format(kind=hang.kind, more=hang.more))
    # One small plan is over before anything can hang: the catalogue's take minutes.
    what = [str(file)] if hang.kind == "live" or hang.more else [str(TOP / "scenarios"), "--kind", "plan"]
    words = ["run", "--scenario", *what, "--combination", "oar_meta_sched+oar_sched_gantt_with_timesharing"]
    before = _containers(client)
    child = subprocess.Popen(
        [sys.executable, "-m", "harness.start", *words, "--reports", str(folder / "reports")],
        cwd=TOP,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TOP)},
    )
    wrong: list[str] = []
    run = ""
    try:
        run = _started(client, before, child)
        time.sleep(settle)

        def of(role: str) -> Any:
            found = client.containers.list(filters={"label": f"{RUN_LABEL}={run}"})
            return next(each for each in found if str(each.name).endswith(role))

        hang.do(engine, of)
        time.sleep(1)
        began = time.monotonic()
        child.send_signal(number)
        try:
            _, err = child.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            child.kill()
            _, err = child.communicate()
            wrong.append("did not end in 60 s")
        seconds = time.monotonic() - began
    finally:
        child.kill()
        hang.after()
    if child.returncode != 130:
        wrong.append(f"exit code {child.returncode}: {err.strip()[-300:]}")
    if "Traceback" in err:
        wrong.append(f"a traceback: {err[-500:]}")
    if seconds > END_SECONDS:
        wrong.append(f"ended after {seconds:.1f} s")
    deadline = time.monotonic() + GONE_SECONDS
    while left := client.api.containers(all=True, filters={"label": f"{RUN_LABEL}={run}"}):
        if time.monotonic() > deadline:
            wrong.append(f"left {', '.join(each['Names'][0] for each in left)}")
            break
        time.sleep(0.2)
    client.close()
    return Ending(seconds, int(child.returncode), wrong)


def _containers(client: docker.DockerClient) -> set[str]:
    return {str(each["Id"]) for each in client.api.containers(filters={"label": RUN_LABEL})}


def _started(client: docker.DockerClient, before: set[str], child: subprocess.Popen[str]) -> str:
    """Wait until a run has a server's container; its id."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and child.poll() is None:
        for each in client.api.containers(filters={"label": RUN_LABEL}):
            if each["Id"] not in before and each["Names"][0].endswith("-server"):
                return str(each["Labels"][RUN_LABEL])
        time.sleep(0.1)
    raise TimeoutError("the run started no server")


@click.command()
@click.option("--times", default=10, show_default=True)
@click.option("--hang", "wanted", multiple=True, help="Only what has this in its name; repeat.")
def main(times: int, wanted: tuple[str, ...]) -> None:
    """End them all, print the table."""
    failed = False
    lines = ["| hangs | signals | longest | wrong |", "|---|---|---|---|"]
    with find_engine() as engine, tempfile.TemporaryDirectory(prefix="oar-compat-ends-") as place:
        for hang in HANGS:
            if wanted and not any(word in hang.name for word in wanted):
                continue
            if "dockerd" in hang.name and engine.kind != "own":
                continue
            found = []
            for number in range(times):
                folder = Path(place, f"{hang.name.replace(' ', '-')}-{number}")
                folder.mkdir()
                found.append(end(hang, (signal.SIGTERM, signal.SIGINT)[number % 2], engine, folder))
                click.echo(f"{hang.name}: {found[-1].seconds:.1f} s {'; '.join(found[-1].wrong)}", err=True)
            wrong = sum(bool(each.wrong) for each in found)
            failed |= bool(wrong)
            lines.append(f"| {hang.name} | {times} | {max(each.seconds for each in found):.1f} s | {wrong} |")
    click.echo("\n".join(lines))
    sys.exit(failed)


if __name__ == "__main__":
    main()
