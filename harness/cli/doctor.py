"""``oar-compat doctor``."""

from __future__ import annotations

import sys

import click

from harness.engine.discovery import find_engine
from harness.engine.limits import lacking
from harness.model.fault import ExitCode
from harness.oar3.copies import find


@click.command("doctor")
@click.option("--oar3", multiple=True, metavar="[LABEL=]PATH|VERSION")
def doctor_command(oar3: tuple[str, ...]) -> None:
    """Look whether this machine can do it: engine, OAR3."""
    with find_engine(click.echo) as engine:
        click.echo(f"engine: {engine.version} ({engine.kind}) at {engine.url}")
        missing = " and ".join(lacking(engine.client().info()))
        limited = f"{missing} of containers cannot be limited: nothing stops a job gone wild" if missing else ""
        click.echo(f"limits: {limited or 'memory and processes of containers'}")
    found = find(oar3)
    if isinstance(found, tuple):
        for source in found:
            commit = f", commit {source.commit}" if source.commit else ""
            click.echo(f"OAR3: {source.name} from {source.origin} {source.path}{commit}")
    else:
        click.echo(f"OAR3: none — {found.why}\n      {found.how}")
        sys.exit(ExitCode.INCONCLUSIVE)
