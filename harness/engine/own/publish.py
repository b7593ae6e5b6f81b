"""What dockerd runs in place of docker-proxy: a published port listens on the machine's loopback, not the engine's.

dockerd calls it with ``-proto tcp -host-ip … -host-port … -container-ip … -container-port …`` and reads "0\\n", or
"1\\n" and a reason, from its file descriptor 3. Run as a plain script (python -I -S): it starts once a port, so it
must start quickly, and imports nothing of ours.
"""

import contextlib
import ctypes
import itertools
import os
import signal
import socket
import sys
import threading

_NEW_NET = 0x40000000


def _listen(port: int, host_namespace: str) -> socket.socket:
    """Bind on the machine's loopback; connections made later start from this namespace, where the containers are."""
    inside = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    outside = os.open(host_namespace, os.O_RDONLY | os.O_CLOEXEC)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if libc.setns(outside, _NEW_NET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            return socket.create_server(("127.0.0.1", port), backlog=128)
        finally:
            if libc.setns(inside, _NEW_NET):
                os._exit(1)
    finally:
        os.close(inside)
        os.close(outside)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _serve(client: socket.socket, address: tuple[str, int]) -> None:
    with client:
        try:
            server = socket.create_connection(address)
        except OSError:
            return
        with server:
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join()


def main(arguments: list[str]) -> None:
    """Publish one port until SIGINT or SIGTERM; ``arguments``: the host's namespace file, then dockerd's own."""
    told = dict(itertools.pairwise(arguments))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    try:
        if told["-proto"] != "tcp":
            raise OSError("only tcp ports can be published")
        # IPv6 would ask for the same loopback port once more: accepted, and left to its IPv4 twin.
        listener = None if ":" in told["-host-ip"] else _listen(int(told["-host-port"]), arguments[0])
    except (OSError, KeyError, ValueError) as error:
        os.write(3, f"1\n{error}".encode())
        sys.exit(1)
    os.write(3, b"0\n")
    os.close(3)
    address = (told["-container-ip"], int(told["-container-port"]))
    while listener is None:
        signal.pause()
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_serve, args=(client, address), daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1:])
