"""A container that runs one program and prints: a look into an image."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import docker

from harness.model.fault import MachineFault

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

    An engine may tell that a container has ended before its log has the end of the output (seen with 20.10), so the
    log is asked until it has. Raises MachineFault where it never does.
    """
    container = client.containers.create(image, list(argv), labels=dict(labels or {}), **options)
    try:
        container.start()
        container.wait(timeout=_RUN_SECONDS)
        deadline = time.monotonic() + _SECONDS
        while last not in (text := container.logs().decode(errors="replace")):
            if time.monotonic() > deadline:
                raise MachineFault(f"`{' '.join(argv)[:200]}` printed otherwise", where=image, detail=text[-2000:])
            time.sleep(0.05)
        return text
    finally:
        container.remove(force=True)
