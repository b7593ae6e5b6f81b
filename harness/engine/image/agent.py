"""Runs commands inside the container for the harness: a request a line on standard input, an answer a line on output.

Starting a process by the engine's own "exec" costs a tenth of a second of processor time; from here it costs a fork.
Request: {"id", "argv", "user", "env", "in", "limit"}; answer: {"id", "code", "out", "err"}; "in", "out" and "err" are
in base64.
Ends when its input ends.
"""

import base64
import contextlib
import json
import os
import pwd
import signal
import subprocess
import sys
import threading
from typing import Any

_WRITING = threading.Lock()


def _answer(number: int, code: int, out: bytes, err: bytes) -> None:
    line = json.dumps(
        {"id": number, "code": code, "out": base64.b64encode(out).decode(), "err": base64.b64encode(err).decode()}
    )
    with _WRITING:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _run(request: dict[str, Any]) -> None:
    """Run a command, and answer whatever happens: who asked waits for it."""
    try:
        code, out, err = _ended(request)
    except Exception as error:  # such as the ValueError that a NUL byte among the arguments is to Popen
        code, out, err = 127, b"", str(error).encode(errors="replace")
    _answer(request["id"], code, out, err)


def _ended(request: dict[str, Any]) -> tuple[int, bytes, bytes]:
    account = pwd.getpwnam(request["user"])
    environment = {**os.environ, "HOME": account.pw_dir, **request["env"]}
    process = subprocess.Popen(
        request["argv"],
        stdin=subprocess.PIPE if request["in"] else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd="/",
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=os.getgrouplist(account.pw_name, account.pw_gid),
        start_new_session=True,
    )
    try:
        out, err = process.communicate(base64.b64decode(request["in"]) or None, timeout=request["limit"])
        code = process.returncode
    except subprocess.TimeoutExpired:
        out, err = _kill(process)
        code = 124
    return 128 - code if code < 0 else code, out, err


def _kill(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """End a command and its group; what it printed by then.

    What left the group lives on, and may hold the outputs open for as long as it likes.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        return process.communicate(timeout=1)
    except subprocess.TimeoutExpired as open_still:
        return open_still.stdout or b"", open_still.stderr or b""


def main() -> None:
    for line in sys.stdin:
        threading.Thread(target=_run, args=(json.loads(line),), daemon=True).start()


if __name__ == "__main__":
    main()
