"""A program in a container that is asked in lines of JSON and answers in lines of JSON, as long as the lane lives."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import docker
from docker.utils.socket import frames_iter

from harness.engine.deadline import Deadline

_SENDING = 30.0
"""Seconds in which a program must take what it is sent."""


class DialogueGone(Exception):
    """The program ended, or never began: its container is gone, or being ended."""


class Dialogue:
    """A connection to one such program; may be used by several threads at once.

    Each request has a key ``id``, set here, and the answer to it the same.
    """

    def __init__(self, client: docker.DockerClient, container: str, command: Sequence[str], user: str) -> None:
        execution = client.api.exec_create(container, list(command), stdin=True, user=user)
        self._stream: Any = client.api.exec_start(execution["Id"], socket=True)
        self._socket: Any = getattr(self._stream, "_sock", self._stream)
        self._socket.settimeout(_SENDING)
        self._numbers = itertools.count()
        self._open: dict[int, Future[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._errors = b""
        self._gone = False
        name = f"{' '.join(command)[-30:]} in {container[:12]}"
        threading.Thread(target=self._read, name=name, daemon=True).start()

    def ask(self, request: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Send a request and wait for its answer; raises DialogueGone, or Late where none comes.

        A program that was late once may be frozen, or may answer yet: the dialogue stays as it is.
        """
        number = next(self._numbers)
        answer: Future[dict[str, Any]] = Future()
        with self._lock:
            if self._gone:
                raise DialogueGone(self._errors.decode(errors="replace"))
            self._open[number] = answer
            try:
                self._socket.sendall(json.dumps({**request, "id": number}).encode() + b"\n")
            except OSError as error:
                # A line that was sent in part would make the next one unreadable.
                self._gone = True
                raise DialogueGone(str(error)) from error
        try:
            return deadline.result(answer)
        finally:
            with self._lock:
                self._open.pop(number, None)

    def close(self) -> None:
        """End the program, and with it what it still runs; who waits for an answer gets DialogueGone at once."""
        with contextlib.suppress(OSError):
            # A mere close would not wake the thread that reads.
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._socket.close()
            self._stream.close()
        self._end()

    def _read(self) -> None:
        pending = bytearray()
        try:
            with contextlib.suppress(OSError, ValueError):
                for kind, data in frames_iter(self._stream, tty=False):  # type: ignore[no-untyped-call]
                    if kind != 1:
                        self._errors = (self._errors + data)[-4000:]
                        continue
                    pending += data
                    while (end := pending.find(b"\n")) >= 0:
                        answer = json.loads(pending[:end])
                        del pending[: end + 1]
                        with self._lock:
                            waiting = self._open.pop(answer["id"], None)
                        if waiting is not None:
                            waiting.set_result(answer)
        finally:
            self._end()

    def _end(self) -> None:
        with self._lock:
            self._gone = True
            left = list(self._open.values())
            self._open.clear()
        for waiting in left:
            waiting.set_exception(DialogueGone(self._errors.decode(errors="replace") or "the container ended"))
