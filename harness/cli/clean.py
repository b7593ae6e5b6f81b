"""``oar-compat clean``."""

from __future__ import annotations

import click

from harness.engine.discovery import find_engine
from harness.engine.sweep import sweep


@click.command("clean")
def clean_command() -> None:
    """Remove every container and network that any run left behind, also those kept for a look."""
    with find_engine(click.echo) as engine:
        swept = sweep(engine.client(), everything=True)
        engine.release()
    click.echo(str(swept))
