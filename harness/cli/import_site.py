"""``oar-compat import-site``: a site's folder from what production already has."""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from harness.model.fault import ConfigurationFault
from harness.site_import.import_report import Label
from harness.site_import.importing import import_site, is_whole
from harness.site_import.pseudonyms import Pseudonyms, read_key, usual_key
from harness.site_import.recognised_sources import Position

_PATH = click.Path(path_type=Path)
_SPAN = re.compile(r"(\d{1,6})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


@click.command("import-site")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@click.option("--out", type=_PATH, required=True, metavar="FOLDER", help="The site's folder, which is made.")
@click.option("--title", default="", help="What the site is called in reports.")
@click.option("--keep-names", is_flag=True, help="No pseudonyms for users, projects, hosts and values of properties.")
@click.option("--key", type=_PATH, metavar="FILE", help="Key of the pseudonyms; default: in your configuration.")
@click.option("--since", default="", metavar="DATE|SPAN", help="Only jobs that ended later: 2026-01-31, 365d.")
def import_site_command(
    sources: tuple[str, ...], out: Path, title: str, keep_names: bool, key: Path | None, since: str
) -> None:
    """Make a site's folder from dumps, oar.conf, quotas and rules of a production server.

    Each thing is taken, approximated or not supported: import.md in the folder says which, and why.
    """
    file = key or usual_key()
    found, made = read_key(file, out)
    if made:
        click.echo(f"made the key of the pseudonyms: {file} — keep it, and give it to nobody", err=True)
    progress = _Progress()
    imported = import_site(
        list(sources),
        out,
        Pseudonyms(found, keep=keep_names),
        title=title,
        since=_moment(since) if since else None,
        tell=progress.tell,
    )
    progress.end()
    report = imported.report
    for entry in report.entries:
        if entry.theme == "sources" and entry.label is not Label.TAKEN:
            click.echo(f"{entry.place}: {entry.what}: {entry.why}", err=True)
    counts = ", ".join(f"{report.count(label)} {label.value}" for label in Label)
    whole = "" if is_whole(report) else ", of a dump that is not whole"
    click.echo(f"{out}: {imported.resources:,} resources, {imported.jobs:,} jobs{whole}; {counts}")
    click.echo(f"{out / 'import.md'} says what became of each thing")


def _moment(since: str) -> int:
    """Epoch seconds of a date, or of a span before now."""
    if span := _SPAN.fullmatch(since):
        return int(time.time()) - int(span[1]) * _DAYS[span[2]] * 86400
    try:
        return int(datetime.fromisoformat(since).replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise ConfigurationFault(
            f"{since!r} is no date", where="--since", remedy="write for example 2026-01-31, or 365d"
        ) from None


class _Progress:
    """A line on the terminal that says how far it is; each ten seconds one where there is no terminal."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._next = time.monotonic() + (0.2 if self._terminal else 10)

    def tell(self, table: str, position: Position) -> None:
        """What is read now."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + (0.2 if self._terminal else 10)
        share = f"{position.read * 100 // position.size} %" if position.size else ""
        line = f"reading {table or 'on'}: {share} of {position.size >> 20:,} MiB"
        if self._terminal:
            sys.stderr.write(f"\r{line}\x1b[K")
            sys.stderr.flush()
        else:
            click.echo(line, err=True)

    def end(self) -> None:
        """Clear the line."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
