"""Finding an engine: the order, and the one line if there is none."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from harness.engine import discovery
from harness.engine.discovery import candidates, find_engine
from harness.model.fault import ConfigurationFault, MachineFault
from tests.engine.fake_engine import fake_engine


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no engine at all: an empty home, an empty runtime folder, no wishes."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "OAR_COMPAT_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setattr(discovery, "SYSTEM_SOCKETS", (tmp_path / "system.sock",))
    monkeypatch.setattr(discovery.reaper, "post", lambda _url: socket.socket())
    return tmp_path


def _context(home: Path, url: str) -> None:
    folder = home / ".docker/contexts/meta/abc"
    folder.mkdir(parents=True)
    (home / ".docker/config.json").write_text(json.dumps({"currentContext": "mine"}))
    (folder / "meta.json").write_text(json.dumps({"Name": "mine", "Endpoints": {"docker": {"Host": url}}}))


def test_docker_host_comes_first_and_alone(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_engine(bare_machine / "named.sock") as url, fake_engine(bare_machine / "system.sock"):
        monkeypatch.setenv("DOCKER_HOST", url)
        assert list(candidates()) == [url]
        with find_engine() as engine:
            assert (engine.url, engine.kind, engine.version, engine.driver) == (url, "found", "27.0", "overlay2")


def test_a_silent_docker_host_is_a_fault_and_not_passed_over(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_engine(bare_machine / "system.sock"):
        monkeypatch.setenv("DOCKER_HOST", f"unix://{bare_machine}/nothing.sock")
        with pytest.raises(MachineFault, match=r"DOCKER_HOST=.*no container engine answers"):
            find_engine()


def test_the_order_is_context_system_rootless(bare_machine: Path) -> None:
    with (
        fake_engine(bare_machine / "context.sock") as context,
        fake_engine(bare_machine / "system.sock") as system,
        fake_engine(bare_machine / "run/docker.sock") as rootless,
    ):
        _context(bare_machine / "home", context)
        assert list(candidates()) == [context, system, rootless]
        assert find_engine().url == context


def test_a_socket_nobody_answers_is_passed_over(bare_machine: Path) -> None:
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(bare_machine / "system.sock"))
    with fake_engine(bare_machine / "run/docker.sock") as rootless:
        assert find_engine().url == rootless


def test_an_engine_too_old_is_passed_over(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAR_COMPAT_ENGINE", "found")
    with (
        fake_engine(bare_machine / "system.sock", version="19.03", api="1.40"),
        pytest.raises(MachineFault, match="no container engine answers"),
    ):
        find_engine()


def test_neither_engine_nor_root_is_one_line_with_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(discovery, "on_debian", lambda: True)
    with pytest.raises(MachineFault) as caught:
        find_engine()
    assert "\n" not in str(caught.value)
    assert "sudo" in str(caught.value)
    monkeypatch.setattr(discovery, "on_debian", lambda: False)
    with pytest.raises(MachineFault, match="DOCKER_HOST"):
        find_engine()


def test_a_socket_this_user_may_not_use_is_named(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bare_machine / "system.sock"
    socket.socket(socket.AF_UNIX).bind(str(path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(MachineFault, match=f"may not use {path}; type: sudo usermod -aG docker"):
        find_engine()


def test_found_does_not_bring_one_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAR_COMPAT_ENGINE", "found")
    monkeypatch.setattr(discovery.connection, "hold", lambda *_: pytest.fail("our own engine was started"))
    with pytest.raises(MachineFault):
        find_engine()


def test_an_unknown_wish_is_the_configurations_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAR_COMPAT_ENGINE", "podman")
    with pytest.raises(ConfigurationFault, match="auto, found or own"):
        find_engine()
