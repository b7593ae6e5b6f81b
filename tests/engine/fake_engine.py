"""A unix socket that answers like a container engine, as far as finding one asks."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any


def _handler(version: str, api: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.rsplit("/", 1)[-1].partition("?")[0]
            answers: dict[str, Any] = {
                "_ping": "OK",
                "version": {"Version": version, "ApiVersion": api, "MinAPIVersion": "1.12"},
                "info": {"Driver": "overlay2", "Labels": []},
                "volumes": {"Volumes": []},
            }
            body = json.dumps(answers.get(path, [])).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "unix"

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def fake_engine(path: Path, *, version: str = "27.0", api: str = "1.44") -> Iterator[str]:
    """Serve on a path while the context lasts; gives its address."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with socketserver.ThreadingUnixStreamServer(str(path), _handler(version, api)) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"unix://{path}"
        server.shutdown()
