"""Lanes: private, without privileges, and gone whenever the process that owns them is, however it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import docker
import pytest

from harness.engine.container import CAPABILITIES
from harness.engine.container_commands import CommandFault
from harness.engine.lane import Lane, LaneSpec
from harness.engine.owner import RUN_LABEL, labels
from harness.model.fault import MachineFault
from harness.run.environment import Provisioner
from tests.servers import NATIVE, wait_for

pytestmark = pytest.mark.engine

SOURCE = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from harness.run.environment import Provisioner
with Provisioner("trixie", lambda _: None) as provisioner, provisioner.lane("held", almighty=False) as lane:
    print(provisioner.run_id, flush=True)
    sys.stdin.readline()
"""


def inspected(lane: Lane) -> dict[str, dict[str, Any]]:
    containers = {"postgres": lane.postgres, "server": lane.server}
    found = {}
    for name, container in containers.items():
        wrapped = container.get_wrapped_container()
        wrapped.reload()
        found[name] = wrapped.attrs
    return found


def of_run(client: docker.DockerClient, run: str) -> list[str]:
    """Names of the containers and networks of a run that are still there."""
    label = {"label": f"{RUN_LABEL}={run}"}
    containers = client.api.containers(all=True, filters=label)
    return [entry["Names"][0] for entry in containers] + [n.name or "" for n in client.networks.list(filters=label)]


@pytest.fixture
def environment() -> dict[str, str]:
    """For another harness process, which finds the engine by itself."""
    return {**os.environ, "PYTHONPATH": str(SOURCE)}


def test_nothing_but_the_database_is_published_and_that_to_this_machine_only(lane: Lane) -> None:
    ports = {name: attributes["NetworkSettings"]["Ports"] for name, attributes in inspected(lane).items()}
    bindings = [binding for port in ports["postgres"].values() for binding in port or ()]
    assert [binding["HostIp"] for binding in bindings] == ["127.0.0.1"]
    assert int(bindings[0]["HostPort"]) == lane.database_port
    assert not any(ports["server"].values())


def test_containers_have_no_privileges_and_few_capabilities(lane: Lane) -> None:
    for attributes in inspected(lane).values():
        settings = attributes["HostConfig"]
        assert settings["Privileged"] is False
        assert settings["CapDrop"] == ["ALL"]
        assert {name.removeprefix("CAP_") for name in settings["CapAdd"]} == set(CAPABILITIES)
        assert settings["AutoRemove"] is True
        assert not settings["Binds"]
        assert attributes["Mounts"] == [] or all(mount["Type"] == "tmpfs" for mount in attributes["Mounts"])
        assert settings["NetworkMode"] == lane.spec.name
        assert settings["PidMode"] == ""


def test_passwords_are_each_lane_s_own(provisioner: Provisioner) -> None:
    spec = LaneSpec("name", "image", {}, provisioner.engine.url)
    first, second = (Lane(spec).passwords for _ in range(2))
    assert len({first.oar, first.oar_ro, first.postgres, second.oar, second.oar_ro, second.postgres}) == 6


def test_a_command_that_fails_or_takes_too_long_is_told_with_its_words(lane: Lane) -> None:
    with pytest.raises(CommandFault, match="`sh -c echo why >&2; exit 3` ended with exit code 3") as caught:
        lane.server.run("sh", "-c", "echo why >&2; exit 3")
    assert caught.value.detail == "why"
    assert lane.server.run("sleep", "60", check=False, limit=1).exit_code == 124
    assert lane.server.run("printf", "a\\377b").stdout == "a\ufffdb"


@pytest.mark.parametrize("then", ["sleep 30", "exit 0"])
def test_a_child_that_left_its_group_does_not_keep_the_answer_back(lane: Lane, then: str) -> None:
    done = lane.server.run("sh", "-c", f"echo said; setsid sleep 30 & {then}", check=False, limit=1)
    assert (done.exit_code, done.stdout) == (124, "said\n")


