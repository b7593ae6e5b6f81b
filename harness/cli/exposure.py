"""``oar-compat exposure``: which of the known departures hit a site's own users."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from harness.exposure.departure_conditions import read_conditions
from harness.exposure.exposed_site import read_site
from harness.exposure.exposure_report import ExposureReport
from harness.exposure.exposure_result import expose
from harness.exposure.site_history import SiteHistory
from harness.model.fault import ConfigurationFault, MachineFault
from harness.shipped import FIXTURES

_PATH = click.Path(path_type=Path)
_SPAN = re.compile(r"(\d{1,6})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_WORDS = {"365d": "the last year", "1y": "the last year", "30d": "the last month", "1m": "the last month"}
JSON, MARKDOWN = "exposure.json", "exposure.md"


@click.command("exposure")
@click.option("--site", type=_PATH, required=True, metavar="FOLDER", help="The site, as import-site writes it.")
@click.option("--since", default="365d", metavar="SPAN", help="Jobs of so long before the last one: 365d, 2y; all.")
@click.option(
    "--combination", "combinations", multiple=True, metavar="ID|PATTERN", help="What is tried; default: all."
)
@click.option(
    "--out", type=_PATH, default=None, metavar="FOLDER", help="For exposure.md and .json; default: the site."
)
@click.option("--departures", type=_PATH, default=None, metavar="FOLDER", help="Of departures with their conditions.")
def exposure_command(
    site: Path, since: str, combinations: tuple[str, ...], out: Path | None, departures: Path | None
) -> None:
    """Say which known departures can hit this site, and how many of its jobs they would have hit.

    Nothing is run: each departure's condition is held to the site's history, queue, resources and oar.conf.
    """
    span, period = _span(since)
    entries = read_conditions(departures or FIXTURES / "departures")
    exposed = read_site(site, combinations)
    tell = (lambda table: click.echo(f"reading {table}", err=True)) if sys.stderr.isatty() else (lambda _: None)
    found = SiteHistory(exposed, entries, span, tell).scan()
    report = ExposureReport(exposed, found, expose(exposed, entries, found))
    folder = out or exposed.site.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / JSON).write_text(report.as_json(period), encoding="utf-8")
        (folder / MARKDOWN).write_text(report.markdown(period), encoding="utf-8")
    except OSError as error:
        raise MachineFault(
            f"cannot write it: {error.strerror or error}", where=str(folder), remedy="name a folder by --out"
        ) from None
    for warning in exposed.site.warnings:
        click.echo(warning, err=True)
    for line in report.summary(period):
        click.echo(line)
    click.echo("")
    click.echo(f"{folder / MARKDOWN} has reasons, examples and remedies")


def _span(since: str) -> tuple[int, str]:
    """Seconds, and how the period is called; 0: all."""
    if since == "all":
        return 0, "all time"
    if span := _SPAN.fullmatch(since):
        days = int(span[1]) * _DAYS[span[2]]
        if days:
            return days * 86400, _WORDS.get(since, f"the last {days:,} days")
    raise ConfigurationFault(f"{since!r} is no span", where="--since", remedy="write for example 365d, 2y, or all")
