"""Which hosts the egress proxy leads to, and at which addresses: the package mirrors, and nothing on this machine.

A name is resolved here, and the connection goes to the very address that was looked at: an answer that changes
between two look-ups leads nowhere else.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Host = tuple[str, int]
"""A host's name or address, in lower case, and a port."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOOPBACK_NAMES = ("localhost", "ip6-localhost", "ip6-loopback")


class Refused(ValueError):
    """The egress proxy does not lead there."""


class Screen:
    """Judges where a client of the egress proxy may go.

    A mirror may have a private address, as on a site's own network. Whether it has is noted when the screen is made:
    one that was public by then is not followed to a private address later. Loopback and link-local addresses are
    refused unless the mirror is configured by such an address, or as ``localhost``.

    :param hosts: the mirrors.
    :param public: whether any other host is allowed too, at public addresses alone.
    """

    def __init__(self, hosts: Iterable[Host], *, public: bool = False) -> None:
        self._hosts = {(plain(host), port) for host, port in hosts}
        self._public = public
        self._private: set[str] = set()
        self._noted: asyncio.Task[None] | None = None

    def note(self) -> None:
        """Begin to look up the mirrors; call it in a running loop."""
        self._noted = asyncio.ensure_future(self._note())

    async def _note(self) -> None:
        names = sorted({host for host, _ in self._hosts})
        found = await asyncio.gather(*(_resolve(host, 80) for host in names), return_exceptions=True)
        for host, addresses in zip(names, found, strict=True):
            if not isinstance(addresses, BaseException) and not all(map(is_public, addresses)):
                self._private.add(host)

    def check_name(self, host: str, port: int) -> None:
        """Raise Refused unless the host is allowed by its name; enough only where a proxy of the site connects."""
        host = plain(host)
        if (host, port) in self._hosts:
            return
        literal = _literal(host)
        near = host in _LOOPBACK_NAMES or host.endswith(".localhost") or (literal and not is_public(literal))
        if not self._public or near:
            raise Refused(f"{host}:{port} is no package mirror of this machine")

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses to connect to, each looked at. Raises Refused; OSError if there is no such name."""
        host = plain(host)
        self.check_name(host, port)
        if self._noted is None:
            self.note()
        assert self._noted is not None
        await self._noted
        listed = (host, port) in self._hosts
        found = await _resolve(host, port)
        good = [str(address) for address in found if self._allowed(host, address, listed=listed)]
        if not good:
            raise Refused(f"{host} is {', '.join(map(str, found))}: no address that the egress proxy leads to")
        return good

    def _allowed(self, host: str, address: IPAddress, *, listed: bool) -> bool:
        if any(inner.is_unspecified or inner.is_multicast for inner in _within(address)):
            return False
        if any(inner.is_loopback or inner.is_link_local for inner in _within(address)):
            return listed and (host in _LOOPBACK_NAMES or _literal(host) == address)
        return is_public(address) or (listed and host in self._private)


def plain(host: str) -> str:
    """A host as it is compared."""
    return host.strip("[]").rstrip(".").lower()


def is_public(address: IPAddress) -> bool:
    """Whether it is one of the internet, and not this machine's own."""
    return all(inner.is_global and not inner.is_multicast for inner in _within(address)) and not _is_own(address)


def _within(address: IPAddress) -> list[IPAddress]:
    """The address, and the version 4 address that it stands for where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    inner = address.ipv4_mapped or address.sixtofour
    if address in _NAT64:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    return [address, *([inner] if inner else [])]


def _is_own(address: IPAddress) -> bool:
    """Whether this machine has the address itself: what would be sent there would be sent from there."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as channel:
            channel.connect((str(address), 9))
            return ipaddress.ip_address(channel.getsockname()[0].partition("%")[0]) == address
    except OSError:
        return False


def _literal(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


async def _resolve(host: str, port: int) -> list[IPAddress]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ipaddress.ip_address(text) for text in texts]
