"""The ways out of our engine's network namespace: for whom, to which hosts, and for how long.

dockerd's own pulls have one on the namespace's loopback, on which no container is. An image build or an installation
is given one, by the supervisor, at the gateway of its network, for its own address alone and while it asks for it.
Lanes have none.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from harness.engine.egress_filter import Host, Screen
from harness.engine.own import namespaces
from harness.engine.own.egress_proxy import EgressProxy
from harness.engine.package_hosts import machine_hosts
from harness.model.fault import MachineFault

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class OpenEgress:
    """A proxy that listens, with what it serves."""

    server: asyncio.Server
    proxy: EgressProxy

    def close(self) -> None:
        """Listen no more, and end every connection."""
        self.server.close()
        self.proxy.close()


async def for_dockerd(listener: socket.socket) -> OpenEgress:
    """dockerd pulls from any public registry."""
    screen = Screen((), public=True)
    proxy = EgressProxy(screen)
    return OpenEgress(await asyncio.start_server(proxy.accept, sock=listener), proxy)


async def ask(request: bytes, pid: int, opened: list[OpenEgress]) -> dict[str, str]:
    """Open a way out as asked, and add it to ``opened``; the answer has its address, or the fault.

    :param request: JSON: ``gateway``, ``peer`` (an address or a network: who is served), ``hosts`` (where it leads).
    :param pid: a process of its namespaces.
    """
    try:
        asked = json.loads(request)
        peer = ipaddress.ip_network(asked["peer"])
        screen = Screen([(str(host), int(port)) for host, port in asked["hosts"]])
        listener = namespaces.listen_inside(pid, str(ipaddress.ip_address(asked["gateway"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        return {"fault": f"no way to the package mirrors: {error}"}

    screen.note()
    proxy = EgressProxy(screen)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if ipaddress.ip_address(writer.get_extra_info("peername")[0]) in peer:
            proxy.accept(reader, writer)
        else:
            writer.close()

    address, port = listener.getsockname()[:2]
    opened.append(OpenEgress(await asyncio.start_server(accept, sock=listener), proxy))
    return {"uplink": f"http://{address}:{port}"}


@contextlib.contextmanager
def opened(supervisor: str, gateway: str, peer: str, hosts: frozenset[Host]) -> Iterator[str]:
    """From a harness process: a way out while the context lasts; yields the proxy's address. Raises MachineFault.

    :param supervisor: the supervisor's socket.
    :param hosts: those of the image's own apt sources, beside the machine's. For the others, see :func:`ask`.
    """
    asked = json.dumps({"gateway": gateway, "peer": peer, "hosts": sorted({*machine_hosts(), *hosts})})
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.settimeout(_SECONDS)
            line.connect(supervisor)
            answers = line.makefile("rb")
            answers.readline()
            line.sendall(f"uplink {asked}\n".encode())
            answer = json.loads(answers.readline() or b"{}")
        except (OSError, ValueError) as error:
            raise MachineFault(f"its supervisor does not answer: {error}", where="own engine") from error
        if "uplink" not in answer:
            raise MachineFault(
                answer.get("fault", "its supervisor ended"),
                where="own engine",
                remedy="run again, or see docs/security.md",
            )
        yield answer["uplink"]
