"""Sweeping: the dead's containers go, the living's stay, also if the engine is not ours."""

from __future__ import annotations

import time

import docker
import pytest

from harness.engine.owner import OWNER_LABEL, RUN_LABEL, ProcessOwner
from harness.engine.sweep import Swept, sweep
from tests.engine.conftest import TINY, Home, client, reply

pytestmark = [pytest.mark.engine, pytest.mark.root]

_ASLEEP = ["/usr/bin/sleep", "600"]


def _names(engine: docker.DockerClient) -> set[str]:
    return {name.strip("/") for container in engine.api.containers(all=True) for name in container["Names"]}


def _sleeper(engine: docker.DockerClient, name: str, owner: str | None) -> None:
    labels = {RUN_LABEL: name, OWNER_LABEL: owner} if owner else {}
    engine.containers.run(TINY, _ASLEEP, name=name, detach=True, labels=labels)


def test_only_what_dead_owners_left_is_removed(home: Home) -> None:
    reply(home.harness("container"))
    engine = client(home)
    _sleeper(engine, "dead", "999999999:1:" + ProcessOwner.this_process().boot)
    _sleeper(engine, "kept", "kept")
    _sleeper(engine, "not-ours", None)
    engine.networks.create("dead-network", labels={RUN_LABEL: "x", OWNER_LABEL: "999999999:1:gone"})
    engine.volumes.create("dead-volume", labels={RUN_LABEL: "x", OWNER_LABEL: "999999999:1:gone"})
    assert sweep(engine) == Swept(containers=1, networks=1, volumes=1)
    assert _names(engine) == {"server", "kept", "not-ours"}
    assert sweep(engine, everything=True) == Swept(containers=2, networks=1)
    assert _names(engine) == {"not-ours"}


def test_a_found_engine_is_swept_when_the_harness_is_killed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    reply(home.harness())
    engine = client(home)
    with monkeypatch.context() as patch:
        # Seen from the second process, the first one's engine is any engine.
        patch.setenv("DOCKER_HOST", home.paths.url)
        patch.setattr(Home, "environment", {**home.environment, "OAR_COMPAT_ENGINE": "found"})
        guest = home.harness("container")
    reply(guest)
    _sleeper(engine, "living", str(ProcessOwner.this_process()))
    assert _names(engine) == {"server", "living"}
    guest.kill()
    guest.wait()
    deadline = time.monotonic() + 10
    while _names(engine) != {"living"} and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _names(engine) == {"living"}
    # The network goes after the containers in it.
    while engine.networks.list(names=["oar-compat-test"]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not engine.networks.list(names=["oar-compat-test"])
