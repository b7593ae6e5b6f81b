"""Copies of OAR3 that ``oar-compat run`` refuses: one line, exit code 4, and no engine is looked for."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness import cli

if TYPE_CHECKING:
    from tests.oar3.conftest import MakeDeb, MakeTree


@pytest.fixture(autouse=True)
def no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.chdir(tmp_path)


def refused(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int = 4) -> str:
    monkeypatch.setattr(sys, "argv", ["oar-compat", "run", "--oar3", str(path)])
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as end:
        cli.main()
    signal.signal(signal.SIGTERM, handler)
    out, err = capsys.readouterr()
    assert end.value.code == code, err
    assert out == ""
    (line,) = err.splitlines()
    return line


def test_a_deb_of_oar2(
    tmp_path: Path, make_deb: MakeDeb, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deb = make_deb(tmp_path / "d", "oar-server", "2.6.1-1")
    line = refused(deb, monkeypatch, capsys)
    assert str(deb) in line
    assert "oar-server" in line


def test_a_deb_of_another_architecture(
    tmp_path: Path, make_deb: MakeDeb, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deb = make_deb(tmp_path / "d", architecture="riscv128")
    assert "riscv128" in refused(deb, monkeypatch, capsys)


def test_what_cannot_be_read(
    tmp_path: Path, make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert str(loop) in refused(loop, monkeypatch, capsys)
    broken = make_tree(tmp_path / "t")
    (broken / "pyproject.toml").write_bytes(b"\xff")
    assert "pyproject.toml" in refused(broken, monkeypatch, capsys)
    (tmp_path / "x.deb").write_bytes(b"not an archive")
    assert "x.deb" in refused(tmp_path / "x.deb", monkeypatch, capsys)


def test_a_good_copy_gets_as_far_as_the_engine(
    tmp_path: Path, make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(make_tree(tmp_path / "t"), monkeypatch, capsys, code=5)
    assert "no container engine answers there" in line
