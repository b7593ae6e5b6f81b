"""A container that runs one program and prints: a look into an image."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import docker

from harness.engine.deadline import Deadline
from harness.model.fault import MachineFault

_log = logging.getLogger(__name__)

_SECONDS = 10.0
_RUN_SECONDS = 60


def run_once(
    client: docker.DockerClient,
    image: str,
    argv: Sequence[str],
    *,
    last: str,
    labels: Mapping[str, str] | None = None,
    **options: Any,
) -> str:
    """What the program prints, up to and with ``last``, by which its output is known to be whole.

    An engine may report that a container has ended before its log has the end of the output (seen with 20.10), so the
    log is asked until it has. Raises MachineFault if it never does.
    """
    container = client.containers.create(image, list(argv), labels=dict(labels or {}), **options)
    try:
        container.start()
        _log.debug("%s: `%s` in container %s", image, " ".join(argv), str(container.id)[:12])
        container.wait(timeout=_RUN_SECONDS)
        text = ""

        def whole() -> bool:
            nonlocal text
            text = container.logs().decode(errors="replace")
            return last in text

        if not Deadline(f"the end of what `{argv[0]}` prints", _SECONDS).came(whole, 0.05):
            raise MachineFault(f"`{' '.join(argv)[:200]}` printed otherwise", where=image, detail=text[-2000:])
        return text
    finally:
        container.remove(force=True)
