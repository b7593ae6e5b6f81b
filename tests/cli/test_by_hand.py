"""docker-compose.yml for real: brought up, a job on both nodes, taken down, nothing left."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from harness.cli.by_hand import COMPOSE_FILE
from harness.engine.compose import Compose, find_compose
from harness.engine.container import CAPABILITIES
from harness.engine.discovery import find_engine
from harness.model.fault import MachineFault

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

TOP = Path(__file__).resolve().parents[2]
SERVICES = {"postgres", "server", "node1", "node2", "frontend"}


@dataclass
class Typed:
    """What a user types, on one project."""

    project: str
    client: docker.DockerClient

    def make(self, *words: str, reads: str = "") -> subprocess.CompletedProcess[str]:
        """Run up, shell or down as the Makefile does."""
        command = [sys.executable, "-m", "harness.cli.by_hand", "--project", self.project, *words]
        environment = {**os.environ, "PYTHONPATH": str(TOP)}
        return subprocess.run(
            command, input=reads, env=environment, capture_output=True, text=True, timeout=600, check=False
        )

    def shell(self, line: str, who: str = "alice@frontend") -> str:
        """What a command line prints in a login shell."""
        done = self.make("shell", who, reads=line)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def left(self) -> list[str]:
        """Names of the project's containers, networks and volumes."""
        chosen = {"label": f"com.docker.compose.project={self.project}"}
        api = self.client.api
        return [
            *(c["Names"][0] for c in api.containers(all=True, filters=chosen)),
            *(n["Name"] for n in api.networks(filters=chosen)),
            *(v["Name"] for v in api.volumes(filters=chosen)["Volumes"] or []),
        ]


@pytest.fixture(scope="module")
def compose() -> Compose:
    try:
        return find_compose()
    except MachineFault as fault:
        pytest.skip(f"no Compose: {fault}")


@pytest.fixture(scope="module")
def typed(compose: Compose) -> Iterator[Typed]:
    """A project that is up; taken down after the tests, whatever happened."""
    try:
        engine = find_engine()
    except MachineFault as fault:
        pytest.skip(f"no engine: {fault}")
    with engine:
        project = Typed(f"oar-compat-test-{secrets.token_hex(4)}", engine.client())
        try:
            done = project.make("up")
            assert done.returncode == 0, done.stderr
            assert "make compose-shell" in done.stdout, compose
            yield project
        finally:
            done = project.make("down")
        assert done.returncode == 0, done.stderr
        assert project.left() == []


def test_a_job_runs_on_both_nodes_and_its_output_comes_back(typed: Typed) -> None:
    command = "cat $OAR_NODE_FILE; hostname; oarsh node2 hostname"
    submitted = typed.shell(f"oarsub -l /nodes=2,walltime=0:05:00 '{command}'")
    job = submitted.partition("OAR_JOB_ID=")[2].split()[0]
    deadline = time.monotonic() + 120
    while "state = Terminated" not in (seen := typed.shell(f"oarstat -fj {job}")):
        assert "state = Error" not in seen, seen
        assert time.monotonic() < deadline, seen
        time.sleep(1)
    assert "assigned_hostnames = node1+node2" in seen
    assert typed.shell(f"cat OAR.{job}.stdout").split() == ["node1", "node1", "node2", "node2", "node1", "node2"]
    # ssh tells of a host key that it has not seen before.
    assert "oarsh:" not in typed.shell(f"cat OAR.{job}.stderr")


def test_the_shell_of_root_on_the_server_sees_both_nodes(typed: Typed) -> None:
    assert typed.shell("oarnodes --sql \"state = 'Alive'\" -s", "root@server").count("Alive") == 4


def test_no_container_has_more_rights_than_the_lanes_have(typed: Typed) -> None:
    chosen = {"label": f"com.docker.compose.project={typed.project}"}
    containers = typed.client.containers.list(filters=chosen)
    assert {container.labels["com.docker.compose.service"] for container in containers} == SERVICES
    for container in containers:
        host = container.attrs["HostConfig"]
        assert not host["Privileged"]
        assert host["CapDrop"] == ["ALL"]
        assert {name.removeprefix("CAP_") for name in host["CapAdd"]} == set(CAPABILITIES)
        bindings = [binding for bound in (host["PortBindings"] or {}).values() for binding in bound]
        assert all(binding["HostIp"] == "127.0.0.1" for binding in bindings)
        assert not any("PASSWORD" in entry for entry in container.attrs["Config"]["Env"])
        assert host["Memory"] > 0
        assert host["PidsLimit"] > 0


def test_up_twice_says_that_it_is_up(typed: Typed) -> None:
    done = typed.make("up")
    assert done.returncode == 4
    assert done.stderr.splitlines()[-1] == (
        f"oar-compat: project {typed.project}: it is up already — "
        "make compose-shell enters it, make compose-down ends it"
    )


def test_a_shell_somewhere_else_names_the_services(typed: Typed) -> None:
    done = typed.make("shell", "root@node3")
    assert done.returncode == 4
    assert "services are frontend, node1, node2, postgres, server" in done.stderr


def test_the_file_has_no_default_image(compose: Compose) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OAR_COMPAT_IMAGE"}
    command = [*compose.project("nothing", COMPOSE_FILE), "config"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "make compose-up" in done.stderr
