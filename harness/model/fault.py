"""Faults that end a command: one clear line each, and the exit code that belongs to it."""

from __future__ import annotations

from enum import IntEnum

from harness.model.bounds import DETAIL, one_line


class ExitCode(IntEnum):
    """Exit codes of ``run``, ``compare``, ``replay`` and ``fuzz`` (fixed by the design)."""

    COMPATIBLE = 0
    INCOMPATIBLE = 1
    INCONCLUSIVE = 2
    NOTHING_RAN = 3
    CONFIGURATION = 4
    MACHINE = 5


class Fault(Exception):
    """Something that ends the command.

    ``what`` happened, ``where`` (a file, an option, a container) and ``remedy`` (what to do) make one line;
    ``detail`` holds further lines worth showing, such as the end of a log. What is longer than ``bounds.SHOWN`` is
    shortened, and what a terminal would take for commands is escaped.
    """

    exit_code = ExitCode.MACHINE

    def __init__(self, what: str, *, where: str = "", remedy: str = "", detail: str = "") -> None:
        self.what, self.where, self.remedy = map(one_line, (what, where, remedy))
        super().__init__(self.what)
        self.detail = detail[-DETAIL:]

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        remedy = f" — {self.remedy}" if self.remedy else ""
        return f"{where}{self.what}{remedy}"


class ConfigurationFault(Fault):
    """What was asked for is wrong: a file, an option, a name."""

    exit_code = ExitCode.CONFIGURATION


class MachineFault(Fault):
    """The machine cannot do it: no engine, no network, no disk."""

    exit_code = ExitCode.MACHINE


class LostServer(MachineFault):
    """A server on which OAR was observed broke for no reason of OAR's: what was seen there says nothing."""
