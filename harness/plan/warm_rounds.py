"""Warm rounds: OAR's programs are kept compiled and loaded in the server's container, and forked for each round.

harness ── request with the whole oar.conf ──▶ inside/rounds.py ─▶ metascheduler, forked from its zygote
                                                                       └ OARDIR/schedulers/… = inside/launch
                                                                              └▶ scheduler, forked from its zygote
"""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.engine import ending
from harness.engine.deadline import Deadline, Late
from harness.engine.dialogue import Dialogue, DialogueGone
from harness.model.fault import LostServer
from harness.oar2.server import Oar2Server

INSIDE = "/run/oar-compat/inside"
_FILES = Path(__file__).parent / "inside"
_FOLDERS = "/run/oar-compat/warm"
GRACE = 75.0
"""Seconds beyond its limit in which a round is over: two programs may have to be loaded first, 30 s each at most."""
MEMORY = 2 << 30
"""Bytes of address space that a program of OAR may have; far above what any needs here."""


@dataclass(frozen=True, slots=True)
class CompletedRound:
    """A round that ended: what its metascheduler printed, and what was logged.

    :ivar exit_code: negative: the number of the signal that ended it.
    :ivar late: whether it was ended because it outlived its limit.
    :ivar seconds: as seen in the container.
    :ivar cold: programs that had to be started as the Almighty would, since they cannot be kept loaded.
    :ivar sent: the lines that the round sent to the Almighty, such as ``OARRUNJOB_7``.
    """

    exit_code: int
    late: bool
    seconds: float
    stdout: str
    stderr: str
    log: str
    cold: tuple[str, ...]
    sent: tuple[str, ...] = ()


class Runner:
    """Runs rounds in a server's container, one at a time; several runners may work side by side.

    :ivar folder: its own, in the container; programs are given it as OARDIR, and oar.conf lies there.
    """

    def __init__(self, server: Oar2Server, name: str, *, memory: int = MEMORY, grace: float | None = None) -> None:
        self.grace = GRACE if grace is None else grace
        self.folder = f"{_FOLDERS}/{name}"
        self._server = server
        self._command = ("python3", "-u", f"{INSIDE}/rounds.py", self.folder, str(memory))
        self._dialogue: Dialogue | None = None
        self._busy = threading.Lock()

    @property
    def log(self) -> str:
        """Where OAR is to log: value of LOG_FILE."""
        return f"{self.folder}/log"

    @property
    def schedulers(self) -> str:
        """Where schedulers are to be looked for: value of SCHEDULERS_PATH."""
        return f"{self.folder}/oar/schedulers"

    def run(
        self, program: str, schedulers: Sequence[str], conf: str, *, limit: float, warm: bool = True
    ) -> CompletedRound:
        """One round of a metascheduler.

        :param program: its name in OAR's folder.
        :param schedulers: the names of those that it may call: its folder of schedulers has no others.
        :param conf: the text of oar.conf.
        :param limit: seconds after which it is ended.
        :param warm: False: everything is started as the Almighty would.
        """
        with self._busy:
            if self._dialogue is None:
                self._dialogue = self._open()
            where = self._server.container.label
            try:
                answer: dict[str, Any] = self._dialogue.ask(
                    {"program": program, "schedulers": list(schedulers), "conf": conf, "limit": limit, "warm": warm},
                    Deadline(f"the end of a round of {program}", limit + self.grace, where=where),
                )
            except DialogueGone as error:
                ending.check()
                self._dialogue = None
                raise LostServer("the program that runs rounds ended", where=where, detail=str(error)) from error
            except Late as late:
                self.close()
                raise LostServer(late.what, where=where) from late
        return CompletedRound(
            exit_code=answer["code"],
            late=answer["late"],
            seconds=answer["seconds"],
            stdout=answer["out"],
            stderr=answer["err"],
            log=answer["log"],
            cold=tuple(answer["cold"]),
            sent=tuple(line for line in answer["sent"] if line),
        )

    def close(self) -> None:
        """End what it keeps."""
        if self._dialogue is not None:
            self._dialogue.close()
            self._dialogue = None

    def _open(self) -> Dialogue:
        container = self._server.container
        container.run("sh", "-c", f"mkdir -p {INSIDE} {_FOLDERS} && chmod 777 {_FOLDERS}")
        container.put_tar(INSIDE, _archive())
        return container.converse(*self._command, user="oar")


def _archive() -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in sorted(_FILES.iterdir()):
            if path.is_file():
                entry = tarfile.TarInfo(path.name)
                data = path.read_bytes()
                entry.size, entry.mode = len(data), 0o755
                tar.addfile(entry, io.BytesIO(data))
    return archive.getvalue()
