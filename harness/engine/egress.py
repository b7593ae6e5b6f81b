"""A way to the package mirrors: for an image build, or for one container while something is installed in it."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import docker
import docker.errors

from harness.engine import egress_rules
from harness.engine.own.egress_proxy import machine_proxy
from harness.engine.own.namespaces import SUPERVISOR_LABEL
from harness.engine.owner import labels
from harness.engine.package_hosts import image_hosts

_log = logging.getLogger(__name__)

CLOSED: Mapping[str, str] = {"com.docker.network.bridge.enable_ip_masquerade": "false"}
"""Options of a network that leads nowhere: what leaves it has a sender that no answer finds. Ports are published as
ever."""


def engine_labels(info: Mapping[str, Any]) -> dict[str, str]:
    """The labels of the engine itself, of what it says of itself; ours has :data:`SUPERVISOR_LABEL`."""
    return dict(label.partition("=")[::2] for label in info.get("Labels") or [])


@contextlib.contextmanager
def for_build(client: docker.DockerClient, base: str) -> Iterator[tuple[str | None, dict[str, str]]]:
    """The network that a build uses, and its proxies.

    On our own engine a network made for it; elsewhere the host's, as mirror and proxy are those of the machine,
    unless user namespaces forbid it. Raises MachineFault.
    """
    named = engine_labels(client.info())
    if SUPERVISOR_LABEL in named:
        network = client.networks.create(
            f"oar-compat-build-{secrets.token_hex(4)}", driver="bridge", options=dict(CLOSED), labels=labels("build")
        )
        try:
            network.reload()
            subnet = network.attrs["IPAM"]["Config"][0]
            way_out = egress_rules.opened(
                named[SUPERVISOR_LABEL], _gateway(subnet), subnet["Subnet"], image_hosts(client, base)
            )
            with way_out as address:
                _log.debug("a way out for the build, by %s", address)
                yield network.name, _environment(address)
        finally:
            with contextlib.suppress(docker.errors.DockerException):
                network.remove()
        return
    remapped = any("userns" in option for option in client.info().get("SecurityOptions") or [])
    yield None if remapped else "host", machine_environment()


@contextlib.contextmanager
def for_container(client: docker.DockerClient, container: Any, network: str) -> Iterator[dict[str, str]]:
    """The environment with which commands in a container reach the mirrors while the context lasts.

    On our own engine an egress proxy for its address on ``network``. Elsewhere it is connected to a network with a
    way out, beside its own, and has the machine's proxies. Raises MachineFault.
    """
    named = engine_labels(client.info())
    if SUPERVISOR_LABEL in named:
        container.reload()
        subnet = client.networks.get(network).attrs["IPAM"]["Config"][0]
        own = container.attrs["NetworkSettings"]["Networks"][network]["IPAddress"]
        hosts = image_hosts(client, container.attrs["Image"])
        with egress_rules.opened(named[SUPERVISOR_LABEL], _gateway(subnet), own, hosts) as address:
            _log.debug("a way out for %s, by %s", container.name, address)
            yield _environment(address)
        return
    # Of several networks the first by name has the default route: '-' stands before every digit.
    open_one = client.networks.create(
        f"oar-compat--out-{secrets.token_hex(4)}", driver="bridge", labels=dict(container.labels)
    )
    try:
        open_one.connect(container)
        yield machine_environment()
    finally:
        with contextlib.suppress(docker.errors.DockerException):
            open_one.disconnect(container, force=True)
        with contextlib.suppress(docker.errors.DockerException):
            open_one.remove()


def machine_environment() -> dict[str, str]:
    """The machine's own proxies, as variables."""
    found = {f"{scheme}_proxy": machine_proxy(scheme, "") for scheme in ("http", "https")}
    refused = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return {name: value for name, value in {**found, "no_proxy": refused}.items() if value}


def _environment(address: str) -> dict[str, str]:
    return {"http_proxy": address, "https_proxy": address}


def _gateway(subnet: Mapping[str, str]) -> str:
    return subnet["Gateway"].partition("/")[0]
