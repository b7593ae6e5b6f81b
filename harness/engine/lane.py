"""A lane: a private network with a PostgreSQL container and an OAR server container on it, and nodes if asked for."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

import docker.errors
from testcontainers.core.network import Network

from harness.engine.cell import UPLINK_LABEL, UPLINK_PORT
from harness.engine.container import LaneContainer, engine_fault
from harness.engine.uplink import machine_proxy

REST_PORT = 6668
"""Where Debian's virtual host of ``oar-restful-api`` listens."""


@dataclass(frozen=True, slots=True)
class LaneSpec:
    """What a lane is made of.

    :ivar image: tag of the image of PostgreSQL and, unless ``server_image`` says otherwise, of the server.
    :ivar labels: given to every container and to the network, for cleaning up.
    :ivar almighty: whether the Almighty runs; without it a listener swallows what is sent to it.
    :ivar clock: where PostgreSQL's clock stands still (``YYYY-mm-dd HH:MM:SS``, libfaketime); empty: it goes on.
    :ivar keep: no lease, no removal: for a look around.
    :ivar rest: whether the port of the REST API can be reached from this machine.
    """

    name: str
    image: str
    labels: Mapping[str, str]
    server_image: str = ""
    almighty: bool = True
    clock: str = ""
    nodes: tuple[str, ...] = ()
    keep: bool = False
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Passwords:
    """The passwords of the database's roles, random for each lane."""

    oar: str = field(default_factory=lambda: secrets.token_hex(12))
    oar_ro: str = field(default_factory=lambda: secrets.token_hex(12))
    postgres: str = field(default_factory=lambda: secrets.token_hex(12))


class Lane:
    """The containers in which one combination lives. A context manager: what it started, it ends."""

    def __init__(self, spec: LaneSpec) -> None:
        self.spec = spec
        self.passwords = Passwords()
        self.network = Network(docker_network_kw={"labels": dict(spec.labels)})
        self.network.name = spec.name
        environment = {
            "DB_PASSWORD": self.passwords.oar,
            "DB_PASSWORD_RO": self.passwords.oar_ro,
            "DB_PASSWORD_ADMIN": self.passwords.postgres,
        }
        common = {"network": self.network, "labels": spec.labels, "keep": spec.keep}
        self.postgres = LaneContainer(
            spec.image,
            "postgres",
            name=f"{spec.name}-postgres",
            environment=environment | ({"FAKETIME_FROM": spec.clock} if spec.clock else {}),
            aliases=["db"],
            publish=5432,
            tmpfs={"/pgdata": "size=2g"},
            **common,  # type: ignore[arg-type]
        )
        self.server = LaneContainer(
            spec.server_image or spec.image,
            "server",
            name=f"{spec.name}-server",
            environment=environment | {"ALMIGHTY": "yes" if spec.almighty else "no"},
            publish=REST_PORT if spec.rest else None,
            **common,  # type: ignore[arg-type]
        )
        self._environment = environment
        self._by_name = {node: self._node(node) for node in spec.nodes}
        self._restarts = 0
        self._port = 0

    @property
    def nodes(self) -> list[LaneContainer]:
        """The nodes that are up."""
        return list(self._by_name.values())

    def _node(self, node: str, suffix: str = "") -> LaneContainer:
        return LaneContainer(
            self.spec.image,
            "node",
            name=f"{self.spec.name}-{node}{suffix}",
            network=self.network,
            labels=self.spec.labels,
            environment=self._environment,
            aliases=[node],
            keep=self.spec.keep,
        )

    def stop_node(self, node: str) -> None:
        """Kill a node; does nothing to one that is down."""
        if container := self._by_name.pop(node, None):
            container.stop()

    def start_node(self, node: str) -> LaneContainer:
        """Start a node that was stopped, anew from its image; returns it when its sshd answers."""
        self.stop_node(node)
        self._restarts += 1
        container = self._node(node, f"-{self._restarts}")
        self._by_name[node] = container
        container.start()
        container.wait_ready()
        return container

    def proxies(self) -> dict[str, str]:
        """The environment by which a command in the lane gets out to Debian's mirror; empty where none is needed.

        Our own engine has no way out but its uplink, at the gateway of each network; elsewhere the machine's proxies.
        """
        client = self.server.get_docker_client().client
        labels = dict(label.partition("=")[::2] for label in client.info().get("Labels") or [])
        if UPLINK_LABEL in labels:
            attributes = client.networks.get(self.spec.name).attrs
            gateway = attributes["IPAM"]["Config"][0]["Gateway"].partition("/")[0]
            address = f"http://{gateway}:{UPLINK_PORT}"
            return {"http_proxy": address, "https_proxy": address}
        found = {f"{scheme}_proxy": machine_proxy(scheme, "") for scheme in ("http", "https")}
        return {name: value for name, value in found.items() if value}

    @property
    def database_port(self) -> int:
        """The port of PostgreSQL on 127.0.0.1."""
        return self._port

    def start(self) -> Lane:
        """Start everything at once and return when PostgreSQL and the Almighty answer; raises MachineFault."""
        try:
            self.network.create()
        except docker.errors.DockerException as error:
            raise engine_fault(error, self.spec.name) from error
        containers = [self.postgres, self.server, *self.nodes]
        pool = ThreadPoolExecutor(len(containers))
        try:
            list(pool.map(lambda container: container.start(), containers))
            # The first that fails is told at once: the server would wait for a database that has ended.
            for waiting in as_completed([pool.submit(container.wait_ready) for container in containers]):
                waiting.result()
            self._port = self.postgres.published(5432)
        except BaseException:
            self.stop()
            raise
        finally:
            pool.shutdown()
        return self

    def stop(self) -> None:
        """End and remove it all; does nothing to a lane that is to be kept."""
        if self.spec.keep:
            return
        containers = [self.server, *self.nodes, self.postgres]
        with ThreadPoolExecutor(len(containers)) as pool:
            list(pool.map(lambda container: container.stop(), containers))
        with contextlib.suppress(docker.errors.DockerException, AssertionError):
            self.network.remove()

    def __enter__(self) -> Lane:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
