"""The command ``oar-compat``: the group; each command is in the module of its name."""

from __future__ import annotations

import click

from harness.cli.clean import clean_command
from harness.cli.compare import compare_command
from harness.cli.doctor import doctor_command
from harness.cli.exposure import exposure_command
from harness.cli.fuzz import fuzz_command, shrink_command
from harness.cli.import_site import import_site_command
from harness.cli.list import list_command
from harness.cli.report import report_command
from harness.cli.run import run_command
from harness.model.combination import did_you_mean
from harness.model.fault import ConfigurationFault
from harness.run.command_entry import enter, run_group


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


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="oar-compat")
def cli() -> None:
    """Says what changes when OAR3's scheduler and metascheduler are put on an OAR2 server."""


for command in (
    run_command,
    compare_command,
    fuzz_command,
    shrink_command,
    report_command,
    list_command,
    import_site_command,
    exposure_command,
    doctor_command,
    clean_command,
):
    cli.add_command(command)


def main() -> None:
    """Entry point: every fault is one line on standard error, and its exit code; a signal ends it (engine.ending)."""
    enter(run_group(cli, "oar-compat"), "oar-compat: ended; containers are removed")
