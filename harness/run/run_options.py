"""What can be asked of a run: one definition for ``oar-compat run`` and for pytest."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.model.debian import CHOICE


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a run.

    :ivar field: the attribute of :class:`~harness.run.run_request.RunRequest` it fills.
    :ivar kind: ``text``, ``path``, ``number``, or ``flag``, which takes no value.
    :ivar default: what holds if it is left out; of no meaning if it can be repeated.
    :ivar least: of a number.
    :ivar most: of a number.
    :ivar repeats: whether it is part of the command line that runs one case again.
    """

    flag: str
    field: str
    help: str
    metavar: str
    kind: str = "text"
    multiple: bool = False
    default: str | int | bool | None = None
    least: int = 0
    most: int = 0
    repeats: bool = True


OPTIONS = (
    Option("--site", "site", "Folder of the site to run; default: the demonstration.", "FOLDER", "path"),
    Option("--oar2", "debian", f"Debian release: {CHOICE}.", "RELEASE", default=""),
    Option(
        "--oar3", "oar3", "OAR3: .debs, a source tree, or a version; repeat.", "[LABEL=]PATH|VERSION", multiple=True
    ),
    Option("--combination", "combinations", "Only this combination; repeat.", "ID", multiple=True),
    Option("--reference", "reference", "Combination to compare with.", "ID", default=""),
    Option("--kind", "kinds", "Only plan, live or procedure cases; repeat.", "KIND", multiple=True, repeats=False),
    Option(
        "--known",
        "known",
        "Folder of known differences (*.toml), in place of the site's; repeat.",
        "FOLDER",
        "path",
        multiple=True,
    ),
    Option(
        "--reports",
        "reports",
        "Where reports go; default: reports.",
        "FOLDER",
        "path",
        default="reports",
        repeats=False,
    ),
    Option(
        "--lanes",
        "lanes",
        "Live servers at a time; default: 6.",
        "NUMBER",
        "number",
        default=6,
        least=1,
        most=64,
        repeats=False,
    ),
    Option(
        "--cold",
        "cold",
        "Plan cases: submit by oarsub, start each program as the Almighty would; far slower.",
        "",
        "flag",
        default=False,
    ),
)


def command_line(program: str, values: Mapping[str, Any]) -> str:
    """``program`` with those of the options' values, by field, that running a case again needs."""
    words = [program]
    for option in OPTIONS:
        value = values[option.field] if option.repeats else None
        if option.kind == "flag":
            words += [option.flag] if value else []
            continue
        several: Iterable[Any] = value or () if option.multiple else [value] if value else ()
        words += [shlex.join((option.flag, str(each))) for each in several]
    return " ".join(words)
