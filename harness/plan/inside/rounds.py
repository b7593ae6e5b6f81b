"""Runs rounds for the harness: a request a line on standard input, an answer a line on standard output.

``rounds.py FOLDER MEMORY``: FOLDER is this runner's own; no process may have more than MEMORY bytes of address space.

Request: {"id", "program", "schedulers", "conf", "limit", "warm"}: a program of OARDIR, those of its ``schedulers``
that the queues name, the whole oar.conf that they are to have, seconds, and whether they may have been loaded before.

Answer: {"id", "code", "late", "out", "err", "log", "seconds", "cold", "sent"}: exit code (negative: the signal),
whether it was ended at its limit, outputs, OAR's log of the round, the programs that could not be kept warm, and the
lines that it sent to the Almighty, whose port is one of this runner's own.

It runs as the user oar, one round at a time, and ends when its input ends. OARDIR is a folder of links to the
installed programs; among its ``schedulers``, ``launch`` has each run by the process that keeps it compiled.
"""

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_OAR = Path("/usr/lib/oar")
_START = 30.0
"""Seconds a program may take to be loaded."""
_HEARD = 10.0
"""Seconds that what a round sent may take to arrive."""
_PORT = re.compile(r"^[ \t]*SERVER_PORT[ \t]*=.*$", re.M)

_READ_AT_LOAD = re.compile(
    r"^\s*(?:LOG_\w+|MAIL_RECIPIENT|INSTANCE_NAME|OPENSSH_CMD|OAR_SSH_CONNECTION_TIMEOUT|SERVER_\w+)\s*=.*", re.M
)
"""Keys of oar.conf that OAR2's modules read while they are loaded (``OAR::Modules::Judas``, ``…::Hulot``)."""


class Warm:
    """The programs that are kept compiled, each started when it is first asked for."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._environment = environment
        self.cold: set[str] = set()
        self._started: dict[str, tuple[subprocess.Popen[bytes], tuple[object, ...]]] = {}
        self._conf: tuple[str, ...] = ()

    def socket(self, program: Path) -> Path | None:
        """Where the program can be asked for; None if it cannot be kept warm."""
        path = self.folder / f"{program.name}.sock"
        changed = (program.stat().st_mtime_ns, self._conf)
        process, loaded = self._started.get(program.name, (None, ()))
        if process is not None:
            if process.poll() is None and loaded == changed:
                return path
            process.kill()
        path.unlink(missing_ok=True)
        command = _keeper(program, path)
        if not command:
            self.cold.add(program.name)
            return None
        with (self.folder / f"{program.name}.err").open("w") as errors:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, cwd="/", env=self._environment
            )
        self._started[program.name] = (process, changed)
        deadline = time.monotonic() + _START
        while not path.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                self.cold.add(program.name)
                return None
            time.sleep(0.005)
        return path

    def read(self, conf: str) -> None:
        """Take notice of the oar.conf of the next round."""
        self._conf = tuple(_READ_AT_LOAD.findall(conf))

    def end(self) -> None:
        """End them all."""
        for process, _ in self._started.values():
            process.kill()


def _keeper(program: Path, path: Path) -> list[str]:
    """The command that keeps a program compiled, by its language."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        text = program.read_text()
        first, _, _ = text.partition("\n")
        if first.startswith("#!") and "perl" in first:
            flags = ["-T"] if re.search(r"\s-\w*T", first) else []
            return ["perl", *flags, f"-I{_HERE}", f"-MZygote={path}", str(program)]
        if first.startswith("#!") and "python" in first:
            modules = re.findall(r"^\s*(?:from|import)\s+(oar(?:\.\w+)+)", text, re.M)
            return ["python3", str(_HERE / "zygote.py"), str(path), str(program), *modules] if modules else []
    return []


