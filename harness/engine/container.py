"""A container of ours: private, without privileges, and gone when the process that owns it is."""

from __future__ import annotations

import contextlib
import io
import logging
import tarfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import docker.errors
import requests.exceptions
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from harness.engine import ending
from harness.engine.client import for_testcontainers
from harness.engine.container_agent import Agent
from harness.engine.container_commands import CommandFault, Completed, Running
from harness.engine.dialogue import Dialogue, DialogueGone
from harness.engine.engine_fault import GONE, engine_fault
from harness.engine.ready_line import ReadyLine
from harness.model.fault import MachineFault

_log = logging.getLogger(__name__)

# Its image cannot be had everywhere, and a lease (below) needs no second container with the engine's socket in it.
testcontainers_config.ryuk_disabled = True

CAPABILITIES = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "KILL",
    "SETGID",
    "SETUID",
    "SYS_CHROOT",
    "SYS_NICE",
)
"""What OAR needs of a kernel: changing users (oardodo, sshd), and ``renice`` in oar's login shell (SYS_NICE)."""

GIVEN = PurePosixPath("/run/oar-compat-given")
"""Where ``image/lane`` waits for what it is given."""


class LaneContainer(DockerContainer):
    """One role of a lane: capabilities dropped, ports on 127.0.0.1 only, and a lease on its life.

    The lease is the container's standard input: the engine closes it when the process that attached to it is gone,
    however it ended, and the container's start script then ends the container, which the engine removes.

    :ivar engine: the address of the container engine it lives on.
    """

    def __init__(
        self,
        image: str,
        role: str,
        *,
        name: str,
        engine: str,
        network: Network,
        labels: Mapping[str, str],
        environment: Mapping[str, str],
        aliases: Sequence[str] = (),
        publish: int | None = None,
        tmpfs: Mapping[str, str] | None = None,
        keep: bool = False,
    ) -> None:
        with for_testcontainers(engine) as client:
            super().__init__(
                image,
                client,
                command=role,
                name=name,
                env={**environment, **({} if keep else {"LEASE": "stdin"})},
                network=network,
                network_aliases=[role, *aliases],
                labels=dict(labels),
                hostname=aliases[0] if aliases else role,
                cap_drop=["ALL"],
                cap_add=list(CAPABILITIES),
                auto_remove=not keep,
                stdin_open=not keep,
                _wait_strategy=None,
            )
        if publish is not None:
            self.ports[f"{publish}/tcp"] = ("127.0.0.1", None)  # type: ignore[assignment]
        for path, options in (tmpfs or {}).items():
            self.with_tmpfs_mount(path, options)
        self.engine = engine
        self._keep = keep
        self._lease: Any = None
        self._agent: Agent | None = None
        self._reaching = threading.Lock()

    @property
    def label(self) -> str:
        """How messages call it."""
        return str(self._name)

    def start(self) -> LaneContainer:
        """Start it and take the lease; does not wait for its service."""
        ending.check()
        try:
            super().start()
            _log.debug("%s: started, container %s", self.label, self.get_container_id()[:12])
            self._take_lease()
        except (docker.errors.APIError, docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise engine_fault(error, self.label) from error
        return self

    def _take_lease(self) -> None:
        if self._keep:
            return
        api = self.get_docker_client().client.api
        try:
            self._lease = api.attach_socket(self.get_container_id(), params={"stdin": 1, "stream": 1})
        except docker.errors.APIError as error:
            raise self._ended(error) from error

    def _ended(self, error: docker.errors.APIError) -> MachineFault:
        return MachineFault(
            "the service ended while starting",
            where=self.label,
            detail=f"it was gone before its log could be read: {error.explanation}",
        )

    def runs(self) -> bool:
        """Whether the engine says that it runs; waits for one that is just ending, half a second at most."""
        wrapped = self.get_wrapped_container()
        with contextlib.suppress(docker.errors.NotFound):
            with contextlib.suppress(requests.exceptions.RequestException):
                wrapped.wait(timeout=0.5)
            wrapped.reload()
            return bool(wrapped.status == "running")
        return False

    def limit(self, options: Mapping[str, int]) -> None:
        """Before it is started: what it may use of the machine (``limits.py``)."""
        self._kwargs.update(options)

    def address(self, network: str) -> str:
        """Its address on a network; empty if it has ended."""
        wrapped = self.get_wrapped_container()
        wrapped.reload()
        return str(wrapped.attrs["NetworkSettings"]["Networks"][network]["IPAddress"])

    def give(self, files: Mapping[str, str]) -> None:
        """Hand its start script what neither its environment nor any argument may hold (``image/lane``)."""
        hand_over(self.get_wrapped_container(), files)

    def wait_ready(self, limit: float = 60.0) -> None:
        """Wait for its service; raises MachineFault with its last log lines."""
        try:
            ReadyLine(limit).wait_until_ready(self)
        except docker.errors.APIError as error:
            raise (self._ended(error) if error.status_code in GONE else engine_fault(error, self.label)) from error
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise engine_fault(error, self.label) from error

    def published(self, port: int) -> int:
        """The port on 127.0.0.1 that leads to ``port`` of the container."""
        wrapped = self.get_wrapped_container()
        try:
            wrapped.reload()
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise engine_fault(error, self.label) from error
        bindings: Any = wrapped.ports[f"{port}/tcp"]
        return int(bindings[0]["HostPort"])

    def run(
        self,
        *argv: str,
        user: str = "root",
        environment: Mapping[str, str] | None = None,
        check: bool = True,
        limit: float = 120,
        given: bytes = b"",
    ) -> Completed:
        """Run a command inside; raises CommandFault if ``check`` is set and its exit code is not 0.

        ``limit`` is in seconds; a command that outlives it is killed and has exit code 124. ``given`` is its
        standard input.
        """
        began = time.monotonic()
        try:
            code, stdout, stderr = self._reach_agent().run(
                argv, user=user, environment=environment or {}, limit=limit, given=given
            )
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise engine_fault(error, self.label) from error
        except DialogueGone as error:
            ending.check()
            _log.warning("%s ended under `%s`", self.label, " ".join(argv))
            raise MachineFault("the container ended", where=self.label, detail=str(error)) from error
        _log.debug("%s: `%s` as %s: %d in %.3f s", self.label, " ".join(argv), user, code, time.monotonic() - began)
        completed = Completed(argv, code, stdout.decode(errors="replace"), stderr.decode(errors="replace"))
        if check and completed.exit_code:
            raise CommandFault(completed, self.label)
        return completed

    def _reach_agent(self) -> Agent:
        with self._reaching:
            if self._agent is None:
                ending.check()
                self._agent = Agent(self.get_docker_client().client, self.get_container_id(), where=self.label)
            return self._agent

    def converse(self, *argv: str, user: str) -> Dialogue:
        """Start a program inside that is asked in lines of JSON; it ends with the dialogue, or the container."""
        _log.debug("%s: dialogue with `%s` as %s", self.label, " ".join(argv), user)
        try:
            return Dialogue(self.get_docker_client().client, self.get_container_id(), argv, user)
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise engine_fault(error, self.label) from error

    def spawn(self, *argv: str, user: str = "root", environment: Mapping[str, str] | None = None) -> Running:
        """Start a command inside on a terminal of its own, so that it prints line by line, and do not wait for it."""
        _log.debug("%s: spawned `%s` as %s", self.label, " ".join(argv), user)
        try:
            api = self.get_docker_client().client.api
            execution = api.exec_create(
                self.get_container_id(), list(argv), user=user, environment=dict(environment or {}), tty=True
            )
            stream = api.exec_start(execution["Id"], tty=True, socket=True)
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise engine_fault(error, self.label) from error
        return Running(argv, stream)

    def write(self, path: str, text: str) -> None:
        """Give a file inside another content, and leave it its owner and mode; its folder must be there."""
        self.run("sh", "-c", 'cat > "$1"', "write", path, given=text.encode())

    def put(self, path: str, content: str | bytes, *, mode: int = 0o644, owner: str = "root") -> None:
        """Write a file inside; its folder must be there. A file that is there keeps nothing but its name."""
        data = content.encode() if isinstance(content, str) else content
        target = PurePosixPath(path)
        entry = tarfile.TarInfo(target.name)
        entry.size, entry.mode = len(data), mode
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.addfile(entry, io.BytesIO(data))
        self.put_tar(str(target.parent), archive.getvalue())
        if owner != "root":
            self.run("chown", owner, path)

    def put_tar(self, folder: str, archive: bytes) -> None:
        """Unpack a tar archive into a folder inside."""
        _log.debug("%s: an archive of %d bytes into %s", self.label, len(archive), folder)
        try:
            self.get_wrapped_container().put_archive(folder, archive)
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise engine_fault(error, self.label) from error

    def read(self, path: str) -> str:
        """The text of a file inside."""
        return self.run("cat", path).stdout

    def stop(self, force: bool = True, delete_volume: bool = True) -> None:
        """End and remove it, whatever state it is in."""
        if self._agent is not None:
            self._agent.close()
        if self._lease is not None:
            with contextlib.suppress(OSError):
                self._lease.close()
        _log.debug("%s: ended and removed", self.label)
        # If the engine does not answer, the container goes by its lease.
        with contextlib.suppress(docker.errors.DockerException, requests.exceptions.RequestException):
            super().stop(force=force, delete_volume=delete_volume)


def hand_over(wrapped: Any, files: Mapping[str, str]) -> None:
    """Put files where a container's start script waits for them, for root alone, and say that these are all."""
    folder = tarfile.TarInfo(GIVEN.name)
    folder.type, folder.mode = tarfile.DIRTYPE, 0o700
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(folder)
        for name, text in [*files.items(), ("whole", "")]:
            entry = tarfile.TarInfo(f"{GIVEN.name}/{name}")
            entry.size, entry.mode = len(text.encode()), 0o600
            tar.addfile(entry, io.BytesIO(text.encode()))
    wrapped.put_archive(str(GIVEN.parent), archive.getvalue())
