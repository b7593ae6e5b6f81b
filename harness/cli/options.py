"""Options that several commands share, and how a command begins and ends."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import click

from harness.report.console import Terminal, readers_may_leave
from harness.report.terminal import print_summary
from harness.run.execute import FinishedRun
from harness.run.logs import shown
from harness.run.progress import Progress
from harness.run.run_options import OPTIONS

PATH = click.Path(path_type=Path)
VERBOSE = click.option(
    "-v", "--verbose", "verbosity", count=True, help="Log to standard error: lanes and retries; -vv: each command."
)


def run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a run."""
    for option in reversed(OPTIONS):
        types = {"path": PATH, "number": click.IntRange(option.least, option.most), "text": click.STRING}
        given: dict[str, Any] = {} if option.multiple else {"default": option.default}
        if option.kind == "flag":
            given["is_flag"] = True
        else:
            given |= {"type": types[option.kind], "multiple": option.multiple, "metavar": option.metavar}
        command = click.option(option.flag, option.field, help=option.help, **given)(command)
    return command


@contextlib.contextmanager
def progress_shown(verbosity: int) -> Iterator[Progress]:
    """Progress on standard error, and the log between its lines if that is asked for."""
    console = Terminal(stderr=True)
    progress = Progress(console)

    def write(text: str) -> None:
        console.print(text, style="dim", markup=False, highlight=False, soft_wrap=True)

    try:
        with shown(verbosity, write):
            yield progress
    finally:
        progress.close()


def end_by(outcome: FinishedRun) -> NoReturn:
    """Print the summary, and end by the verdict, or by what went wrong in the harness itself."""
    with readers_may_leave():
        print_summary(outcome.result, outcome.folder)
    if outcome.fault:
        raise outcome.fault
    sys.exit(outcome.result.exit_code)
