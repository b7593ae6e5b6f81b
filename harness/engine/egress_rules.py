"""The doors of the cell's network: where it leads out, for whom, to which hosts, and for how long.

dockerd's own pulls have one on the cell's loopback, on which no container is. An image build or an installation is
given one, by the keeper, at the gateway of its network, for its own address alone and while it asks for it. Lanes
have none.
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
from harness.engine.own.egress_proxy import Uplink
from harness.engine.package_hosts import machine_hosts
from harness.model.fault import MachineFault

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Door:
    """A proxy that listens, with what it serves."""

    server: asyncio.Server
    uplink: Uplink

    def close(self) -> None:
        """Listen no more, and end every connection."""
        self.server.close()
        self.uplink.close()


async def for_dockerd(listener: socket.socket) -> Door:
    """dockerd pulls from any public registry."""
    screen = Screen((), public=True)
    uplink = Uplink(screen)
    return Door(await asyncio.start_server(uplink.accept, sock=listener), uplink)


async def ask(request: bytes, pid: int, opened: list[Door]) -> dict[str, str]:
    """Open a door as asked, and add it to ``opened``; the answer has its address, or the fault.

    :param request: JSON: ``gateway``, ``peer`` (an address or a network: who is served), ``hosts`` (where it leads).
    :param pid: a process of the cell.
    """
    try:
        asked = json.loads(request)
        peer = ipaddress.ip_network(asked["peer"])
        screen = Screen([(str(host), int(port)) for host, port in asked["hosts"]])
        listener = namespaces.listen_inside(pid, str(ipaddress.ip_address(asked["gateway"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        return {"fault": f"no way to the package mirrors: {error}"}

    screen.note()
    uplink = Uplink(screen)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if ipaddress.ip_address(writer.get_extra_info("peername")[0]) in peer:
            uplink.accept(reader, writer)
        else:
            writer.close()

    address, port = listener.getsockname()[:2]
    opened.append(Door(await asyncio.start_server(accept, sock=listener), uplink))
    return {"uplink": f"http://{address}:{port}"}


@contextlib.contextmanager
def opened(keeper: str, gateway: str, peer: str, hosts: frozenset[Host]) -> Iterator[str]:
    """From a harness process: a door while the context lasts; gives the proxy's address. Raises MachineFault.

    :param keeper: the keeper's socket.
    :param hosts: those of the image's own apt sources, beside the machine's. For the others, see :func:`ask`.
    """
    asked = json.dumps({"gateway": gateway, "peer": peer, "hosts": sorted({*machine_hosts(), *hosts})})
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.settimeout(_SECONDS)
            line.connect(keeper)
            answers = line.makefile("rb")
            answers.readline()
            line.sendall(f"uplink {asked}\n".encode())
            answer = json.loads(answers.readline() or b"{}")
        except (OSError, ValueError) as error:
            raise MachineFault(f"its keeper does not answer: {error}", where="own engine") from error
        if "uplink" not in answer:
            raise MachineFault(
                answer.get("fault", "its keeper ended"),
                where="own engine",
                remedy="run again, or see docs/security.md",
            )
        yield answer["uplink"]
