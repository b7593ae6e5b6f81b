"""``oar-compat list``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.cli.options import PATH
from harness.model.debian import CHOICE
from harness.model.fault import ExitCode
from harness.model.record import Missing
from harness.oar3.copies import cached
from harness.run.file_warnings import warnings_of
from harness.run.run_request import RunRequest, cases_of, site_of, wanted


@click.command("list")
@click.option("--site", type=PATH, help="Folder of the site; default: the demonstration.")
@click.option("--oar2", "debian", default="", metavar="RELEASE", help=f"Debian release: {CHOICE}.")
def list_command(site: Path | None, debian: str) -> None:
    """List a site's cases, the combinations, and the copies of OAR3 in the cache; runs nothing."""
    request = RunRequest(site=site, debian=debian)
    known = site_of(request)
    click.echo(f"site {known.title} on Debian {known.debian}, reference {known.reference.id}")
    click.echo("\ncases:")
    broken: list[Missing] = []
    cases = cases_of(request, known, broken)
    for case in cases:
        click.echo(f"  {case.kind.value:<5} {case.id}  {case.title}")
    click.echo("\ncombinations:")
    there = {each.id: each for each in (*known.registry.all(), *map(known.registry.find, wanted(known, request)))}
    for combination in there.values():
        click.echo(f"  {combination.id}" + ("  (OAR3)" if combination.needs_oar3 else ""))
    click.echo("\nOAR3 in the cache: " + (", ".join(cached()) or "none"))
    for warning in warnings_of(known, cases):
        click.echo(f"warning: {warning}", err=True)
    for each in broken:
        click.echo(f"oar-compat: {each.what}: {each.why} — {each.how}", err=True)
    if broken:
        sys.exit(ExitCode.CONFIGURATION)
