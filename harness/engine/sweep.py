"""Removing what dead runs left in an engine; what a living run owns is never touched."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import APIError, NotFound

from harness.engine.owner import OWNER_LABEL, RUN_LABEL, ProcessOwner

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Swept:
    """How many containers, networks and volumes were removed, and how many refused."""

    containers: int = 0
    networks: int = 0
    volumes: int = 0
    refused: int = 0


def sweep(client: docker.DockerClient, *, everything: bool = False) -> Swept:
    """Remove our containers, networks and volumes whose owner is dead; with ``everything``, all of ours.

    Raises docker's errors if the engine itself does not answer.
    """
    local = str(client.api.base_url).startswith("http+docker://")

    def ours(found: Mapping[str, str] | None) -> bool:
        if everything:
            return True
        owner = ProcessOwner.parse((found or {}).get(OWNER_LABEL, ""))
        return owner is not None and owner.is_dead(engine_is_local=local)

    chosen = {"label": RUN_LABEL}
    containers = [c["Id"] for c in client.api.containers(all=True, filters=chosen) if ours(c["Labels"])]
    removed = remove_each(containers, lambda name: client.api.remove_container(name, force=True, v=True))
    networks = [n["Id"] for n in client.api.networks(filters=chosen) if ours(n["Labels"])]
    unlinked = remove_each(networks, client.api.remove_network)
    volumes = [v["Name"] for v in client.api.volumes(filters=chosen)["Volumes"] or [] if ours(v["Labels"])]
    emptied = remove_each(volumes, lambda name: client.api.remove_volume(name, force=True))
    asked = len(containers) + len(networks) + len(volumes)
    swept = Swept(removed, unlinked, emptied, asked - removed - unlinked - emptied)
    if asked:
        _log.info("of dead runs: %s", swept)
    return swept


def remove_each(names: list[str], remove: Callable[[str], Any]) -> int:
    """Remove things eight at a time, as each takes the engine half a second; returns how many are gone."""

    def gone(name: str) -> bool:
        try:
            remove(name)
        except NotFound:
            return True
        except APIError as error:
            # Someone else is removing it at this moment: as good as gone.
            return "already in progress" in str(error)
        return True

    if not names:
        return 0
    with ThreadPoolExecutor(max_workers=8) as pool:
        return sum(pool.map(gone, names))
