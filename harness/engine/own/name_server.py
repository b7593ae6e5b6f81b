"""The name server of our engine's namespaces: it knows no name, and says so at once.

dockerd answers for containers' names itself and asks this one for all others. Without it every look-up of a name from
outside (sudo, sshd, psql do some) would wait 20 s, as the namespaces have no way to a real one.
"""

from __future__ import annotations

import asyncio
from typing import cast

_HEADER = 12
_RESPONSE_NO_SUCH_NAME = 0x8083


class NoSuchName(asyncio.DatagramProtocol):
    """Answers every question with "no such name"."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not an instance of it in Python 3.11, though it behaves as one.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = no_such_name(data)
        if answer:
            self._transport.sendto(answer, addr)


def no_such_name(question: bytes) -> bytes:
    """The answer to one DNS question (RFC 1035): its id and question, and NXDOMAIN; empty if it is none."""
    if len(question) < _HEADER or question[2] & 0x80:
        return b""
    end = _HEADER
    while end < len(question) and question[end]:
        end += question[end] + 1
    end += 5
    if end > len(question):
        return b""
    recursion = (question[2] & 0x01) << 8
    flags = (_RESPONSE_NO_SUCH_NAME | recursion).to_bytes(2, "big")
    counts = bytes([0, 1, 0, 0, 0, 0, 0, 0])
    return question[:2] + flags + counts + question[_HEADER:end]
