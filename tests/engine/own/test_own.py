"""Our own engine, for real: what it does, and that nothing of it is left, however it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.engine.discovery import find_engine
from harness.engine.one_shot import run_once
from harness.engine.own import connection
from harness.model.fault import MachineFault
from tests.engine.conftest import GRACE_SECONDS, SOURCE, TINY, Home, client, reply
from tests.engine.watching import made_in

pytestmark = [pytest.mark.engine, pytest.mark.root]

# The grace, removing containers, dockerd's own end, and a slow machine.
GONE_SECONDS = GRACE_SECONDS + 15


def _hello(port: object) -> bytes:
    """What the container says; it may need a moment before it listens."""
    assert isinstance(port, int)
    deadline = time.monotonic() + 5
    while True:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as channel:
            said = channel.recv(16)
        if said or time.monotonic() > deadline:
            return said
        time.sleep(0.02)


def _installed() -> str:
    """What dpkg knows of the packages an engine is made of."""
    names = ("docker.io", "containerd", "runc", "tini", "iptables", "mmdebstrap", "libnftnl11")
    command = ["dpkg-query", "-W", "-f", "${Package} ${Status} ${Version}\n", *names]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _outside() -> dict[str, bool]:
    return {
        name: Path(name).exists() for name in ("/etc/docker", "/opt/containerd", "/run/containerd", "/run/docker")
    }


def test_a_container_runs_answers_and_leaves_nothing(home: Home) -> None:
    before = (_installed(), _outside())
    child = home.harness("container")
    said = reply(child)
    assert _hello(said["port"]) == b"hello\n"
    bridge = client(home).networks.get("oar-compat-test").id[:12]
    assert not Path(f"/sys/class/net/br-{bridge}").exists(), "the engine's bridges are its own"
    lookup = run_once(
        client(home),
        TINY,
        [
            "/usr/bin/perl",
            "-e",
            'print join ".", unpack "C4", gethostbyname "server"; print gethostbyname("no.invalid"), "end\\n"',
        ],
        last="end\n",
        network="oar-compat-test",
    )
    assert lookup.startswith("172.")
    child.communicate("\n")
    assert child.returncode == 0
    home.assert_nothing_left(GONE_SECONDS)
    assert (_installed(), _outside()) == before


def test_no_file_of_the_engine_is_made_in_the_machine_s_tmp(home: Home) -> None:
    before = _outside()
    with made_in(Path("/tmp"), Path("/var/tmp"), Path("/run")) as made:
        child = home.harness("container")
        said = reply(child)
        container = client(home).containers.get(str(said["container"]))
        assert container.exec_run(["/usr/bin/perl", "-e", "print 42"], tty=True).output == b"42"
        child.communicate("\n")
        home.assert_nothing_left(GONE_SECONDS)
    names = re.compile(r"runc|containerd|docker|pty|ctd|shim|buildkit|moby|oar-compat")
    found = {name for name in made if names.search(name)}
    allowed = {"oar-compat", "containerd", "docker"}
    assert found <= allowed, "its folder under /run, and empty mount points for what it covers, at most"
    assert _outside() == before


def test_a_killed_harness_takes_the_engine_along(home: Home) -> None:
    child = home.harness("container")
    reply(child)
    child.kill()
    child.wait()
    assert home.assert_nothing_left(GONE_SECONDS) >= GRACE_SECONDS * 0.5


def test_ctrl_c_reaches_the_harness_and_not_the_engine(home: Home) -> None:
    child = home.harness("container")
    reply(child)
    supervisor = home.supervisor()
    os.killpg(child.pid, signal.SIGINT)
    child.wait()
    assert Path(f"/proc/{supervisor}").exists(), "the supervisor has a session of its own"
    home.assert_nothing_left(GONE_SECONDS)


def test_a_killed_supervisor_ends_the_namespaces_and_the_next_start_sweeps(home: Home) -> None:
    child = home.harness("container")
    said = reply(child)
    os.kill(home.supervisor(), signal.SIGKILL)
    deadline = time.monotonic() + 15
    while home.processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not home.processes(), "dockerd and its containers end with the supervisor"
    child.kill()
    assert home.paths.runtime.exists()
    second = home.harness()
    reply(second)
    assert client(home).containers.list(all=True) == []
    assert said["container"]
    names = {network.name for network in client(home).networks.list()}
    assert names <= {"host", "none", "bridge"}
    second.communicate("\n")
    home.assert_nothing_left(GONE_SECONDS)


def test_supervisor_and_namespaces_killed_at_once_leave_no_container(home: Home) -> None:
    child = home.harness("container")
    reply(child)
    first = next(pid for pid, command in home.processes().items() if command.split()[0].endswith("tini-static"))
    os.kill(home.supervisor(), signal.SIGKILL)
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while home.processes() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not home.processes()
    child.kill()
    second = home.harness("container")
    assert _hello(reply(second)["port"]) == b"hello\n"


def test_two_processes_that_start_at_once_share_one_engine(home: Home) -> None:
    children = [home.harness() for _ in range(3)]
    assert len({str(reply(child)["url"]) for child in children}) == 1
    assert sum("harness.engine.own.supervisor" in command for command in home.processes().values()) == 1
    for child in children[:2]:
        child.kill()
    time.sleep(GRACE_SECONDS * 2)
    assert client(home).ping()
    children[2].kill()
    home.assert_nothing_left(GONE_SECONDS)


def test_a_start_during_an_end_gets_a_new_engine(home: Home) -> None:
    first = home.harness("container")
    reply(first)
    supervisor = home.supervisor()
    os.kill(supervisor, signal.SIGTERM)
    time.sleep(0.1)
    second = home.harness()
    reply(second)
    assert home.supervisor() != supervisor
    assert client(home).ping()


def test_a_harness_killed_in_mid_start_leaves_nothing(home: Home) -> None:
    child = home.harness()
    while not home.paths.dockerd_log.exists():
        time.sleep(0.01)
    child.kill()
    child.wait()
    home.assert_nothing_left(GONE_SECONDS + 10)


def test_two_engines_live_side_by_side_one_of_them_with_a_long_path(new_home: Callable[[str], Home]) -> None:
    homes = [new_home("one"), new_home("/".join(["a-folder-with-a-long-name"] * 8))]
    children = [home.harness("container") for home in homes]
    ports = [reply(child)["port"] for child in children]
    assert [_hello(port) for port in ports] == [b"hello\n"] * 2
    children[0].communicate("\n")
    homes[0].assert_nothing_left(GONE_SECONDS)
    assert _hello(ports[1]) == b"hello\n"
    first = next(pid for pid, command in homes[1].processes().items() if "dockerd" in command)
    mounts = Path(f"/proc/{first}/mounts").read_text()
    assert all(f" {folder} tmpfs " in mounts for folder in _outside()), "the first left the second's mount points"


def test_a_start_that_fails_shows_why(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.paths.data.write_text("not a folder")
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(MachineFault, match="dockerd ended at its start") as caught:
        find_engine()
    assert "points to a file" in caught.value.detail
    home.assert_nothing_left(GONE_SECONDS)


def test_what_is_kept_stays_until_it_is_stopped(home: Home) -> None:
    child = home.harness("container", "keep")
    port = reply(child)["port"]
    child.communicate("\n")
    time.sleep(GRACE_SECONDS * 3)
    assert _hello(port) == b"hello\n"
    second = home.harness()
    reply(second)
    second.communicate("\n")
    time.sleep(GRACE_SECONDS * 3)
    assert _hello(port) == b"hello\n", "another run's end does not end what is kept"
    assert connection.running(home.paths)
    assert connection.stop(home.paths)
    home.assert_nothing_left(GONE_SECONDS)
    assert not connection.stop(home.paths)


def test_a_root_without_its_privileges_is_one_line(home: Home) -> None:
    script = (
        "from harness.engine import discovery\ntry: discovery.find_engine()\nexcept Exception as error: print(error)"
    )
    done = subprocess.run(
        ["setpriv", "--inh-caps=-all", "--bounding-set=-sys_admin", sys.executable, "-c", script],
        env=home.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.count("\n") == 1, done.stderr
    assert "full privileges" in done.stdout


def test_without_root_there_is_one_line_with_the_command() -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(SOURCE)}
    script = (
        "from harness.engine import discovery\n"
        "discovery.SYSTEM_SOCKETS = ()\n"
        "try: discovery.find_engine()\n"
        "except Exception as error: print(error)"
    )
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", script],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.count("\n") == 1, done.stderr
    assert "no container engine answers" in done.stdout
    assert "sudo" in done.stdout
