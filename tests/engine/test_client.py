"""Clients of an engine know its address without this process's environment."""

from __future__ import annotations

import json
import os
from pathlib import Path
from unittest.mock import MagicMock

import docker
import pytest
from testcontainers.core.docker_client import DockerClient

from harness.engine.client import for_testcontainers
from harness.run.environment import Provisioner


@pytest.mark.parametrize("named", [None, "unix:///the/user/s.sock"])
def test_testcontainers_talk_to_the_engine_named_and_leave_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str | None
) -> None:
    context = tmp_path / "contexts/meta/one/meta.json"
    context.parent.mkdir(parents=True)
    endpoint = {"Host": "unix:///of/the/context.sock"}
    context.write_text(json.dumps({"Name": "one", "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    (tmp_path / "config.json").write_text('{"currentContext": "one"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    if named:
        monkeypatch.setenv("DOCKER_HOST", named)
    asked: list[str] = []
    monkeypatch.setattr(
        docker, "from_env", lambda **given: asked.append(given["environment"]["DOCKER_HOST"]) or MagicMock()
    )
    with for_testcontainers("unix:///ours.sock") as options:
        DockerClient(**options)
    assert asked == ["unix:///ours.sock"]
    assert os.environ.get("DOCKER_HOST") == named


def test_an_engine_in_use_is_named_in_no_variable_of_the_process(provisioner: Provisioner) -> None:
    assert os.environ.get("DOCKER_HOST") != provisioner.engine.url or provisioner.engine.kind == "found"
