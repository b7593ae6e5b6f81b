"""The pytest plugin: scenario files are collected, and run on real servers as ``oar-compat run`` does.

It is loaded in every pytest run of its environment, and dormant until a scenario is asked for: this module and what
it imports at once are light, and only then is a :class:`~harness.plugin.coordinator.Coordinator` registered, with the
other hooks.
"""

from __future__ import annotations

import argparse
import logging
import threading
from collections.abc import Callable

import pytest

from harness.plugin.scenario_files import any_scenario, named
from harness.run.run_options import OPTIONS, Option


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run, as ``oar-compat run`` has them."""
    group = parser.getgroup("oar-compat", "oar-compat (scenario files, run on real OAR servers)")
    for option in OPTIONS:
        if option.kind == "flag":
            group.addoption(option.flag, dest=_dest(option.field), action="store_true", help=option.help)
            continue
        group.addoption(
            option.flag,
            dest=_dest(option.field),
            action="append" if option.multiple else "store",
            type=_number(option) if option.kind == "number" else str,
            default=None if option.multiple else option.default,
            metavar=option.metavar,
            help=option.help,
        )


def pytest_configure(config: pytest.Config) -> None:
    """Make the items' markers known wherever scenarios lie."""
    known = {line.partition(":")[0] for line in config.getini("markers")}
    for name, meaning in (("engine", "needs a container engine"), ("oar3", "needs a copy of OAR3")):
        if name not in known:
            config.addinivalue_line("markers", f"{name}: {meaning}")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """If scenarios are asked for, check what is asked, so that it is refused before anything is done."""
    config = session.config
    asked = named(config, config.getoption(_dest("site")))
    if hasattr(config, "workerinput") or not (asked.site or any_scenario(config, asked)):
        return
    if config.getoption("dist", "no") != "no":
        raise pytest.UsageError("the harness runs its lanes in parallel itself: leave out -n")
    from harness.model.fault import ConfigurationFault, Fault
    from harness.plugin.coordinator import Coordinator
    from harness.run.unforeseen_errors import fault_of

    try:
        coordinator = Coordinator(
            config, {option.field: config.getoption(_dest(option.field)) for option in OPTIONS}, asked
        )
    except ConfigurationFault as fault:
        raise pytest.UsageError(str(fault)) from None
    except Fault as fault:
        pytest.exit(str(fault), returncode=fault.exit_code)
    except Exception as error:
        own = fault_of(error)
        pytest.exit(str(own), returncode=own.exit_code)
    config.pluginmanager.register(coordinator, "oar-compat-coordinator")
    keep_run_log_apart(config)
    if threading.current_thread() is threading.main_thread():
        from harness.engine import ending

        # SIGTERM ends the session as Ctrl-C does, and either in time.
        ending.install()
        config.add_cleanup(ending.uninstall_if_well)


def keep_run_log_apart(config: pytest.Config) -> None:
    """Spare pytest's own handlers what is logged for the run's ``run.log`` alone.

    It makes the harness's loggers write from DEBUG. Of that pytest gets, unless a level is named for its handler,
    warnings; and never what the session shows by itself.
    """
    from harness.run.logs import unseen

    plugin = config.pluginmanager.get_plugin("logging-plugin")
    if plugin is None:
        return

    def grave(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or record.name.partition(".")[0] != "harness"

    for handler, level in (
        (plugin.caplog_handler, plugin.log_level),
        (plugin.report_handler, plugin.log_level),
        (plugin.log_cli_handler, plugin.log_cli_level),
        (plugin.log_file_handler, plugin.log_file_level),
    ):
        handler.addFilter(unseen)
        if level is None:
            handler.addFilter(grave)


def _dest(field: str) -> str:
    return f"oar_compat_{field}"


def _number(option: Option) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not option.least <= int(text) <= option.most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {option.least} to {option.most}")
        return int(text)

    return number
