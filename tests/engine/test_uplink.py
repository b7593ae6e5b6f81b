"""The way out of the cell: an HTTP proxy."""

from __future__ import annotations

import asyncio

import pytest

from harness.engine import uplink


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(uplink, "_apt_proxies", dict)


async def _site(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers any request with the head it was sent."""
    head = await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + head)
    await writer.drain()
    writer.close()


def _ask(request: str) -> str:
    async def ask() -> str:
        site = await asyncio.start_server(_site, "127.0.0.1", 0)
        port = site.sockets[0].getsockname()[1]
        proxy = await asyncio.start_server(uplink.serve_client, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*proxy.sockets[0].getsockname())
        writer.write(request.format(port=port).encode())
        answer = (await asyncio.wait_for(reader.read(), 5)).decode()
        writer.close()
        site.close()
        proxy.close()
        return answer.replace(str(port), "PORT")

    return asyncio.run(ask())


def test_a_plain_request_reaches_the_site_with_its_path_only() -> None:
    answer = _ask("GET http://127.0.0.1:{port}/a/b?c=1 HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n\r\n")
    assert answer.endswith("GET /a/b?c=1 HTTP/1.1\r\nConnection: close\r\nHost: x\r\n\r\n")


def test_connect_makes_a_tunnel() -> None:
    answer = _ask("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\nGET /inside HTTP/1.1\r\n\r\n")
    assert answer.startswith("HTTP/1.1 200 Connection established\r\n\r\n")
    assert answer.endswith("GET /inside HTTP/1.1\r\n\r\n")


def test_a_site_that_refuses_is_a_502() -> None:
    assert _ask("GET http://127.0.0.1:1/ HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 502 ConnectionRefusedError")
    assert _ask("GET / HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 502 ValueError")


def test_a_proxy_of_the_machine_gets_the_request_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> bytes:
        upper = await asyncio.start_server(_site, "127.0.0.1", 0)
        port = upper.sockets[0].getsockname()[1]
        monkeypatch.setenv("http_proxy", f"http://me:p%40ss@127.0.0.1:{port}")
        proxy = await asyncio.start_server(uplink.serve_client, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*proxy.sockets[0].getsockname())
        writer.write(b"GET http://mirror.invalid/x HTTP/1.1\r\nHost: mirror.invalid\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        upper.close()
        proxy.close()
        return answer

    answer = asyncio.run(ask()).decode()
    assert "GET http://mirror.invalid/x HTTP/1.1\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n" in answer


def test_no_proxy_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:8080")
    monkeypatch.setenv("no_proxy", "localhost, .inside.invalid")
    assert uplink.machine_proxy("http", "mirror.inside.invalid") == ""
    assert uplink.machine_proxy("http", "mirror.outside.invalid") == "http://proxy.invalid:8080"
