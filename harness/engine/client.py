"""Clients of a container engine."""

from __future__ import annotations

import os
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
