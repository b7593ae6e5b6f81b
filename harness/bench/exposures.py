"""How long it takes to ask a site of a million jobs which departures hit them, and how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from harness.bench.made_dump import made_tables, write_plain


def measure_exposure(jobs: int = 1_000_000, resources: int = 20_000) -> None:
    """Print seconds and peak memory; the import before it is not counted."""
    with tempfile.TemporaryDirectory(prefix="oar-compat-bench-") as folder:
        dump, site, key = (Path(folder) / name for name in ("oar.sql", "site", "key"))
        write_plain(dump, made_tables(jobs, resources))
        command = [sys.executable, "-m", "harness.start"]
        imported = [*command, "import-site", str(dump), "--out", str(site), "--key", str(key)]
        subprocess.run(imported, check=True, capture_output=True)
        dump.unlink()
        click.echo(f"exposure: {jobs:,} jobs and {resources:,} resources")
        begun = time.monotonic()
        asked = [*command, "exposure", "--site", str(site), "--since", "all"]
        with (Path(folder) / "out").open("wb") as out:
            child = os.posix_spawn(
                sys.executable, asked, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1)]
            )
        _, status, used = os.wait4(child, 0)
        click.echo(
            f"  {time.monotonic() - begun:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor time,"
            f" {used.ru_maxrss / 1024:.0f} MiB of memory, ended with {os.waitstatus_to_exitcode(status)}"
        )
        click.echo(f"  {(Path(folder) / 'out').read_text().splitlines()[0]}")
