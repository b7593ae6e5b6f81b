"""Whether what is said of a killed run is true: by `oar-compat compare`, and by the reports that the run left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.soak.shots import TOP

INCONCLUSIVE, NOTHING, CONFIGURATION = 2, 3, 4
_CODES = {"compatible": 0, "compatible-with-known-differences": 0, "incompatible": 1}


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one report folder.

    :ivar whole: whether it holds all that an undisturbed run has, by the files themselves.
    :ivar finished: how many observations it holds.
    :ivar code: exit code of `compare`. :ivar output: its words.
    :ivar reported: the verdict of the run's own report.json; empty if it wrote none.
    """

    folder: str
    whole: bool
    code: int
    output: str
    reported: str = ""
    finished: int = 0


def false_words(said: Said, undisturbed: int | None) -> str:
    """What is wrong with it, or nothing.

    :param undisturbed: exit code of such a run when nobody kills it; None: it differs from run to run (fuzz compares
        as much as its time allows), so that a whole run is held to its own report.
    """
    if "Traceback" in said.output:
        return "compare prints a traceback"
    if said.whole:
        if undisturbed is None:
            undisturbed = _CODES.get(said.reported)
            if undisturbed is None:
                return "" if said.code in (*_CODES.values(), INCONCLUSIVE) else f"a whole run is judged {said.code}"
        if said.code not in (undisturbed, INCONCLUSIVE):
            return f"a whole run is judged {said.code}, undisturbed {undisturbed}"
        return ""
    if said.code not in (INCONCLUSIVE, NOTHING, CONFIGURATION):
        return f"a run that was cut short is judged {said.code}"
    if said.code == CONFIGURATION and said.finished:
        return f"{said.finished} observations were finished, and cannot be judged"
    if said.reported not in ("", "inconclusive"):
        return f"a run that was cut short reports {said.reported!r}"
    return ""


def observations(folder: Path) -> set[str]:
    """The observations in a folder, named by case and column; the files alone are looked at."""
    cases = folder / "cases"
    return {
        f"{path.parent.name}/{path.name}"
        for path in cases.glob("*/*.json")
        if path.name != "case.json" and path.read_text(errors="replace").rstrip().endswith("}")
    }


def ask(folder: Path, expected: set[str] | None, environment: Mapping[str, str]) -> Said:
    """Judge a folder: its files first, as `compare` writes reports anew.

    :param expected: the observations of an undisturbed run; None: they differ from run to run (fuzz), so that only a
        record that says of itself that it is complete counts as whole.
    """
    try:
        reported = str(json.loads((folder / "report.json").read_text())["verdict"])
    except (OSError, ValueError, KeyError):
        reported = ""
    complete = _state(folder) == "complete"
    seen = observations(folder)
    whole = complete if expected is None else seen >= expected
    done = subprocess.run(
        [sys.executable, "-c", "from harness.cli import main; main()", "compare", str(folder)],
        env={**os.environ, **environment},
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return Said(folder.name, whole, done.returncode, done.stdout + done.stderr, reported, len(seen))


def _state(folder: Path) -> str:
    try:
        return str(json.loads((folder / "run.json").read_text()).get("state", ""))
    except (OSError, ValueError):
        return ""
