"""How long an import takes, and how much memory: of a dump of a million jobs that is made for it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import click

from harness.bench.made_dump import made_tables, write_custom, write_plain


def measure_imports(jobs: int = 1_000_000, resources: int = 20_000) -> None:
    """Print seconds, peak memory and sizes, of a plain dump and of the same in the custom format.

    Beside the latter stands what ``pg_restore``, if there is one, takes to make SQL of it, renaming nothing.
    """
    with tempfile.TemporaryDirectory(prefix="oar-compat-bench-") as name:
        folder = Path(name)
        click.echo(f"import: {jobs:,} jobs and {resources:,} resources")
        for form, write in (("plain", write_plain), ("custom", write_custom)):
            dump = folder / f"oar.{form}"
            write(dump, made_tables(jobs, resources))
            size = dump.stat().st_size / 2**20
            out, key = folder / f"site-{form}", folder / "key"
            told = _run(sys.executable, "-m", "harness.start", "import-site", dump, "--out", out, "--key", key)
            written = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) / 2**20
            click.echo(f"  {form:<8} {size:,.0f} MiB: {told}, {written:,.0f} MiB written")
            if form == "custom" and (restore := shutil.which("pg_restore")):
                click.echo(f"  pg_restore of it into nothing: {_run(restore, '-f', os.devnull, dump)}")
            dump.unlink()


def _run(*command: str | Path) -> str:
    """Run a command; says how long it took and what it needed."""
    words = [str(word) for word in command]
    begun = time.monotonic()
    _, status, used = os.wait4(os.posix_spawn(words[0], words, os.environ), 0)
    seconds = time.monotonic() - begun
    ended = os.waitstatus_to_exitcode(status)
    return (
        f"{seconds:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor time,"
        f" {used.ru_maxrss / 1024:.0f} MiB of memory" + (f", ended with {ended}" if ended else "")
    )
