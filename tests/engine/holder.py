"""A stand-in for a harness process: uses the engine as told on its command line, prints one JSON line, and waits.

Words: ``container`` runs one on a network of its own with a published port that answers "hello"; ``keep`` lets it
outlive this process.
"""

from __future__ import annotations

import json
import sys

from harness.engine.discovery import find_engine
from harness.engine.owner import labels
from harness.model.fault import MachineFault
from tests.engine.conftest import TINY, tiny_system

SERVE = (
    "use Socket; socket(S,PF_INET,SOCK_STREAM,0); setsockopt(S,SOL_SOCKET,SO_REUSEADDR,1);"
    "bind(S,sockaddr_in(5000,INADDR_ANY)); listen(S,9);"
    'while(accept(C,S)){syswrite C,"hello\n"; close C}'
)


def main(words: list[str]) -> None:
    try:
        engine = find_engine()
    except MachineFault as fault:
        sys.exit(f"{fault}\n{fault.detail}")
    said: dict[str, object] = {"url": engine.url, "version": engine.version}
    if "container" in words:
        client = engine.client()
        if not client.images.list(TINY):
            client.api.import_image_from_data(tiny_system(), repository=TINY.split(":")[0], tag="test")
        network = client.networks.create("oar-compat-test", labels=labels("test"))
        container = client.containers.run(
            TINY,
            ["/usr/bin/perl", "-e", SERVE],
            name="server",
            detach=True,
            network=network.name,
            ports={"5000/tcp": None},
            labels=labels("test"),
            # It has no handler for SIGTERM: dockerd would wait 10 s before it kills.
            stop_signal="SIGKILL",
        )
        container.reload()
        said |= {"container": container.id, "port": int(container.ports["5000/tcp"][0]["HostPort"])}
    if "keep" in words:
        engine.keep()
    print(json.dumps(said), flush=True)
    sys.stdin.readline()
    engine.close()


if __name__ == "__main__":
    main(sys.argv[1:])
