"""The command ``python -m harness.bench``."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn

import click

from harness.bench.comparisons import measure_rounds
from harness.bench.exposures import measure_exposure
from harness.bench.growth import measure_growth
from harness.bench.imports import measure_imports
from harness.bench.judging import measure_judging
from harness.bench.lanes import measure_lanes
from harness.bench.main_job import measure_whole
from harness.bench.usage import load
from harness.model.debian import DEFAULT
from harness.model.fault import ConfigurationFault
from harness.model.record import Missing
from harness.oar3.copies import find
from harness.oar3.source import Oar3Source
from harness.run.command_entry import enter
from harness.run.environment import Provisioner
from harness.run.events import Event, Stage

_DEBIAN = DEFAULT
_PARTS = {
    "lanes": "how long a server takes to start",
    "rounds": "comparisons a minute, and the harness's own share of the processor time",
    "growth": "how a round's time grows with jobs and resources",
    "judging": "judging alone, of 10,000 jobs",
    "imports": "an import of a million jobs and 20,000 resources",
    "exposure": "which departures hit a million jobs",
    "run": "the main job, warm",
    "cold": "the main job from a fresh cache and a fresh .venv",
}


class _Parser(argparse.ArgumentParser):
    """One whose faults are those of every command here: argparse itself ends with 2, which is a verdict."""

    def error(self, message: str) -> NoReturn:
        """Raise ConfigurationFault."""
        raise ConfigurationFault(message, where=self.prog, remedy="see --help")


def main() -> None:
    """Entry point."""
    enter(measure)


def measure() -> None:
    """Measure what is asked for; without an option everything but the main job from a fresh cache."""
    parser = _Parser(prog="make bench", description=measure.__doc__)
    parser.add_argument("--repeat", type=_count, default=5, help="lanes of each kind")
    parser.add_argument("--limit", type=_count, default=60, help="seconds after which a round of --growth is ended")
    parser.add_argument("--all", action="store_true", help="everything, --cold too")
    for name, words in _PARTS.items():
        parser.add_argument(f"--{name}", action="store_true", help=words)
    options = parser.parse_args()
    wanted = {name for name in _PARTS if options.all or getattr(options, name)} or {*_PARTS} - {"cold"}
    click.echo(load())
    if "judging" in wanted:
        measure_judging()
    if "imports" in wanted:
        measure_imports()
    if "exposure" in wanted:
        measure_exposure()
    if wanted & {"lanes", "rounds", "growth"}:
        with Provisioner(_DEBIAN, _notify) as provisioner:
            if "lanes" in wanted:
                measure_lanes(provisioner, options.repeat)
            if wanted & {"rounds", "growth"}:
                source = _oar3(provisioner)
                if "rounds" in wanted:
                    measure_rounds(provisioner, source)
                if "growth" in wanted:
                    measure_growth(provisioner, source, options.limit)
    for name in ("run", "cold"):
        if name in wanted:
            measure_whole(cold=name == "cold")


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,5}", text, re.A):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 999999")
    return int(text)


def _oar3(provisioner: Provisioner) -> Oar3Source | None:
    found = find(codename=_DEBIAN)
    if isinstance(found, Missing):
        click.echo(f"without {found.what}: {found.why}")
        return None
    provisioner.prepare(found[:1])
    click.echo(f"OAR3: {found[0].name}")
    return found[0]


def _notify(event: Event) -> None:
    if isinstance(event, Stage):
        click.echo(f"  ({event.text})", err=True)


if __name__ == "__main__":
    main()
