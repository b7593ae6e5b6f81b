"""A release page of the tests' own: answers as GitHub's API does, and misbehaves when told to."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

RELEASES = "/repos/oar-team/oar3/releases"


class Page:
    """Its releases, by tag and Debian release, and how it behaves.

    :ivar mood: ``well``, or how it misbehaves, such as ``truncated`` or ``hanging``.
    :ivar asked: the paths asked for, in order; ``tokens``: their Authorization headers.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.releases: dict[str, dict[str, bytes]] = {}
        self.mood = "well"
        self.digests = False
        self.asked: list[str] = []
        self.tokens: list[str | None] = []
        self.stop = threading.Event()

    def put(self, tag: str, codename: str, archive: bytes) -> None:
        self.releases.setdefault(tag, {})[f"debian-packages.{codename}.tar.gz"] = archive

    def release(self, tag: str) -> dict[str, object]:
        assets = []
        for name, content in self.releases[tag].items():
            asset = {"name": name, "browser_download_url": f"{self.address}/get/{tag}/{name}", "size": len(content)}
            if self.digests:
                asset["digest"] = f"sha256:{hashlib.sha256(b'what was uploaded').hexdigest()}"
            assets.append(asset)
        return {"tag_name": tag, "assets": assets}


def archive(*debs: Path, **others: tarfile.TarInfo) -> bytes:
    """A .tar.gz of .debs as a release has it, and of members that none has."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for deb in debs:
            tar.add(deb, deb.name)
        for member in others.values():
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return stream.getvalue()


@contextmanager
def serving() -> Iterator[Page]:
    """The page, on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def answer(self, status: int, body: bytes = b"", length: int | None = None, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            page.asked.append(self.path)
            page.tokens.append(self.headers.get("Authorization"))
            moods = {
                "hanging": lambda: page.stop.wait(20),
                "limited": lambda: self.answer(403, b"{}", X_RateLimit_Remaining="0"),
                "forbidden": lambda: self.answer(403),
                "too many": lambda: self.answer(429),
                "unauthorised": lambda: self.answer(401),
                "broken": lambda: self.answer(500),
                "nonsense": lambda: self.answer(200, b"<html>"),
                "other json": lambda: self.answer(200, b'{"assets": [3], "tag_name": "3.0.2"}'),
                "traversing": lambda: self.answer(200, b'{"assets": [], "tag_name": "../../3.0"}'),
            }
            if page.mood in moods:
                moods[page.mood]()
            elif self.path.startswith("/get/"):
                # GitHub hands downloads on to another host.
                self.answer(302, Location=self.path.replace("/get/", "/data/"))
            elif self.path.startswith("/data/"):
                _, _, tag, name = self.path.split("/")
                self.data(page.releases[tag][name])
            elif self.path.startswith(RELEASES):
                self.api(self.path.removeprefix(RELEASES))
            else:
                self.answer(404)

        def data(self, content: bytes) -> None:
            if page.mood == "truncated":
                self.answer(200, content[: len(content) // 2], length=len(content))
            elif page.mood == "short":
                self.answer(200, content[: len(content) // 2])
            elif page.mood == "dripping":
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                for start in range(0, len(content), 65536):
                    self.wfile.write(content[start : start + 65536])
                    self.wfile.flush()
                    time.sleep(0.2)
            else:
                self.answer(200, content)

        def api(self, which: str) -> None:
            tag = which.removeprefix("/tags/") if which.startswith("/tags/") else next(reversed(page.releases), "")
            if which.startswith("?"):
                self.answer(200, json.dumps([page.release(each) for each in page.releases]).encode())
            elif tag in page.releases:
                self.answer(200, json.dumps(page.release(tag)).encode())
            else:
                self.answer(404, b'{"message": "Not Found"}')

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    page = Page(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield page
    finally:
        page.stop.set()
        server.shutdown()
        server.server_close()