def test_a_file_is_put_with_its_mode_and_owner(lane: Lane) -> None:
    lane.server.put("/tmp/put", "ä\n", mode=0o640, owner="alice")
    assert lane.server.read("/tmp/put") == "ä\n"
    assert lane.server.run("stat", "-c", "%U %a", "/tmp/put").stdout == "alice 640\n"


@pytest.fixture
def broken(provisioner: Provisioner) -> Lane:
    """A lane that is to fail when it is started."""
    spec = LaneSpec(
        f"oar-compat-{provisioner.run_id}-broken",
        provisioner.image.tag,
        labels(f"{provisioner.run_id}-broken"),
        provisioner.engine.url,
    )
    return Lane(spec)


def test_a_start_that_fails_shows_the_last_lines_of_its_log(provisioner: Provisioner, broken: Lane) -> None:
    script = "for n in $(seq 40); do echo line $n; done; echo the disk is on fire; sleep 1; exit 3"
    broken.postgres._kwargs["entrypoint"] = ["sh", "-c", script]
    with pytest.raises(MachineFault, match="the service ended while starting") as caught:
        broken.start()
    assert caught.value.where == f"{broken.spec.name}-postgres"
    assert caught.value.detail.splitlines()[-2:] == ["line 40", "the disk is on fire"]
    assert len(caught.value.detail.splitlines()) == 15
    wait_for(lambda: not of_run(provisioner.client, f"{provisioner.run_id}-broken"))


def test_a_start_that_fails_at_once_is_the_machine_s_fault_too(provisioner: Provisioner, broken: Lane) -> None:
    for container in (broken.postgres, broken.server):
        container.with_command("a-role-that-is-none")
    with pytest.raises(MachineFault, match="the service ended while starting") as caught:
        broken.start()
    assert caught.value.detail
    wait_for(lambda: not of_run(provisioner.client, f"{provisioner.run_id}-broken"))


def test_an_image_that_is_not_there_is_the_machine_s_fault(provisioner: Provisioner) -> None:
    run = f"{provisioner.run_id}-noimage"
    spec = LaneSpec(f"oar-compat-{run}", "oar-compat/none:none", labels(run), provisioner.engine.url)
    with pytest.raises(MachineFault) as caught:
        Lane(spec).start()
    assert caught.value.where.startswith(spec.name)
    wait_for(lambda: not of_run(provisioner.client, run))


def test_a_killed_harness_leaves_no_container(provisioner: Provisioner, environment: dict[str, str]) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout
        run = child.stdout.readline().strip()
        assert len(of_run(provisioner.client, run)) == 3, "two containers and their network"
    finally:
        child.kill()
        child.communicate()
    label = {"label": f"{RUN_LABEL}={run}"}
    wait_for(lambda: not provisioner.client.api.containers(all=True, filters=label))


def test_one_ctrl_c_ends_a_run_and_leaves_nothing(
    provisioner: Provisioner, environment: dict[str, str], tmp_path: Path
) -> None:
    before = _names(provisioner.client)
    words = ["run", "--kind", "live", "--combination", NATIVE.id, "--reports", str(tmp_path)]
    child = subprocess.Popen(
        [sys.executable, "-c", "from harness.cli import main; main()", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        started = wait_for(lambda: {name for name in _names(provisioner.client) - before if name.endswith("-server")})
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=90)
    finally:
        child.kill()
    assert child.returncode == 130, err
    assert out == ""
    assert err.splitlines()[-1] == "oar-compat: ended; containers are removed"
    assert "Traceback" not in err
    assert _names(provisioner.client).isdisjoint(started)
    run = next(iter(started)).split("-")[2]
    assert of_run(provisioner.client, run) == []
    (folder,) = [path for path in tmp_path.iterdir() if path.is_dir() and not path.is_symlink()]
    assert (folder / "run.json").is_file(), "what was seen is recorded"


def _names(client: docker.DockerClient) -> set[str]:
    return {entry["Names"][0].lstrip("/") for entry in client.api.containers(all=True)}
