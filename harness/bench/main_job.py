"""How long the main job takes as a whole: ``./oar-compat run``, as a user types it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click


def measure_whole(*, cold: bool) -> None:
    """Print how long it takes; ``cold``: with a fresh cache and a fresh virtual environment."""
    click.echo(f"the main job, {'cold' if cold else 'warm'}")
    seconds, target = _whole_run(cold=cold), 480.0 if cold else 150.0
    click.echo(f"  {seconds:.0f} s; of the target of {target:.0f} s {seconds / target:.2f}")


def _whole_run(*, cold: bool) -> float:
    top = Path(__file__).resolve().parents[2]
    environment = dict(os.environ)
    environment.pop("DOCKER_HOST", None)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="oar-compat-bench-", ignore_cleanup_errors=True) as folder:
        if cold:
            oar3 = Path.home() / ".cache/oar-compat/oar3"
            environment |= {"OAR_COMPAT_CACHE": f"{folder}/cache", "OAR_COMPAT_VENV": f"{folder}/venv"}
            if oar3.is_dir():
                (Path(folder) / "cache").mkdir()
                (Path(folder) / "cache/oar3").symlink_to(oar3)
        command = [str(top / "oar-compat"), "run", "--reports", f"{folder}/reports"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - began
        if cold:
            subprocess.run([str(top / "oar-compat"), "clean"], env=environment, capture_output=True, check=False)
        if done.returncode > 2:
            sys.exit(done.stderr)
        return seconds
