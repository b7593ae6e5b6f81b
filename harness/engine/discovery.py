"""The container engine of this machine: the one that answers, or one of our own."""

from __future__ import annotations

import contextlib
import getpass
import json
import logging
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal

import docker
from docker.errors import DockerException

from harness.engine import reaper
from harness.engine.apt import on_debian
from harness.engine.client import connect
from harness.engine.own import connection
from harness.engine.own.paths import EnginePaths
from harness.engine.sweep import sweep
from harness.model.fault import ConfigurationFault, MachineFault

_log = logging.getLogger(__name__)

Kind = Literal["found", "own"]
_OLDEST_API = (1, 41)
_LOOK_SECONDS = 15.0
SYSTEM_SOCKETS = (Path("/var/run/docker.sock"), Path("/run/podman/podman.sock"))


@dataclass(frozen=True)
class Engine:
    """A container engine in use; closing it (or leaving ``with``) lets an engine of our own end.

    ``url`` is what DOCKER_HOST takes. Where the process ends without closing, even killed, the engine notices.
    """

    url: str
    kind: Kind
    version: str
    driver: str = ""
    _line: socket.socket | None = field(default=None, repr=False, compare=False)

    def client(self, *, seconds: float = 120.0) -> docker.DockerClient:
        """A new client; ``seconds`` limits each of its calls."""
        return connect(self.url, seconds=seconds)

    def keep(self) -> None:
        """Let containers (and our own engine) outlive this process, for a look; their labels must say so as well."""
        if self._line:
            self._line.sendall(b"keep\n")

    def release(self) -> None:
        """Take ``keep`` back, whoever asked for it: our own engine ends when nobody uses it any more."""
        if self._line and self.kind == "own":
            self._line.sendall(b"release\n")

    def close(self) -> None:
        """Give the engine up; ours ends after a short grace where nobody else uses it."""
        if self._line:
            self._line.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def find_engine(progress: Callable[[str], None] = lambda _: None) -> Engine:
    """Find an engine: one that answers (DOCKER_HOST, the usual sockets), else our own.

    ``OAR_COMPAT_ENGINE`` forces ``found`` or ``own``; the default is ``auto``. Raises MachineFault if none is.
    """
    wish = os.environ.get("OAR_COMPAT_ENGINE") or "auto"
    if wish not in ("auto", "found", "own"):
        raise ConfigurationFault(f"{wish!r} is no engine", where="OAR_COMPAT_ENGINE", remedy="auto, found or own")
    if wish != "own":
        engine = _found()
        if engine:
            return engine
    able = os.geteuid() == 0 and on_debian()
    if wish == "found" or not able:
        raise MachineFault("no container engine answers", where="container engine", remedy=_command_to_type(able))
    paths = EnginePaths.default()
    line = connection.hold(paths, progress)
    version, driver = _look(paths.url) or ("", "")
    _log.info("holding our own engine at %s: %s", paths.url, version)
    return Engine(paths.url, "own", version, driver, line)


def candidates() -> Iterator[str]:
    """The addresses an engine may answer at, best first; DOCKER_HOST alone where it is set."""
    named = os.environ.get("DOCKER_HOST")
    if named:
        yield named
        return
    yield from _context()
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}"
    home = Path.home()
    for path in (
        *SYSTEM_SOCKETS,
        Path(runtime) / "docker.sock",
        home / ".docker/run/docker.sock",
        home / ".docker/desktop/docker.sock",
        Path(runtime) / "podman/podman.sock",
    ):
        if path.is_socket():
            yield f"unix://{path}"


def _found() -> Engine | None:
    for url in candidates():
        seen = _look(url)
        if seen:
            engine = Engine(url, "found", *seen, _line=reaper.post(url))
            _log.info("found an engine at %s: %s", url, engine.version)
            with contextlib.suppress(DockerException, OSError):
                sweep(engine.client())
            return engine
    if os.environ.get("DOCKER_HOST"):
        raise MachineFault(
            "no container engine answers there",
            where=f"DOCKER_HOST={os.environ['DOCKER_HOST']}",
            remedy="start it, or unset DOCKER_HOST",
        )
    return None


def _look(url: str) -> tuple[str, str] | None:
    """The engine's version and storage driver; None if nothing answers, or too old an engine does."""
    with contextlib.suppress(DockerException, OSError, ValueError):
        client = connect(url, seconds=_LOOK_SECONDS)
        try:
            version = client.version()
            api = tuple(int(part) for part in str(version["ApiVersion"]).split(".")[:2])
            return (str(version["Version"]), str(client.info().get("Driver", ""))) if api >= _OLDEST_API else None
        finally:
            client.close()
    return None


def _context() -> Iterator[str]:
    """The address of the docker command's current context, where one was chosen."""
    home = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        configured = json.loads((home / "config.json").read_text()).get("currentContext")
        name = os.environ.get("DOCKER_CONTEXT") or configured
        for path in home.glob("contexts/meta/*/meta.json"):
            described = json.loads(path.read_text())
            if described["Name"] == name:
                yield described["Endpoints"]["docker"]["Host"]


def _command_to_type(able: bool) -> str:
    for url in candidates():
        path = url.removeprefix("unix://")
        if path != url and not os.access(path, os.R_OK | os.W_OK):
            group = f"type: sudo usermod -aG docker {getpass.getuser()} (and log in again)"
            return f"this user may not use {path}; {group}, or: sudo -E ./oar-compat run"
    if able:
        return "start it (systemctl start docker), or unset OAR_COMPAT_ENGINE to have one brought along"
    if on_debian():
        return (
            "type: sudo -E ./oar-compat run (as root, an engine is brought along), or: sudo apt-get install docker.io"
        )
    return "install and start Docker, or name a running engine by DOCKER_HOST"
