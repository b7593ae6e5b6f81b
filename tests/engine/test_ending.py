"""One signal ends a process whatever hangs in it; the tests' processes hang in each way that the harness can."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.engine import ending
from harness.engine.deadline import Deadline, Late
from harness.engine.file_locks import locked

SOURCE = Path(__file__).resolve().parents[2]
HEAD = """
import concurrent.futures, socket, subprocess, sys, threading, time
from harness.engine import ending
from harness.engine.deadline import Deadline
ending.install(seconds=float(sys.argv[1]))
def ready(): print("ready", flush=True)
"""
HANGS = {
    "a thread that never ends": """
threading.Thread(target=lambda: time.sleep(1000)).start()
ready()
time.sleep(1000)
""",
    "tidying up that never ends": """
try:
    ready()
    time.sleep(1000)
finally:
    time.sleep(1000)
""",
    "a signal that is swallowed": """
said = False
while True:
    try:
        if not said:
            said = True
            ready()
        time.sleep(1000)
    except BaseException:
        pass
""",
    "a lock that is held for ever": """
lock = threading.Lock()
lock.acquire()
try:
    ready()
    lock.acquire()
finally:
    lock.acquire()
""",
}


def end(script: str, *signals: int, seconds: float = 0.3) -> tuple[int, str, str]:
    """Run a script, send it signals once it is ready; its exit code and outputs."""
    child = subprocess.Popen(
        [sys.executable, "-c", HEAD + script, str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=SOURCE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        for number in signals:
            child.send_signal(number)
        out, err = child.communicate(timeout=60)
    finally:
        child.kill()
    return child.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("script", HANGS.values(), ids=HANGS.keys())
def test_a_process_that_hangs_is_left_when_its_time_is_over(script: str, number: int) -> None:
    code, _, err = end(script, number)
    assert code == ending.EXIT_CODE
    assert err.splitlines()[-1] == "oar-compat: not over after 0.3 s: ended"


def test_a_second_signal_ends_it_at_once() -> None:
    # The first one's time would be over long after the test's.
    script = HANGS["tidying up that never ends"]
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HEAD + script.replace("finally:", 'finally:\n    print("tidying", flush=True)'),
            "1000",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=SOURCE,
    )
    try:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGTERM)
        assert child.stdout.readline() == "tidying\n"
        child.send_signal(signal.SIGTERM)
        _, err = child.communicate(timeout=60)
    finally:
        child.kill()
    assert child.returncode == ending.EXIT_CODE
    assert "at once" in err
    assert "Traceback" not in err


WAITS = """
def wait(what):
    try:
        what()
    except ending.Ended:
        sys.stdout.write("heard\\n"), sys.stdout.flush()
waits = [
    lambda: ending.pause(1000),
    lambda: Deadline("it", 1000).result(concurrent.futures.Future()),
    lambda: Deadline("it", 1000).until(lambda: False),
]
threads = [threading.Thread(target=wait, args=(each,)) for each in waits]
with ending.on_end(lambda: (sys.stdout.write("told\\n"), sys.stdout.flush())):
    for thread in threads:
        thread.start()
    try:
        ready()
        time.sleep(1000)
    except KeyboardInterrupt:
        for thread in threads:
            thread.join()
        wait(ending.check)
        sys.exit(7)
"""


def test_every_wait_hears_of_it_and_the_orderly_end_has_the_last_word() -> None:
    code, out, err = end(WAITS, signal.SIGTERM, seconds=1000)
    assert (code, err) == (7, "")
    assert sorted(out.split()) == ["heard"] * 4 + ["told"]


def test_before_there_is_anything_to_tidy_up_it_is_left_at_once() -> None:
    script = "ending.install(raises=False)\nready()\ntry:\n    time.sleep(1000)\nfinally:\n    print('never')\n"
    assert end(script, signal.SIGINT, seconds=1000) == (ending.EXIT_CODE, "", "oar-compat: ended\n")


def test_nothing_is_ending_here() -> None:
    assert not ending.begun()
    ending.check()
    ending.pause(0)


def test_a_deadline_names_what_did_not_come_and_where() -> None:
    deadline = Deadline("an answer of Godot", 0, where="the road")
    with pytest.raises(Late) as caught:
        deadline.check()
    assert str(caught.value) == "the road: an answer of Godot did not come in 0 s"
    with pytest.raises(Late):
        Deadline("it", 0.01).until(lambda: False, every=0.001)
    assert Deadline("it", 10).until(lambda: "there") == "there"


def test_a_lock_that_another_holds_is_waited_for_with_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.engine.file_locks._TOLD_AFTER", 0.01)
    path, told, free = tmp_path / "lock", [], threading.Event()
    held = threading.Event()

    def hold() -> None:
        with locked(path, "holding it"):
            held.set()
            free.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(60)

    def say(text: str) -> None:
        told.append(text)
        free.set()

    with locked(path, "holding it", say):
        pass
    holder.join()
    assert told == ["waiting for another run that is holding it"]
    monkeypatch.setattr("harness.engine.file_locks._SECONDS", 0.0)
    with pytest.raises(Late, match="another run that is holding it"), locked(path, "holding it"):
        pass
