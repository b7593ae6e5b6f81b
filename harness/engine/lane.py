"""A lane: a private network with a PostgreSQL container and an OAR server container on it, and nodes if asked for."""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any

import docker.errors
import requests.exceptions
from testcontainers.core.network import Network

from harness.engine import ending
from harness.engine.client import for_testcontainers
from harness.engine.container import LaneContainer
from harness.engine.egress import CLOSED, engine_labels, for_container
from harness.engine.engine_fault import GONE, engine_fault
from harness.engine.limits import limits
from harness.engine.own.namespaces import SUPERVISOR_LABEL
from harness.engine.postgres_access import pg_hba
from harness.engine.secrets_kept import keep_secret

_log = logging.getLogger(__name__)

REST_PORT = 6668
"""Where Debian's virtual host of ``oar-restful-api`` listens."""


@dataclass(frozen=True, slots=True)
class LaneSpec:
    """What a lane is made of.

    :ivar image: tag of the image of PostgreSQL and, unless ``server_image`` says otherwise, of the server.
    :ivar engine: the address of the container engine it lives on (:attr:`~harness.engine.discovery.Engine.url`).
    :ivar labels: given to every container and to the network, for cleaning up.
    :ivar almighty: whether the Almighty runs; without it a listener swallows what is sent to it.
    :ivar clock: where PostgreSQL's clock stands still (``YYYY-mm-dd HH:MM:SS``, libfaketime); empty: it goes on.
    :ivar nodes_read: whether nodes may read the database: ``oarsh`` of OAR 2.5.9 asks ``oarstat`` there.
    :ivar keep: no lease, no removal: for a look around.
    :ivar rest: whether the port of the REST API can be reached from this machine.
    """

    name: str
    image: str
    labels: Mapping[str, str]
    engine: str
    server_image: str = ""
    almighty: bool = True
    clock: str = ""
    nodes: tuple[str, ...] = ()
    nodes_read: bool = False
    keep: bool = False
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Passwords:
    """The passwords of the database's roles, random for each lane."""

    oar: str = field(default_factory=lambda: secrets.token_hex(12))
    oar_ro: str = field(default_factory=lambda: secrets.token_hex(12))
    postgres: str = field(default_factory=lambda: secrets.token_hex(12))

    def __post_init__(self) -> None:
        keep_secret(self.oar, self.oar_ro, self.postgres)

    def lines(self, *, admin: bool = False) -> str:
        """As ``image/lane`` reads them; that of the superuser for PostgreSQL's own container alone."""
        given = {"DB_PASSWORD": self.oar, "DB_PASSWORD_RO": self.oar_ro}
        given |= {"DB_PASSWORD_ADMIN": self.postgres} if admin else {}
        return "".join(f"{name}={value}\n" for name, value in given.items())


def _network(spec: LaneSpec, options: Mapping[str, str]) -> Network:
    with for_testcontainers(spec.engine) as client:
        found = Network(client, {"driver": "bridge", "options": dict(options), "labels": dict(spec.labels)})
    found.name = spec.name
    return found


