"""The way out of the engine's network namespace: an HTTP proxy, for image builds, installations and pulls.

Its listening sockets are made inside the namespace, its own connections start outside: name resolution, routes and a
site's proxy are the machine's own, and no firewall rule of the machine has to change. ``screen.py`` says where it
leads.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import re
import subprocess
from urllib.parse import SplitResult, unquote, urlsplit

from harness.engine.egress_filter import Refused, Screen

_HEAD_LIMIT = 64 * 1024
_CONNECT_SECONDS = 10.0
_HEAD_SECONDS = 30.0
_CLIENTS = 128
_DROPPED = re.compile(
    r"^(proxy-[^:]*|connection|keep-alive|host|te|upgrade|expect|transfer-encoding|content-length):", re.I
)
_HEADER = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+:")
_PATH = re.compile(r"^[\x21-\x7e]*$")


class EgressProxy:
    """One proxy: what it leads to, and who is being served."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._serving: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client: ``CONNECT host:port``, or one GET or HEAD with an absolute ``http://`` address."""
        if len(self._serving) >= _CLIENTS:
            writer.close()
            return
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    def close(self) -> None:
        """End every connection."""
        for task in self._serving:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEAD_SECONDS)
                try:
                    await self._relay(head.decode("latin-1"), reader, writer)
                except Refused as refusal:
                    writer.write(_answer("403 Refused", refusal))
                except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError) as error:
                    writer.write(_answer(f"502 {type(error).__name__}", error))
        finally:
            await _close(writer)

    async def _relay(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, _, rest = head.partition("\r\n")
        method, address, _ = first.split(" ", 2)
        tunnel = method == "CONNECT"
        target, port = _target(address, tunnel=tunnel)
        if not tunnel and method not in ("GET", "HEAD"):
            raise Refused(f"only CONNECT, GET and HEAD, no {method}")
        host = target.hostname or ""
        proxy = urlsplit(machine_proxy("https" if tunnel else "http", host))
        if proxy.hostname:
            # The site's proxy resolves and connects, so the name is all that can be judged.
            self._screen.check_name(host, port)
            upstream, out = await _open(proxy.hostname, proxy.port or 3128)
        else:
            upstream, out = await self._connect(host, port)
        try:
            if tunnel:
                if proxy.hostname:
                    out.write(_head(f"CONNECT {_name(host)}:{port} HTTP/1.1", f"{_name(host)}:{port}", proxy, []))
                    await _accepted(upstream)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await _both(reader, writer, upstream, out)
            else:
                path = target._replace(scheme="", netloc="", path=target.path or "/", fragment="").geturl()
                where = _name(host) if port == 80 else f"{_name(host)}:{port}"
                asked = f"http://{where}{path}" if proxy.hostname else path
                out.write(_head(f"{method} {asked} HTTP/1.1", where, proxy, rest.split("\r\n")))
                # Nothing more of the client's goes out: what follows could be a request for another host.
                await _copy(upstream, writer)
        finally:
            await _close(out)

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        error: Exception = OSError("no address")
        for address in await self._screen.addresses(host, port):
            try:
                return await _open(address, port)
            except (OSError, TimeoutError) as failed:
                error = failed
        raise error


def _target(address: str, *, tunnel: bool) -> tuple[SplitResult, int]:
    target = urlsplit(f"//{address}" if tunnel else address)
    if not target.hostname or not _PATH.match(address) or (not tunnel and target.scheme != "http"):
        raise ValueError(f"no host in {address[:200]!r}")
    return target, target.port or (443 if tunnel else 80)


def _name(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _head(first: str, host: str, proxy: SplitResult, headers: list[str]) -> bytes:
    """A request's head: its first line and ``Host`` are ours, so that they name what was judged."""
    kept = [line for line in headers if _HEADER.match(line) and not _DROPPED.match(line)]
    close = [] if first.startswith("CONNECT") else ["Connection: close"]
    lines = [first, f"Host: {host}", *_authorization(proxy.username, proxy.password), *close, *kept]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _accepted(upstream: asyncio.StreamReader) -> None:
    """Wait for a proxy's consent. Until then nothing is passed on: refused, it would take another request."""
    answer = await asyncio.wait_for(upstream.readuntil(b"\r\n\r\n"), _HEAD_SECONDS)
    words = answer.decode("latin-1").partition("\r\n")[0].split(" ", 2)
    if len(words) < 2 or not re.fullmatch(r"2\d\d", words[1]):
        raise OSError(f"the proxy answers {' '.join(words[1:])[:100]}")


async def _both(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upstream: asyncio.StreamReader,
    out: asyncio.StreamWriter,
) -> None:
    forth = asyncio.create_task(_copy(reader, out))
    try:
        await _copy(upstream, writer)
    finally:
        forth.cancel()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_HEAD_LIMIT):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def _open(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.wait_for(asyncio.open_connection(host, port), _CONNECT_SECONDS)


async def _close(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.close()
        await writer.wait_closed()


def _answer(status: str, error: Exception) -> bytes:
    return f"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n{error}\n".encode()


def _authorization(user: str | None, password: str | None) -> list[str]:
    if not user:
        return []
    secret = base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()
    return [f"Proxy-Authorization: Basic {secret}"]


def machine_proxy(scheme: str, host: str) -> str:
    """The proxy this machine uses for a host (environment first, then apt's own); empty for none."""
    refused = (os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "").split(",")
    names = [name.strip().lstrip(".") for name in refused if name.strip()]
    if any(name in ("*", host) or host.endswith("." + name) for name in names):
        return ""
    named = os.environ.get(f"{scheme}_proxy") or os.environ.get(f"{scheme.upper()}_PROXY")
    return named or _apt_proxies().get(scheme, "")


def _apt_proxies() -> dict[str, str]:
    found = {}
    for scheme in ("http", "https"):
        command = ["apt-config", "shell", "proxy", f"Acquire::{scheme}::Proxy"]
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            line = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout.strip()
            value = line.partition("=")[2].strip("'\"")
            found[scheme] = "" if value == "DIRECT" else value
    return found
