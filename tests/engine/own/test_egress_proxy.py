"""The way out of our engine's namespaces: an HTTP proxy that leads to the package mirrors and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from harness.engine.egress_filter import Screen
from harness.engine.own import egress_proxy
from harness.engine.own.egress_proxy import EgressProxy

Site = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(egress_proxy, "_apt_proxies", dict)


async def _site(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers any request with the head it was sent, and with what else comes before it has answered."""
    head = await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(0.1)
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + head + bytes(reader._buffer))  # type: ignore[attr-defined]
    await writer.drain()
    writer.close()


def _ask(request: str, *, listed: bool = True, site: Site = _site, proxy: str = "") -> str:
    """The answer to a request; ``PORT`` in it is the site's, which is a mirror if ``listed``."""

    async def ask() -> str:
        serving = await asyncio.start_server(site, "127.0.0.1", 0)
        port = serving.sockets[0].getsockname()[1]
        hosts = [("127.0.0.1", port), ("mirror.invalid", 80), ("mirror.invalid", 443)] if listed else []
        with pytest.MonkeyPatch.context() as patch:
            if proxy:
                for scheme in ("http", "https"):
                    patch.setenv(f"{scheme}_proxy", proxy.replace("PORT", str(port)))
            serving = EgressProxy(Screen(hosts))
            server = await asyncio.start_server(serving.accept, "127.0.0.1", 0)
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(request.replace("PORT", str(port)).encode())
            answer = (await asyncio.wait_for(reader.read(), 10)).decode()
            writer.close()
            serving.close()
        for each in (serving, server):
            each.close()
        return answer.replace(str(port), "PORT")

    return asyncio.run(ask())


def test_a_plain_request_reaches_the_mirror_with_its_path_only() -> None:
    answer = _ask("GET http://127.0.0.1:PORT/a/b?c=1 HTTP/1.1\r\nHost: x\r\nAccept: y\r\nProxy-A: z\r\n\r\n")
    assert answer.endswith("GET /a/b?c=1 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\nAccept: y\r\n\r\n")


def test_connect_makes_a_tunnel() -> None:
    answer = _ask("CONNECT 127.0.0.1:PORT HTTP/1.1\r\n\r\nGET /inside HTTP/1.1\r\n\r\n")
    assert answer.startswith("HTTP/1.1 200 Connection established\r\n\r\n")
    assert answer.endswith("GET /inside HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    "request_",
    [
        "CONNECT 127.0.0.1:PORT HTTP/1.1\r\n\r\n",
        "CONNECT localhost:PORT HTTP/1.1\r\n\r\n",
        "CONNECT [::ffff:127.0.0.1]:PORT HTTP/1.1\r\n\r\n",
        "CONNECT mirror.invalid@127.0.0.1:PORT HTTP/1.1\r\n\r\n",
        "GET http://127.0.0.1:PORT/ HTTP/1.1\r\n\r\n",
        "GET http://mirror.invalid@127.0.0.1:PORT/ HTTP/1.1\r\nHost: mirror.invalid\r\n\r\n",
        "GET http://2130706433:PORT/ HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_mirror_is_refused(request_: str) -> None:
    assert _ask(request_, listed=False).startswith("HTTP/1.1 403 Refused")


def test_a_mirror_is_one_at_its_port_alone() -> None:
    assert _ask("CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 403 Refused")


def test_only_what_fetches_is_passed_on() -> None:
    assert _ask("POST http://127.0.0.1:PORT/ HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 403 Refused")


def test_a_site_that_does_not_answer_is_a_502() -> None:
    async def dead(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    assert _ask("GET / HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 502 ValueError")
    assert _ask("GET http://mirror.invalid/ HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 502 gaierror")
    assert _ask("CONNECT mirror.invalid:443 HTTP/1.1\r\n\r\n", site=dead, proxy="http://127.0.0.1:PORT").startswith(
        "HTTP/1.1 502 IncompleteReadError"
    )


def test_a_proxy_of_the_machine_is_asked_for_mirrors_only() -> None:
    proxy = "http://me:p%40ss@127.0.0.1:PORT"
    answer = _ask("GET http://mirror.invalid/x HTTP/1.1\r\nHost: inner.invalid\r\n\r\n", proxy=proxy)
    assert "GET http://mirror.invalid/x HTTP/1.1\r\nHost: mirror.invalid\r\n" in answer
    assert "Proxy-Authorization: Basic bWU6cEBzcw==\r\n" in answer
    assert "inner.invalid" not in answer
    refused = _ask("GET http://inner.invalid/x HTTP/1.1\r\n\r\n", proxy=proxy)
    assert refused.startswith("HTTP/1.1 403 Refused")


def test_a_second_request_does_not_slip_through_to_the_proxy_of_the_machine() -> None:
    second = "GET http://inner.invalid/ HTTP/1.1\r\n\r\n"
    answer = _ask(f"GET http://mirror.invalid/x HTTP/1.1\r\n\r\n{second}", proxy="http://127.0.0.1:PORT")
    assert "mirror.invalid/x" in answer
    assert "inner.invalid" not in answer


def test_a_proxy_that_refuses_a_tunnel_gets_nothing_more() -> None:
    seen: list[bytes] = []

    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        seen.append(await reader.read())
        writer.close()

    second = "CONNECT inner.invalid:443 HTTP/1.1\r\n\r\n"
    answer = _ask(f"CONNECT mirror.invalid:443 HTTP/1.1\r\n\r\n{second}", site=refuses, proxy="http://127.0.0.1:PORT")
    assert answer.startswith("HTTP/1.1 502 OSError")
    assert "inner.invalid" not in b"".join(seen).decode()


def test_no_proxy_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:8080")
    monkeypatch.setenv("no_proxy", "localhost, .inside.invalid")
    assert egress_proxy.machine_proxy("http", "mirror.inside.invalid") == ""
    assert egress_proxy.machine_proxy("http", "mirror.outside.invalid") == "http://proxy.invalid:8080"
