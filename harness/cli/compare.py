"""``oar-compat compare``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import PATH, end_by
from harness.run.execute import judge_again
from harness.store.history import find_run


@click.command("compare")
@click.argument("run_folder", type=PATH, default=Path("reports/latest"))
@click.option("--tolerance", type=click.IntRange(0), help="Seconds by which a start may differ.")
@click.option("--known", type=PATH, multiple=True, help="Folder of known differences (*.toml); repeat.")
def compare_command(run_folder: Path, tolerance: int | None, known: tuple[Path, ...]) -> None:
    """Judge a recorded run again, without containers."""
    outcome = judge_again(find_run(run_folder), known, tolerance)
    end_by(outcome)
