"""``oar-compat run``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from harness.cli.options import PATH, VERBOSE, end_by, progress_shown, run_options
from harness.run.execute import execute
from harness.run.run_options import command_line
from harness.run.run_request import RunRequest
from harness.shipped import COMMAND


@click.command("run")
@run_options
@VERBOSE
@click.option("--case", "cases", multiple=True, metavar="ID", help="Only cases whose id begins so; repeat.")
@click.option(
    "--scenario",
    "files",
    multiple=True,
    type=PATH,
    metavar="PATH",
    help="Only these scenarios: a file, or a folder of them; repeat.",
)
def run_command(cases: tuple[str, ...], files: tuple[Path, ...], verbosity: int, **asked: Any) -> None:
    """Bring up real servers, run the site's scenarios under every combination, compare, report."""
    command = command_line(f"{COMMAND} run", asked)
    command += "".join(f" --scenario {shlex.quote(str(file))}" for file in files)
    request = RunRequest(cases=cases, files=files, command=command, **asked)
    with progress_shown(verbosity) as progress:
        outcome = execute(request, progress)
    end_by(outcome)
