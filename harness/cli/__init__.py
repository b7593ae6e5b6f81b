"""The command ``oar-compat``."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import click

from harness.cli.fuzz import fuzz_command, shrink_command
from harness.cli.import_site import import_site_command
from harness.cli.report import report_command
from harness.engine.discovery import find_engine
from harness.engine.limits import lacking
from harness.engine.sweep import sweep
from harness.model.combination import did_you_mean
from harness.model.debian import CHOICE
from harness.model.fault import ConfigurationFault, ExitCode
from harness.model.record import Missing
from harness.oar3.copies import cached, find
from harness.report.console import Terminal, readers_may_leave
from harness.report.terminal import print_summary
from harness.run.command_entry import enter, run_group
from harness.run.execute import FinishedRun, execute, judge_again
from harness.run.file_warnings import warnings_of
from harness.run.progress import Progress
from harness.run.run_options import OPTIONS, command_line
from harness.run.run_request import RunRequest, cases_of, site_of, wanted
from harness.shipped import COMMAND
from harness.store.history import find_run

_PATH = click.Path(path_type=Path)


class _Group(click.Group):
    """Says "did you mean" for a mistyped command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            raise ConfigurationFault(
                f"there is no command {args[0]!r}", where="oar-compat", remedy=did_you_mean(args[0], self.commands)
            )
        return super().resolve_command(ctx, args)


def run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a run."""
    for option in reversed(OPTIONS):
        types = {"path": _PATH, "number": click.IntRange(option.least, option.most), "text": click.STRING}
        given: dict[str, Any] = {} if option.multiple else {"default": option.default}
        if option.kind == "flag":
            given["is_flag"] = True
        else:
            given |= {"type": types[option.kind], "multiple": option.multiple, "metavar": option.metavar}
        command = click.option(option.flag, option.field, help=option.help, **given)(command)
    return command


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="oar-compat")
def cli() -> None:
    """Says what changes when OAR3's scheduler and metascheduler are put on an OAR2 server."""


@cli.command()
@run_options
@click.option("--case", "cases", multiple=True, metavar="ID", help="Only cases whose id begins so; repeat.")
@click.option(
    "--scenario",
    "files",
    multiple=True,
    type=_PATH,
    metavar="PATH",
    help="Only these scenarios: a file, or a folder of them; repeat.",
)
def run(cases: tuple[str, ...], files: tuple[Path, ...], **asked: Any) -> None:
    """Bring up real servers, run the site's scenarios under every combination, compare, report."""
    command = command_line(f"{COMMAND} run", asked)
    command += "".join(f" --scenario {shlex.quote(str(file))}" for file in files)
    request = RunRequest(cases=cases, files=files, command=command, **asked)
    with _progress() as progress:
        outcome = execute(request, progress)
    _end_by(outcome)


@cli.command()
@click.argument("run_folder", type=_PATH, default=Path("reports/latest"))
@click.option("--tolerance", type=click.IntRange(0), help="Seconds by which a start may differ.")
@click.option("--known", type=_PATH, multiple=True, help="Folder of known differences (*.toml); repeat.")
def compare(run_folder: Path, tolerance: int | None, known: tuple[Path, ...]) -> None:
    """Judge a recorded run again, without containers."""
    outcome = judge_again(find_run(run_folder), known, tolerance)
    _end_by(outcome)


cli.add_command(fuzz_command)
cli.add_command(shrink_command)
cli.add_command(report_command)
cli.add_command(import_site_command)


@cli.command("list")
@click.option("--site", type=_PATH, help="Folder of the site; default: the demonstration.")
@click.option("--oar2", "debian", default="", metavar="RELEASE", help=f"Debian release: {CHOICE}.")
def list_(site: Path | None, debian: str) -> None:
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


@cli.command()
@click.option("--oar3", multiple=True, metavar="[LABEL=]PATH|VERSION")
def doctor(oar3: tuple[str, ...]) -> None:
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


@cli.command()
def clean() -> None:
    """Remove every container and network that any run left behind, also those kept for a look."""
    with find_engine(click.echo) as engine:
        swept = sweep(engine.client(), everything=True)
        engine.release()
    click.echo(str(swept))


def _end_by(outcome: FinishedRun) -> NoReturn:
    """Print the summary, and end by the verdict, or by what went wrong in the harness itself."""
    with readers_may_leave():
        print_summary(outcome.result, outcome.folder)
    if outcome.fault:
        raise outcome.fault
    sys.exit(outcome.result.exit_code)


@contextlib.contextmanager
def _progress() -> Iterator[Progress]:
    progress = Progress(Terminal(stderr=True))
    try:
        yield progress
    finally:
        progress.close()


def main() -> None:
    """Entry point: every fault is one line on standard error, and its exit code; a signal ends it (engine.ending)."""
    enter(run_group(cli, "oar-compat"), "oar-compat: ended; containers are removed")
