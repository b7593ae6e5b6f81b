"""The one way out of the engine's network namespace: an HTTP proxy on its loopback, for builds and pulls.

Its listening socket was made inside the namespace, its own connections start outside: name resolution, routes and a
site's proxy are the machine's own, and no firewall rule of the machine has to change.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import subprocess
from urllib.parse import unquote, urlsplit

_HEAD_LIMIT = 64 * 1024
_CONNECT_SECONDS = 10.0


async def serve_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one proxy client: ``CONNECT host:port``, or one request with an absolute ``http://`` address."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        head = await reader.readuntil(b"\r\n\r\n")
        try:
            await _relay_request(head, reader, writer)
        except (OSError, ValueError, TimeoutError) as error:
            writer.write(f"HTTP/1.1 502 {type(error).__name__}\r\nConnection: close\r\n\r\n{error}\n".encode())
    await _close(writer)


async def _relay_request(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    first, _, rest = head.decode("latin-1").partition("\r\n")
    method, address, version = first.split(" ", 2)
    tunnel = method == "CONNECT"
    target = urlsplit(f"//{address}" if tunnel else address)
    if not target.hostname:
        raise ValueError(f"no host in {address!r}")
    proxy = urlsplit(machine_proxy("https" if tunnel else target.scheme, target.hostname))
    if proxy.hostname:
        upstream, out = await _connect(proxy.hostname, proxy.port or 3128)
        out.write(f"{first}\r\n{_authorization(proxy.username, proxy.password)}{rest}".encode("latin-1"))
    else:
        upstream, out = await _connect(target.hostname, target.port or (443 if tunnel else 80))
        if tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = target._replace(scheme="", netloc="", path=target.path or "/").geturl()
            # One request a connection: the next one may be meant for another host.
            kept = [line for line in rest.split("\r\n") if not line.lower().startswith(("proxy-", "connection:"))]
            out.write("\r\n".join([f"{method} {path} {version}", "Connection: close", *kept]).encode("latin-1"))
    forth = asyncio.create_task(_copy(reader, out))
    try:
        await _copy(upstream, writer)
    finally:
        forth.cancel()
        await _close(out)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_HEAD_LIMIT):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def _connect(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.wait_for(asyncio.open_connection(host, port), _CONNECT_SECONDS)


async def _close(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.close()
        await writer.wait_closed()


def _authorization(user: str | None, password: str | None) -> str:
    if not user:
        return ""
    secret = base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()
    return f"Proxy-Authorization: Basic {secret}\r\n"


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
        with contextlib.suppress(OSError):
            line = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
            value = line.partition("=")[2].strip("'\"")
            found[scheme] = "" if value == "DIRECT" else value
    return found
