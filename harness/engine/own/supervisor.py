"""Keeps our own engine running while a harness process is connected, and ends it after the last one is gone.

Run as ``python -m harness.engine.own.supervisor HOME``, in a session of its own: a terminal's Ctrl-C does not reach
it. Every harness process holds a connection for as long as it lives; the kernel closes it even if that process was
killed. A client reads one JSON line, ``{"url": …}`` or ``{"fault": …}``, and may send ``keep`` (stay when nobody is
connected), ``release`` (stay no longer) or ``stop`` (end now, whoever is connected). ``uplink {…}`` opens a way to
the package mirrors for as long as this connection lasts (``egress_rules.py``) and is answered by a line of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import sys
import time
from pathlib import Path

from docker.errors import DockerException

from harness.engine import egress_rules
from harness.engine.deadline import Deadline
from harness.engine.own import name_server, namespaces, residue
from harness.engine.own.binaries import Binaries, engine_binaries
from harness.engine.own.paths import EnginePaths
from harness.model.fault import Fault, MachineFault

FIRST_GRACE_SECONDS = 5.0
START_SECONDS = 60.0
STOP_SECONDS = 15.0
_PREDECESSOR_SECONDS = 30.0
_PATIENCE_SECONDS = 10.0


class Supervisor:
    """One engine's life: from its first client to its last."""

    def __init__(self, paths: EnginePaths, grace: float) -> None:
        self._paths = paths
        self._grace = grace
        self._clients: set[asyncio.StreamWriter] = set()
        self._kept = False
        self._stop = asyncio.Event()
        self._idle_since = time.monotonic() + FIRST_GRACE_SECONDS - grace
        self._answer: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self._first_pid = 0

    async def live(self, engine: namespaces.Namespaces) -> None:
        """Serve until nobody needs the engine any more, then end it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        ended = asyncio.ensure_future(_ended(engine.pid))
        ended.add_done_callback(lambda _: self._stop.set())
        self._first_pid = engine.pid
        lifeline = await asyncio.start_unix_server(self._serve, str(self._paths.lifeline))
        pulls = await egress_rules.for_dockerd(engine.egress)
        await loop.create_datagram_endpoint(name_server.NoSuchName, sock=engine.names)
        try:
            await self._announce(ended)
            while not self._stop.is_set() and not self._idle():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), 0.2)
        finally:
            self._paths.lifeline.unlink(missing_ok=True)
            lifeline.close()
            pulls.close()
            await self._end(engine.pid, ended)
            for client in self._clients:
                client.close()

    async def _announce(self, ended: asyncio.Future[None]) -> None:
        """Wait until dockerd answers, clear what an earlier life left in its data, and tell the clients."""
        deadline = time.monotonic() + START_SECONDS
        while not ended.done() and time.monotonic() < deadline:
            if await asyncio.to_thread(residue.answers, self._paths.socket):
                # What cannot be removed now is in nobody's way, and is tried again at the end.
                with contextlib.suppress(DockerException, OSError):
                    await asyncio.to_thread(residue.empty_engine, self._paths.url)
                self._answer.set_result({"url": self._paths.url})
                return
            await asyncio.sleep(0.05)
        lines = self._paths.dockerd_log.read_text(errors="replace").splitlines()[-15:]
        what = "dockerd ended at its start" if ended.done() else f"dockerd did not answer in {START_SECONDS:.0f} s"
        self._answer.set_result({"fault": what, "detail": "\n".join(lines)})
        await asyncio.sleep(1.0)
        self._stop.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        opened: list[egress_rules.OpenEgress] = []
        try:
            answer = await asyncio.shield(self._answer)
            writer.write(json.dumps(answer).encode() + b"\n")
            while line := await reader.readline():
                if line == b"stop\n":
                    self._stop.set()
                elif line in (b"keep\n", b"release\n"):
                    self._kept = line == b"keep\n"
                elif line.startswith(b"uplink "):
                    said = await egress_rules.ask(line.removeprefix(b"uplink "), self._first_pid, opened)
                    writer.write(json.dumps(said).encode() + b"\n")
        except OSError:
            pass
        finally:
            for way_out in opened:
                way_out.close()
            self._clients.discard(writer)
            self._idle_since = time.monotonic()
            writer.close()

    def _idle(self) -> bool:
        return not self._kept and not self._clients and time.monotonic() - self._idle_since > self._grace

    async def _end(self, pid: int, ended: asyncio.Future[None]) -> None:
        """Containers first, while there is somebody to unmount them; then dockerd, then whatever is left."""
        if not ended.done():
            with contextlib.suppress(DockerException, OSError, TimeoutError):
                await asyncio.wait_for(asyncio.to_thread(residue.empty_engine, self._paths.url), STOP_SECONDS)
        for number in (signal.SIGTERM, signal.SIGKILL):
            if ended.done():
                return
            os.kill(pid, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(ended), STOP_SECONDS)


async def _ended(pid: int) -> None:
    """Wait for a child of this process, and reap it."""
    gone = asyncio.Event()
    handle = os.pidfd_open(pid)
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, gone.set)
    await gone.wait()
    loop.remove_reader(handle)
    os.close(handle)
    os.waitpid(pid, 0)


def hold_alive(paths: EnginePaths) -> int:
    """Take the lock that every process of an engine holds; one that lingers is killed. Raises MachineFault."""
    descriptor = os.open(paths.alive, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline, kind = Deadline("the end of an earlier engine", _PREDECESSOR_SECONDS), Deadline("it", _PATIENCE_SECONDS)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if deadline.over:
                break
            if kind.over:
                residue.kill_namespaces(paths)
            deadline.pause(0.1)
        else:
            return descriptor
    raise MachineFault("an earlier engine of ours does not end", where=str(paths.alive), remedy="restart the machine")


def main(arguments: list[str]) -> int:
    """Run one engine; the environment's ``OAR_COMPAT_GRACE`` is the grace in seconds (3)."""
    paths = EnginePaths(Path(arguments[0]))
    grace = float(os.environ.get("OAR_COMPAT_GRACE") or 3.0)
    try:
        binaries = engine_binaries(paths.home, lambda line: print(line, flush=True))
        alive = hold_alive(paths)
        try:
            residue.clear(paths)
            paths.runtime.mkdir(parents=True)
            paths.runtime.chmod(0o700)
            engine = namespaces.open_namespaces(paths, _shortened(paths, binaries), alive)
            residue.note_namespaces(paths, engine.pid)
            asyncio.run(_live(paths, grace, engine))
        finally:
            residue.clear(paths)
            namespaces.uncover(paths)
    except Fault as fault:
        print(
            json.dumps({"fault": fault.what, "where": fault.where, "remedy": fault.remedy, "detail": fault.detail}),
            flush=True,
        )
        return int(fault.exit_code)
    return 0


def _shortened(paths: EnginePaths, binaries: Binaries) -> Binaries:
    """The same programs by a short path: iptables reads no more than 255 bytes of XTABLES_LIBDIR."""
    link = paths.runtime / "root"
    link.symlink_to(binaries.root)
    return Binaries(link, binaries.versions)


async def _live(paths: EnginePaths, grace: float, engine: namespaces.Namespaces) -> None:
    await Supervisor(paths, grace).live(engine)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
