"""Names of files as records have them, which are shown to others: without the folders of this machine."""

from __future__ import annotations

from pathlib import Path

from harness.shipped import CHECKOUT, SCENARIOS


def relative(source: str) -> str:
    """A scenario's or site's file as seen from here or from the project, else its name alone; empty for none."""
    if not source:
        return ""
    path = Path(source).resolve()
    for top in (Path.cwd().resolve(), CHECKOUT or SCENARIOS.parent):
        if path.is_relative_to(top):
            return str(path.relative_to(top))
    return path.name
