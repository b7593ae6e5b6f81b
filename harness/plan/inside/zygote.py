"""Keeps a Python program's modules loaded: ``zygote.py SOCKET PROGRAM MODULES``; each connection asks for one run.

The protocol is that of ``Zygote.pm``. What the program reads from its configuration while it is imported must be as
if it had just been started, so its own modules are imported by a process forked for each text of oar.conf, which is
kept for the next round with the same text; what they import from elsewhere is loaded once for all.
"""

import atexit
import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
import traceback
from collections import OrderedDict
from pathlib import Path
from types import CodeType
from typing import Any

_KEPT = 6
"""Texts of oar.conf for which a process is kept."""

_LONGEST = 1 << 17
"""Bytes of a request."""

_CLIENTS = ("sqlalchemy.dialects.postgresql.psycopg2", "psycopg2.extras", "psycopg2.extensions")
"""Modules that are loaded only when a database is connected to."""


def receive(connection: socket.socket) -> bytes:
    """A request's text; as much of it as came if the one who asked is gone."""
    text = b""
    while not text.endswith(b"\0\0"):
        chunk = connection.recv(65536)
        if not chunk:
            break
        text += chunk
    return text


class Request:
    """One run: where its output goes, and its arguments and environment."""

    def __init__(self, text: bytes) -> None:
        out, err, folder, count, *rest = (
            field.decode("utf-8", "surrogateescape") for field in text[:-2].split(b"\0")
        )
        self.out, self.err, self.folder = out, err, folder
        self.argv = rest[: int(count)]
        self.environment = dict(entry.split("=", 1) for entry in rest[int(count) :])


def load_others(modules: list[str], own: tuple[str, ...]) -> None:
    """Import what the program's modules import from elsewhere, and nothing of its own: known from a trial import."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        with contextlib.suppress(BaseException):
            for name in modules:
                importlib.import_module(name)
        names = [name for name in sys.modules if name.partition(".")[0] not in own]
        os.write(writing, "\n".join(names).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as found:
        names = found.read().split()
    os.wait()
    for name in [*names, *_CLIENTS]:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def keep(requests: socket.socket, program: str, code: CodeType, modules: list[str], conf: str) -> None:
    """What a process for one text of oar.conf does: import the program's modules, then run it as often as asked."""
    os.environ["OARCONFFILE"] = conf
    with contextlib.suppress(Exception):  # it will fail again, and be seen, in the round
        for name in modules:
            importlib.import_module(name)
    gc.freeze()
    while True:
        text, descriptors, _, _ = socket.recv_fds(requests, _LONGEST, 1)
        if not descriptors:
            os._exit(0)
        with socket.socket(fileno=descriptors[0]) as connection:
            if os.fork() == 0:
                requests.close()
                supervise(connection, Request(text), program, code)
                os._exit(0)


def supervise(connection: socket.socket, request: Request, program: str, code: CodeType) -> None:
    """Let a child run the program; tell how it ended; end it if the one who asked is gone."""
    ended, ending = os.pipe()
    os.set_blocking(ending, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ending)
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        connection.close()
        os.close(ended)
        os.close(ending)
        run(request, program, code)
    ready, _, _ = select.select([connection.fileno(), ended], [], [])
    if ended not in ready:
        os.killpg(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    connection.sendall(b"%d\n" % status)


def run(request: Request, program: str, code: CodeType) -> None:
    """Become the program: never returns."""
    os.setpgid(0, 0)
    os.chdir(request.folder)
    for path, target, flags in (
        (os.devnull, 0, os.O_RDONLY),
        (request.out, 1, os.O_WRONLY | os.O_APPEND | os.O_CREAT),
        (request.err, 2, os.O_WRONLY | os.O_APPEND | os.O_CREAT),
    ):
        opened = os.open(path, flags, 0o644)
        os.dup2(opened, target)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request.environment)
    sys.argv = [program, *request.argv]
    status = 0
    try:
        names: dict[str, Any] = {"__name__": "__main__", "__file__": program, "__builtins__": __builtins__}
        sys.modules["__main__"].__dict__.update(names)
        exec(code, sys.modules["__main__"].__dict__)
    except SystemExit as end:
        if end.code is not None and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        within = error.__traceback__.tb_next if error.__traceback__ else None
        traceback.print_exception(type(error), error, within)
        status = 1
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status & 255)


def main() -> None:
    """Serve connections: each goes to the process of its oar.conf."""
    path, program, *modules = sys.argv[1:]
    own = tuple({name.partition(".")[0] for name in modules})
    load_others(modules, own)
    code = compile(Path(program).read_text(), program, "exec")
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{path}.new")
    listener.listen(64)
    Path(f"{path}.new").rename(path)
    kept: OrderedDict[tuple[str, str], socket.socket] = OrderedDict()
    while True:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            text = receive(connection)
            conf = Request(text).environment["OARCONFFILE"]
            key = (conf, Path(conf).read_text())
            if key not in kept:
                ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                if os.fork() == 0:
                    for other in (listener, ours, connection, *kept.values()):
                        other.close()
                    keep(theirs, program, code, modules, conf)
                theirs.close()
                kept[key] = ours
            kept.move_to_end(key)
            socket.send_fds(kept[key], [text], [connection.fileno()])
            if len(kept) > _KEPT:
                kept.popitem(last=False)[1].close()


if __name__ == "__main__":
    main()
