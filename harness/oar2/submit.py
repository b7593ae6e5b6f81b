"""Submitting jobs as real Unix users, by the installed ``oarsub``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.engine.container_commands import Running
from harness.oar2.server import Oar2Server

SECONDS = 60.0
"""How long ``oarsub`` may take: an admission rule may go on for ever, as it is Perl of the site's own."""
_OUTLIVED = 124
"""The exit code that stands for it, as that of ``timeout``."""
_USELESS = (
    "# Error: please verify your job submission syntax",
    "[ERROR] Oarsub failed, please verify your request syntax",  # before 2.6
)
_JOB_ID = re.compile(r"^OAR_JOB_ID\s*=\s*(\d+)", re.M)
_WAITS = re.compile(r"^(# Advance reservation request|Reservation mode): waiting", re.M)
"""What the client of a reservation says after all ids of its array: since 2.6, and before."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What ``oarsub`` made of a submission.

    :ivar ids: the jobs' ids, one for each element of an array; empty where it was refused.
    :ivar exit_code: oarsub's. 9 means that the Almighty could not be told, and yet the job stands in the database.
    :ivar output: all that it printed; for a reservation until the jobs had their ids.
    :ivar waiting: the client of an advance reservation, which stays until the scheduler has answered.
    """

    ids: tuple[int, ...]
    exit_code: int
    output: str
    waiting: Running | None = None

    @property
    def refusal(self) -> str:
        """The line that says why it was refused; empty where it was not.

        oarsub's own words begin with ``#`` since 2.6, and its last ones ("please verify your job submission syntax")
        say nothing; an admission rule that refuses says so in the last line.
        """
        if self.ids:
            return ""
        if self.exit_code == _OUTLIVED:
            return f"oarsub did not end in {SECONDS:g} s, and was ended"
        lines = [line for line in self.output.splitlines() if line.strip() and not line.startswith(_USELESS)]
        own = [line for line in lines if line.startswith("# ")]
        return (own or lines or ["no output"])[-1]


def submit(server: Oar2Server, user: str, argv: Sequence[str], *, reservation: bool = False) -> Submitted:
    """Run ``oarsub`` with those arguments as that user, in the user's home folder.

    PWD is set as a shell would: oarsub 2.5.9 takes the launching directory from it.
    """
    environment = {"HOME": f"/home/{user}", "USER": user, "LOGNAME": user, "PWD": f"/home/{user}"}
    command = ("env", f"--chdir=/home/{user}", *argv)
    if reservation:
        client = server.container.spawn(*command, user=user, environment=environment)
        client.wait_for(_WAITS, SECONDS)
        ids = tuple(int(job) for job in _JOB_ID.findall(client.output))
        outlived = not ids and not client.ended
        return Submitted(ids, _OUTLIVED if outlived else 0 if ids else 1, client.output, client)
    done = server.container.run(*command, user=user, environment=environment, check=False, limit=SECONDS)
    ids = tuple(int(job) for job in _JOB_ID.findall(done.output))
    return Submitted(ids, done.exit_code, done.output)


def job_names(submissions: Mapping[str, Submitted], arrays: Mapping[str, int]) -> dict[int, str]:
    """Names of the jobs in the workload by their ids; the elements of an array are called ``name[1]`` and so on."""
    names = {}
    for name, submitted in submissions.items():
        for index, job in enumerate(submitted.ids, start=1):
            names[job] = f"{name}[{index}]" if arrays.get(name, 0) else name
    return names
