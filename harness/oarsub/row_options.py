"""Which options of ``oarsub`` the harness can turn into rows: an allow-list.

What is on no list here raises :class:`NotInRows`, so that a line with it is given to ``oarsub`` itself. An option
that a later release adds is read as soon as :mod:`harness.oarsub.option_parser` knows it, and put on a list here.
"""

from __future__ import annotations

from collections.abc import Iterable

IN_ROWS = frozenset(
    (
        *("resource", "queue", "property", "reservation", "checkpoint", "notify", "type", "directory", "name"),
        *("project", "array", "anterior", "signal", "stdout", "stderr", "hold", "v"),
    )
)
"""Options that :mod:`harness.oarsub.request` turns into rows; ``v`` only makes ``oarsub`` say more."""

NOT_IN_ROWS = {
    "array-param-file": "a parameter file",
    "use-job-key": "a job key",
    "import-job-key-inline-priv": "a job key",
    "import-job-key-from-file": "a job key",
    "export-job-key-to-file": "a job key",
    "interactive": "an interactive job",
    "connect": "it connects to a job and submits none",
    "scanscript": "options in a script",
    "resubmit": "a job submitted again",
    "help": "it submits no job",
    "version": "it submits no job",
    "xml": "another output",
    "yaml": "another output",
    "json": "another output",
    "dumper": "another output",
}
"""Options that only ``oarsub`` itself can carry out, and what they ask for."""


class NotInRows(Exception):
    """Only ``oarsub`` itself can say which rows a line leaves; ``reason`` says what the line uses."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_options(names: Iterable[str]) -> None:
    """Raise NotInRows for the first option that does not go into rows."""
    for name in names:
        if name not in IN_ROWS:
            raise NotInRows(f"--{name}: {NOT_IN_ROWS.get(name, 'an option that rows were not made for')}")
