"""Where commands begin and end: whatever happens within, one line and an exit code that says what it was."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click

from harness.engine import ending
from harness.model.fault import ConfigurationFault, ExitCode, Fault
from harness.report.console import prepare, silence
from harness.run.unforeseen_errors import fault_of


def enter(command: Callable[[], Any], ended: str = "oar-compat: ended") -> NoReturn:
    """Call a command and end the process: with what it exits with, 0 if it returns, else by its fault.

    :param ended: what is said if it is interrupted: by Ctrl-C or SIGTERM (:mod:`harness.engine.ending`).
    """
    ending.install()
    prepare()
    try:
        code = _code(command, ended)
    finally:
        # Nothing is left to tidy up: a signal that comes now ends the process at once.
        ending.install(raises=False)
    sys.exit(code)


def run_group(group: click.Command, name: str) -> Callable[[], Any]:
    """A command of click, called ``name``, as :func:`enter` takes it."""

    def call() -> None:
        # Not its main(), which ends with 1, a verdict, if whoever read the output left.
        with group.make_context(name, sys.argv[1:]) as context:
            group.invoke(context)

    return call


def _code(command: Callable[[], Any], ended: str) -> int:
    code: Any = 0
    try:
        _check_arguments()
        command()
        sys.stdout.flush()
    except SystemExit as end:
        code = end.code
        if not isinstance(code, int | None):
            code = report_fault(Fault(str(code)))
    except BrokenPipeError:
        # Whoever read the output left; what was asked for is done as far as they wanted it.
        silence(sys.stdout)
    except click.exceptions.Exit as end:
        code = end.exit_code
    except click.ClickException as error:
        code = report_fault(ConfigurationFault(error.format_message()))
    except (KeyboardInterrupt, click.Abort):
        _say("oar-compat: ended; what is left of containers ends with it" if ending.left_behind() else ended)
        code = ending.EXIT_CODE
    except Exception as error:
        code = report_fault(fault_of(error))
    return _flushed(int(code or 0))


def report_fault(fault: Fault) -> ExitCode:
    """Say a fault on standard error; returns its exit code."""
    _say(f"oar-compat: {fault}")
    for line in fault.detail.rstrip().splitlines():
        _say("    " + "".join(sign if sign.isprintable() or sign == "\t" else repr(sign)[1:-1] for sign in line))
    return fault.exit_code


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        click.echo(text, err=True)


def _flushed(code: int) -> int:
    """The code, once all is written; Python itself would end with 120 if that fails."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except (OSError, ValueError) as error:
        silence(sys.stdout)
        return report_fault(fault_of(error)) if code in (ExitCode.COMPATIBLE, ExitCode.INCOMPATIBLE) else code
    return code


def _check_arguments() -> None:
    for word in sys.argv[1:]:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise ConfigurationFault(
                f"the argument {word!a} is not UTF-8", remedy="rename the file, or type the word anew"
            ) from None
