"""Commands in a container: one that has ended, one that runs, and the fault of one that failed."""

from __future__ import annotations

import contextlib
import re
import threading
from dataclasses import dataclass
from typing import Any

from harness.engine.deadline import Deadline
from harness.model.fault import MachineFault


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that ended inside a container: its argv, exit code, and what it printed."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both outputs, standard output first."""
        return "\n".join(part for part in (self.stdout.rstrip(), self.stderr.rstrip()) if part)


class Running:
    """A command that runs inside a container; what it prints is collected as long as it runs."""

    def __init__(self, argv: tuple[str, ...], stream: Any) -> None:
        self.argv = argv
        self._stream = stream
        self._text = ""
        self._changed = threading.Condition()
        self.ended = False
        threading.Thread(target=self._collect, name=f"output of {argv[0]}", daemon=True).start()

    def _collect(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := self._stream.read(4096):
                with self._changed:
                    self._text += chunk.decode(errors="replace").replace("\r\n", "\n")
                    self._changed.notify_all()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._text

    def wait_for(self, pattern: re.Pattern[str], limit: float) -> bool:
        """Wait until its output matches, it ends, or ``limit`` seconds passed; whether it matches."""
        deadline = Deadline(f"output of {self.argv[0]}", limit)
        with self._changed:
            while not (self.ended or pattern.search(self._text) or deadline.over):
                deadline.glance(self._changed)
            return bool(pattern.search(self._text))


class CommandFault(MachineFault):
    """A command inside a container ended otherwise than it should."""

    def __init__(self, completed: Completed, where: str) -> None:
        command = " ".join(completed.argv)
        super().__init__(
            f"`{command[:300]}` ended with exit code {completed.exit_code}",
            where=where,
            detail=completed.output[-3000:],
        )
        self.completed = completed
