"""The harness's end of the agent in a container (``image/agent.py``): commands at the cost of a fork."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import docker
from docker.utils.socket import frames_iter

_COMMAND = ["python3", "-u", "/usr/lib/oar-compat/agent.py"]


class AgentGone(Exception):
    """The agent ended, or never began: its container is gone, or being ended."""


class Agent:
    """A connection to one container's agent; may be used by several threads at once."""

    def __init__(self, client: docker.DockerClient, container: str) -> None:
        execution = client.api.exec_create(container, _COMMAND, stdin=True, user="root")
        self._stream: Any = client.api.exec_start(execution["Id"], socket=True)
        self._socket: Any = getattr(self._stream, "_sock", self._stream)
        self._numbers = itertools.count()
        self._open: dict[int, Future[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._errors = b""
        self._gone = False
        threading.Thread(target=self._read, name=f"agent of {container[:12]}", daemon=True).start()

    def run(
        self, argv: Sequence[str], *, user: str, environment: Mapping[str, str], limit: float
    ) -> tuple[int, bytes, bytes]:
        """Run a command; its exit code (124 where it outlived ``limit`` seconds), standard output and error."""
        number = next(self._numbers)
        request = {"id": number, "argv": list(argv), "user": user, "env": dict(environment), "limit": limit}
        answer: Future[dict[str, Any]] = Future()
        with self._lock:
            if self._gone:
                raise AgentGone(self._errors.decode(errors="replace"))
            self._open[number] = answer
            try:
                self._socket.sendall(json.dumps(request).encode() + b"\n")
            except OSError as error:
                raise AgentGone(str(error)) from error
        result = answer.result()
        return result["code"], base64.b64decode(result["out"]), base64.b64decode(result["err"])

    def close(self) -> None:
        """End the agent, and with it what it still runs."""
        with contextlib.suppress(OSError):
            self._socket.close()
            self._stream.close()

    def _read(self) -> None:
        pending = b""
        with contextlib.suppress(OSError, ValueError):
            for kind, data in frames_iter(self._stream, tty=False):  # type: ignore[no-untyped-call]
                if kind != 1:
                    self._errors = (self._errors + data)[-4000:]
                    continue
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    answer = json.loads(line)
                    with self._lock:
                        waiting = self._open.pop(answer["id"])
                    waiting.set_result(answer)
        with self._lock:
            self._gone = True
            left = list(self._open.values())
            self._open.clear()
        for waiting in left:
            waiting.set_exception(AgentGone(self._errors.decode(errors="replace") or "the container ended"))