class Lane:
    """The containers in which one combination lives. A context manager: what it started, it ends."""

    def __init__(self, spec: LaneSpec) -> None:
        self.spec = spec
        self.passwords = Passwords()
        self.network = _network(spec, CLOSED)
        common = {"engine": spec.engine, "network": self.network, "labels": spec.labels, "keep": spec.keep}
        self.postgres = LaneContainer(
            spec.image,
            "postgres",
            name=f"{spec.name}-postgres",
            environment={"FAKETIME_FROM": spec.clock} if spec.clock else {},
            aliases=["db"],
            publish=5432,
            tmpfs={"/pgdata": "size=2g"},
            **common,  # type: ignore[arg-type]
        )
        self.server = LaneContainer(
            spec.server_image or spec.image,
            "server",
            name=f"{spec.name}-server",
            environment={"ALMIGHTY": "yes" if spec.almighty else "no"},
            publish=REST_PORT if spec.rest else None,
            **common,  # type: ignore[arg-type]
        )
        self._by_name = {node: self._node(node) for node in spec.nodes}
        self._info: dict[str, Any] = {}
        self._restarts = 0
        self._port = 0
        self._stopping = threading.Lock()

    @property
    def nodes(self) -> list[LaneContainer]:
        """The nodes that are up."""
        return list(self._by_name.values())

    def _node(self, node: str, suffix: str = "") -> LaneContainer:
        return LaneContainer(
            self.spec.image,
            "node",
            name=f"{self.spec.name}-{node}{suffix}",
            engine=self.spec.engine,
            network=self.network,
            labels=self.spec.labels,
            environment={"READS": "yes"} if self.spec.nodes_read else {},
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
        container.limit(self._limits("node"))
        container.start()
        self._let_read(container)
        container.wait_ready()
        return container

    @contextlib.contextmanager
    def egress(self) -> Iterator[dict[str, str]]:
        """A way to the package mirrors for the server while something is installed in it; at no other time has a lane
        any. Gives the environment that commands need. Raises MachineFault.
        """
        client = self.server.get_docker_client().client
        try:
            with for_container(client, self.server.get_wrapped_container(), self.spec.name) as environment:
                yield environment
        except docker.errors.DockerException as error:
            raise engine_fault(error, self.spec.name) from error

    @property
    def database_port(self) -> int:
        """The port of PostgreSQL on 127.0.0.1."""
        return self._port

    def start(self) -> Lane:
        """Start everything at once and return when PostgreSQL and the Almighty answer; raises MachineFault."""
        ending.check()
        began = time.monotonic()
        self._make_network()
        containers = [self.postgres, self.server, *self.nodes]
        pool = ThreadPoolExecutor(len(containers))
        try:
            for container, role in zip(
                containers, ["postgres", "server", *(["node"] * len(self.nodes))], strict=True
            ):
                container.limit(self._limits(role))
            list(pool.map(lambda container: container.start(), containers))
            self._hand_over()
            # The first that fails is told at once: the server would wait for a database that has ended.
            for waiting in as_completed([pool.submit(container.wait_ready) for container in containers]):
                waiting.result()
            self._port = self.postgres.published(5432)
            _log.info("lane %s is up after %.1f s", self.spec.name, time.monotonic() - began)
        except BaseException as error:
            _log.warning("lane %s did not start: %s", self.spec.name, error)
            self.stop()
            raise
        finally:
            pool.shutdown()
        return self

    def _let_read(self, node: LaneContainer) -> None:
        """Give a node the password of the role that reads."""
        if self.spec.nodes_read:
            node.give({"passwords": f"DB_PASSWORD_RO={self.passwords.oar_ro}\n"})

    def _make_network(self) -> None:
        """A network that leads nowhere; an engine that knows no such option (podman) gets an ordinary one."""
        try:
            try:
                self.network.create()
                _log.debug("network %s made", self.spec.name)
            except docker.errors.APIError as error:
                if "option" not in str(error):
                    raise
                self.network = _network(self.spec, {})
                self.network.create()
        except docker.errors.DockerException as error:
            raise engine_fault(error, self.spec.name) from error

    def _limits(self, role: str) -> dict[str, int]:
        if not self._info:
            try:
                self._info = self.server.get_docker_client().client.info()
            except docker.errors.DockerException as error:
                raise engine_fault(error, self.spec.name) from error
        return limits(role, self._info)

    def _hand_over(self) -> None:
        """Give PostgreSQL and the server the passwords; whoever has no address yet may not use the database."""
        client = self.server.get_docker_client().client
        try:
            subnet = client.networks.get(self.spec.name).attrs["IPAM"]["Config"][0]
            hba = pg_hba(
                [self.server.address(self.spec.name)],
                subnet["Gateway"].partition("/")[0],
                subnet["Subnet"],
                closed=SUPERVISOR_LABEL in engine_labels(self._info),
                nodes_read=self.spec.nodes_read,
            )
            self.postgres.give({"passwords": self.passwords.lines(admin=True), "pg_hba.conf": hba})
            self.server.give({"passwords": self.passwords.lines()})
            for node in self.nodes:
                self._let_read(node)
        except docker.errors.APIError as error:
            # One that has ended already has its last words in its log, which is read next. While it ends, the engine
            # fails with 500, not with a status of its own.
            if error.status_code not in GONE and all(each.runs() for each in (self.postgres, self.server)):
                raise engine_fault(error, self.spec.name) from error
        except docker.errors.DockerException as error:
            raise engine_fault(error, self.spec.name) from error

    def stop(self) -> None:
        """End and remove it all; does nothing to a lane that is to be kept."""
        if self.spec.keep:
            return
        with self._stopping:
            containers = [self.server, *self.nodes, self.postgres]
            with ThreadPoolExecutor(len(containers)) as pool:
                list(pool.map(lambda container: container.stop(), containers))
            with contextlib.suppress(
                docker.errors.DockerException, requests.exceptions.RequestException, AssertionError
            ):
                self.network.remove()
            _log.debug("lane %s is removed", self.spec.name)

    def __enter__(self) -> Lane:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
