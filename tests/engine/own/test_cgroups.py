"""Control groups: room is made only if this machine is a container with version 2."""

from __future__ import annotations

from pathlib import Path

from harness.engine.own import cgroups


def _hierarchy(root: Path, *, container: bool) -> Path:
    (root / "cgroup.controllers").write_text("cpu memory\n")
    (root / "cgroup.procs").write_text("7\n")
    (root / "cgroup.subtree_control").write_text("")
    if container:
        (root / "cgroup.type").write_text("domain\n")
    return root


def test_processes_move_aside_in_a_container(tmp_path: Path) -> None:
    root = _hierarchy(tmp_path, container=True)
    cgroups.make_room(root)
    assert (root / "init/cgroup.procs").read_text() == "7"
    assert (root / "cgroup.subtree_control").read_text() == "+cpu +memory"


def test_a_real_machine_is_left_alone(tmp_path: Path) -> None:
    root = _hierarchy(tmp_path, container=False)
    cgroups.make_room(root)
    assert not (root / "init").exists()


def test_a_group_is_removed_from_every_hierarchy(tmp_path: Path) -> None:
    for name in ("oar-compat-x/a/b", "memory/oar-compat-x/c", "cpu/other"):
        (tmp_path / name).mkdir(parents=True)
    cgroups.remove("/oar-compat-x", tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["cpu", "memory", "other"]
