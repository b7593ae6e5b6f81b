"""Clients of a container engine."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

import docker
from docker.utils import kwargs_from_env


def connect(url: str, *, seconds: float) -> docker.DockerClient:
    """A client of the engine at an address; ``seconds`` limits each call.

    The environment's ``DOCKER_TLS_VERIFY`` and ``DOCKER_CERT_PATH`` count for addresses over TCP. Raises docker's
    errors where the engine does not answer.
    """
    options: dict[str, Any] = {"base_url": url}
    if url.startswith("tcp:"):
        options = {**kwargs_from_env(environment={**os.environ, "DOCKER_HOST": url})}
    return docker.DockerClient(**options, timeout=int(seconds), max_pool_size=32)


_MAKING = threading.Lock()


@contextlib.contextmanager
def for_testcontainers(url: str) -> Iterator[dict[str, Any]]:
    """What testcontainers' classes take as ``docker_client_kw`` so that they talk to the engine at an address.

    To be entered while such an object is made: its client is made then, and where docker's current context names an
    engine, testcontainers writes that one's address into this process's ``DOCKER_HOST``, which is put back here.
    """
    with _MAKING:
        before = os.environ.get("DOCKER_HOST")
        try:
            yield {"environment": {**os.environ, "DOCKER_HOST": url}}
        finally:
            if before is None:
                os.environ.pop("DOCKER_HOST", None)
            else:
                os.environ["DOCKER_HOST"] = before
