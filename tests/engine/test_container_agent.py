"""The agent in a container answers whatever it is asked: who asked waits for the answer."""

from __future__ import annotations

import base64
import json
import os
import pwd
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

AGENT = Path(__file__).resolve().parents[2] / "harness/engine/image/agent.py"
WHO = pwd.getpwuid(os.getuid()).pw_name


def asked(**request: Any) -> dict[str, Any]:
    child = subprocess.Popen(
        [sys.executable, "-u", str(AGENT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdin
        assert child.stdout
        whole = {"id": 7, "argv": ["true"], "user": WHO, "env": {}, "in": "", "limit": 30, **request}
        child.stdin.write(json.dumps(whole) + "\n")
        child.stdin.flush()
        ready, _, _ = select.select([child.stdout], [], [], 30)
        assert ready, "no answer came"
        return dict(json.loads(child.stdout.readline()))
    finally:
        child.kill()


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"argv": ["echo", "a\0b"]}, "null byte"),
        ({"env": {"NAME": "a\0b"}}, "null byte"),
        ({"env": {"A=B": "c"}}, "illegal environment variable name"),
        ({"argv": ["echo", "\ud800"]}, "surrogates not allowed"),
        ({"argv": []}, ""),
        ({"argv": ["/no/such/program"]}, "No such file"),
        ({"user": "nobody-of-that-name"}, "nobody-of-that-name"),
        ({"limit": "soon"}, ""),
        ({"in": "A"}, "base64"),
    ],
)
def test_what_cannot_be_run_is_answered(request_: dict[str, Any], words: str) -> None:
    found = asked(**request_)
    assert found["id"] == 7
    assert found["code"] == 127
    assert words in base64.b64decode(found["err"]).decode()