class Ear:
    """Listens where a round thinks the Almighty is; takes its lines and answers nothing, as the Almighty does."""

    _END = b"oar-compat: this round is over"

    def __init__(self) -> None:
        self._listener = socket.create_server(("", 0), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[str] = []
        self._over = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def heard(self) -> list[str]:
        """The lines since the last call. Connections are taken in their order, so ours is the last of the round's."""
        self._over.clear()
        with socket.create_connection(("127.0.0.1", self.port), _HEARD) as last:
            last.sendall(self._END)
        self._over.wait(_HEARD)
        lines, self._lines = self._lines, []
        return lines

    def _listen(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            data = b""
            with connection, contextlib.suppress(OSError):
                connection.settimeout(_HEARD)  # whoever connects and says nothing holds nobody up for ever
                while piece := connection.recv(4096):
                    data += piece
            if data == self._END:
                self._over.set()
            else:
                self._lines += data.decode(errors="replace").split("\n")


class Rounds:
    """One round after another, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ear = Ear()
        self._environment = {
            **os.environ,
            "OARDIR": str(folder / "oar"),
            "OARCONFFILE": str(folder / "oar.conf"),
            "OARDO_USER": "oar",
            "OARDO_UID": str(os.getuid()),
            "USER": "oar",
            "HOME": "/var/lib/oar",
            "OAR_COMPAT_WARM": str(folder),
        }
        self.warm = Warm(folder, self._environment)
        shutil.rmtree(folder / "oar", ignore_errors=True)
        (folder / "oar" / "schedulers").mkdir(parents=True)
        for path in _OAR.iterdir():
            if path.name != "schedulers":
                (folder / "oar" / path.name).symlink_to(path)

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run one; see above."""
        folder = self.folder
        self.warm.cold.clear()
        conf = f'{_PORT.sub("", request["conf"])}\nSERVER_PORT="{self._ear.port}"\n'
        (folder / "oar.conf").write_text(conf)
        self.warm.read(conf)
        self._ear.heard()
        for name in ("out", "err", "log"):
            with contextlib.suppress(FileNotFoundError):
                os.truncate(folder / name, 0)
        may = request["warm"]
        for link in (folder / "oar" / "schedulers").iterdir():
            if link.name not in request["schedulers"]:
                link.unlink()
        for name in request["schedulers"]:
            self._scheduler(name, may)
        program = _OAR / request["program"]
        path = self.warm.socket(program) if may and program.is_file() else None
        began = time.monotonic()
        if path:
            code, late = _ask(path, folder, self._environment, request["limit"])
        else:
            code, late = _execute(program, folder, self._environment, request["limit"])
        seconds = time.monotonic() - began
        texts = {name: _text(folder / name) for name in ("out", "err", "log")}
        cold, sent = sorted(self.warm.cold), self._ear.heard()
        return {"code": code, "late": late, "seconds": seconds, "cold": cold, "sent": sent, **texts}

    def _scheduler(self, name: str, may: bool) -> None:
        """A launcher in place of the scheduler, or a link to it if it is not to be kept warm."""
        installed = (_OAR / "schedulers" / name).resolve()
        target = _HERE / "launch" if may and installed.is_file() and self.warm.socket(installed) else installed
        here = self.folder / "oar" / "schedulers" / name
        if not here.is_symlink() or here.readlink() != target:
            here.unlink(missing_ok=True)
            here.symlink_to(target)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def _ask(path: Path, folder: Path, environment: dict[str, str], limit: float) -> tuple[int, bool]:
    """Have a program run by the process that keeps it; how it ended, and whether it was ended."""
    fields = [str(folder / "out"), str(folder / "err"), "/", "0", *(f"{k}={v}" for k, v in environment.items())]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall("\0".join(fields).encode() + b"\0\0")
        connection.settimeout(limit)
        try:
            answer = connection.recv(64)
        except TimeoutError:
            return -signal.SIGKILL, True
    return os.waitstatus_to_exitcode(int(answer)) if answer else -signal.SIGKILL, False


def _execute(program: Path, folder: Path, environment: dict[str, str], limit: float) -> tuple[int, bool]:
    with (folder / "out").open("a") as out, (folder / "err").open("a") as err:
        try:
            process = subprocess.Popen(
                [str(program)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            err.write(f"{program}: {error.strerror}\n")
            return 127, False
        try:
            return process.wait(limit), False
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.wait(), True


def main() -> None:
    """Answer requests until there are no more."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    if memory := int(sys.argv[2]):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    rounds = Rounds(folder)
    for line in sys.stdin:
        request = json.loads(line)
        answer = {"id": request["id"], **rounds.run(request)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    rounds.warm.end()


if __name__ == "__main__":
    main()
