"""Which Compose is taken: real programs on PATH, stand-ins that answer as each kind does."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.engine import compose
from harness.engine.compose import Compose, find_compose, run_compose
from harness.model.fault import MachineFault


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing but what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(compose, "on_debian", lambda: False)
    return folder


def program(path: Path, name: str, script: str) -> None:
    (path / name).write_text(f"#!/bin/sh\n{script}\n")
    (path / name).chmod(0o755)


def test_the_plugin_of_docker_comes_first(path: Path) -> None:
    program(path, "docker", '[ "$1 $2" = "compose version" ] && echo v2.33.0')
    program(path, "docker-compose", "echo 1.29.2")
    assert find_compose() == Compose(("docker", "compose"), "2.33.0")


def test_docker_without_the_plugin_leaves_it_to_the_program(path: Path) -> None:
    program(path, "docker", "echo unknown command >&2; exit 1")
    program(path, "docker-compose", "echo 1.29.2")
    assert find_compose() == Compose(("docker-compose",), "1.29.2")


def test_one_that_needs_a_version_key_is_none(path: Path) -> None:
    program(path, "docker-compose", "echo 1.25.5")
    with pytest.raises(MachineFault, match="neither"):
        find_compose()


def test_a_failure_carries_the_last_lines(path: Path) -> None:
    program(path, "docker-compose", "echo first; echo it went wrong >&2; exit 3")
    with pytest.raises(MachineFault, match="ended with code 3") as raised:
        run_compose(("docker-compose", "up"), {})
    assert raised.value.detail == "first\nit went wrong"


def test_one_that_hangs_is_given_up(path: Path) -> None:
    program(path, "docker-compose", "exec /bin/sleep 30")
    with pytest.raises(MachineFault, match=r"did not end in 0\.2 s"):
        run_compose(("docker-compose", "up"), {}, limit=0.2)
