"""The hosts that packages come from: this machine's apt sources, an image's own, and what a user adds."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

import docker
import docker.errors

from harness.engine.egress_filter import Host, plain
from harness.engine.owner import labels
from harness.engine.sources import AptSource, machine_sources, parse_lines, parse_stanzas
from harness.model.fault import ConfigurationFault

VARIABLE = "OAR_COMPAT_UPLINK_HOSTS"
_PORTS = {"http": 80, "https": 443}


def hosts_of(sources: Iterable[AptSource]) -> set[Host]:
    """The hosts of sources that are fetched by HTTP."""
    found = set()
    for source in sources:
        # apt writes transports before the scheme, as in "tor+http" or "mirror+https".
        address = urlsplit(source.uri.rpartition("+")[2])
        if address.scheme in _PORTS and address.hostname:
            found.add((plain(address.hostname), address.port or _PORTS[address.scheme]))
    return found


def machine_hosts() -> set[Host]:
    """The hosts of this machine's apt sources, and those that ``OAR_COMPAT_UPLINK_HOSTS`` names (``host[:port]``).

    A host that is named without a port is allowed at 80 and 443. Raises ConfigurationFault.
    """
    found = hosts_of(machine_sources())
    for word in (os.environ.get(VARIABLE) or "").replace(",", " ").split():
        try:
            address = urlsplit(f"//{word}")
            ports = [address.port] if address.port else list(_PORTS.values())
            if not address.hostname or address.path:
                raise ValueError
        except ValueError as error:
            raise ConfigurationFault(f"{word!r} is no host", where=VARIABLE, remedy="host or host:port") from error
        found |= {(plain(address.hostname), port) for port in ports}
    return found


@lru_cache
def image_hosts(client: docker.DockerClient, image: str) -> frozenset[Host]:
    """The hosts of the apt sources in an image, read without running anything of it."""
    try:
        container = client.containers.create(image, ["true"], labels=labels("look"))
        try:
            stream, _ = container.get_archive("/etc/apt")
            data = io.BytesIO(b"".join(stream))
        finally:
            container.remove(force=True)
    except docker.errors.NotFound:
        return frozenset()
    found: list[AptSource] = []
    with tarfile.open(fileobj=data) as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member) if member.isfile() else None
            text = content.read().decode(errors="replace") if content else ""
            if member.name.endswith(".list"):
                found += parse_lines(text)
            elif member.name.endswith(".sources"):
                found += parse_stanzas(text)
    return frozenset(hosts_of(found))
