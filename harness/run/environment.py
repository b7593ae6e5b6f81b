"""What a run works with: the engine, the images, and OAR2 servers prepared for each copy of OAR3."""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import docker
import docker.errors
import requests

import harness.engine
from harness.engine import ending
from harness.engine.build import ImageRef, ensure_image
from harness.engine.deadline import Deadline
from harness.engine.discovery import Engine, find_engine
from harness.engine.engine_fault import engine_fault
from harness.engine.engine_names import as_part
from harness.engine.lane import Lane, LaneSpec
from harness.engine.limits import SHOWN, limits
from harness.engine.limits import told as limits_told
from harness.engine.one_shot import run_once
from harness.engine.owner import labels
from harness.model.debian import by_codename
from harness.oar3.prepare import Prepared, prepare
from harness.oar3.source import Oar3Source
from harness.run.columns import Column
from harness.run.events import Listener, Stage
from harness.run.lane_provider import LaneProvider

_log = logging.getLogger(__name__)

_PING_SECONDS = 30
_ABORT_SECONDS = 60.0
_ENDING_SECONDS = 5.0
"""How long all lanes together may take to be removed; the second if the process is being ended by a signal."""
IMAGE_CONTEXT = Path(harness.engine.__file__).parent / "image"


class Provisioner(LaneProvider):
    """A context manager: opens the engine, makes images, starts lanes; ends all of it.

    :param debian: code name of the Debian release of the servers.
    """

    def __init__(self, debian: str, notify: Listener) -> None:
        self.debian = debian
        self.run_id = secrets.token_hex(4)
        self._notify = notify
        self._lanes: set[Lane] = set()
        self._prepared: dict[str, Prepared] = {}
        self._closed = False
        self._hearing = contextlib.ExitStack()
        self.engine: Engine
        self.client: docker.DockerClient
        self.image: ImageRef

    def __enter__(self) -> Provisioner:
        ending.check()
        self.engine = find_engine(self._stage)
        try:
            self._hearing.enter_context(ending.on_end(self.abort))
            self._stage(f"engine: {self.engine.version} ({self.engine.kind})")
            self.client = self.engine.client()
            self.image = ensure_image(self.client, self.debian, IMAGE_CONTEXT, progress=self._stage)
        except BaseException:
            self._hearing.close()
            self.engine.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()
        self._hearing.close()
        self.engine.close()

    def abort(self) -> None:
        """End every lane, also under the hands of those who use them; nothing can be started afterwards.

        All at once, and not waited for beyond a limit: those of an engine that does not answer go by their lease.
        """
        self._closed = True
        threads = [threading.Thread(target=lane.stop, daemon=True) for lane in list(self._lanes)]
        for thread in threads:
            thread.start()
        deadline = Deadline("the end of the lanes", _ENDING_SECONDS if ending.begun() else _ABORT_SECONDS)
        for thread in threads:
            if not deadline.join(thread):
                ending.leave_behind()

    @property
    def closed(self) -> bool:
        """See :class:`~harness.run.lane_provider.LaneProvider`."""
        return self._closed

    def prepare(self, sources: Sequence[Oar3Source]) -> None:
        """Make sure of an image for each copy of OAR3."""
        for source in sources:
            self._prepared[source.name] = prepare(
                self.engine, self.image.tag, source, labels(self.run_id), self._stage
            )

    def prepared(self, source: Oar3Source | None) -> Prepared:
        """The image and the adaptations for a copy of OAR3; the plain image without one."""
        return self._prepared[source.name] if source else Prepared(self.image.tag)

    def lane(self, name: str, column: Column | None = None, **options: Any) -> LaneContext:
        """A lane that this run owns, its server made for the column; ``options`` are those of LaneSpec."""
        source = column.source if column else None
        spec = LaneSpec(
            f"oar-compat-{self.run_id}-{as_part(name)}",
            self.image.tag,
            labels(self.run_id),
            self.engine.url,
            server_image=self.prepared(source).image,
            nodes_read=by_codename(self.debian).nodes_read,
            **options,
        )
        return LaneContext(self, Lane(spec))

    def alive(self) -> bool:
        """Whether the engine still answers, within half a minute."""
        try:
            answer: requests.Response = self.client.api.get(
                f"{self.client.api.base_url}/_ping", timeout=_PING_SECONDS
            )
            return answer.ok
        except Exception as error:
            self._stage(str(engine_fault(error, self.engine.url)))
            return False

    def environment(self) -> dict[str, Any]:
        """Versions, as the report's ``environment`` has them."""
        script = (
            "dpkg-query -W -f '${Version}' oar-server; echo; /usr/lib/postgresql/*/bin/postgres --version;"
            f"({SHOWN}); echo end"
        )
        info = self.client.info()
        limited = limits("node", info)
        output = run_once(
            self.client,
            self.image.tag,
            ["-c", script],
            last="end\n",
            entrypoint="/bin/sh",
            labels=labels(self.run_id),
            **limited,
        )
        oar2, postgresql = output.splitlines()[:2]
        return {
            "engine": f"Docker {self.engine.version} ({self.engine.kind})",
            "debian": self.debian,
            "oar2": oar2,
            "postgresql": postgresql.split()[2],
            "limits": limits_told(info, output, limited),
        }

    def _stage(self, text: str) -> None:
        # Each step of setting up is announced before it is begun.
        ending.check()
        _log.info("%s", text, extra={"shown": True})
        self._notify(Stage(text))


class LaneContext:
    """A lane as a context manager that the provisioner knows of while it lives."""

    def __init__(self, provisioner: Provisioner, lane: Lane) -> None:
        self._provisioner = provisioner
        self._lane = lane

    def __enter__(self) -> Lane:
        ending.check()
        if self._provisioner._closed:
            raise InterruptedError("the run is being ended")
        self._provisioner._lanes.add(self._lane)
        return self._lane.start()

    def __exit__(self, *_: object) -> None:
        self._lane.stop()
        self._provisioner._lanes.discard(self._lane)
