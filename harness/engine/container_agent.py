"""The harness's end of the agent in a container (``image/agent.py``): commands at the cost of a fork."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import docker

from harness.engine.deadline import Deadline
from harness.engine.dialogue import Dialogue

_COMMAND = ("python3", "-u", "/usr/lib/oar-compat/agent.py")
GRACE = 30.0
"""Seconds beyond a command's own limit in which its answer must be there."""


class Agent:
    """A connection to one container's agent; may be used by several threads at once.

    :param where: how messages call the container.
    :param grace: seconds beyond a command's own limit in which its answer must be there.
    """

    def __init__(
        self, client: docker.DockerClient, container: str, *, where: str = "", grace: float | None = None
    ) -> None:
        self._dialogue = Dialogue(client, container, _COMMAND, "root")
        self._where = where or container[:12]
        self.grace = GRACE if grace is None else grace

    def run(
        self, argv: Sequence[str], *, user: str, environment: Mapping[str, str], limit: float, given: bytes = b""
    ) -> tuple[int, bytes, bytes]:
        """Run a command; its exit code (124 if it outlived ``limit`` seconds), standard output and error.

        ``given`` is its standard input. Raises DialogueGone if the container has ended, Late where it is frozen.
        """
        deadline = Deadline(f"an answer to `{' '.join(argv)[:120]}`", limit + self.grace, where=self._where)
        result = self._dialogue.ask(
            {
                "argv": list(argv),
                "user": user,
                "env": dict(environment),
                "in": base64.b64encode(given).decode(),
                "limit": limit,
            },
            deadline,
        )
        return result["code"], base64.b64decode(result["out"]), base64.b64decode(result["err"])

    def close(self) -> None:
        """End the agent, and with it what it still runs."""
        self._dialogue.close()
