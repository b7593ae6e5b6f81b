"""Packages for a container's Python, by the host's own pip, from a folder of made-up wheels."""

from __future__ import annotations

import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from harness.model.fault import MachineFault
from harness.oar3 import wheels
from harness.oar3.wheels import library, unzip


@pytest.fixture
def wheel_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all the index pip has."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def make_wheel(folder: Path, name: str, tag: str = "py3-none-any", requires: str = "", **files: str) -> Path:
    path = folder / f"{name}-1.0-{tag}.whl"
    info = f"{name}-1.0.dist-info"
    contents = {
        f"{name}/__init__.py": f"TAG = {tag!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/RECORD": "",
        **files,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in contents.items():
            archive.writestr(file, content)
    return path


def test_a_folder_for_the_container_s_python(wheel_folder: Path, cache: Path) -> None:
    make_wheel(wheel_folder, "dummy_pure", requires="Requires-Dist: dummy-compiled\n")
    for tag in ("cp311-cp311-manylinux_2_28_x86_64", "cp313-cp313-manylinux2014_x86_64"):
        make_wheel(wheel_folder, "dummy_compiled", tag)
    make_wheel(wheel_folder, "dummy_compiled", "cp311-cp311-manylinux_2_28_aarch64")
    folders = {
        (python, machine): library(["dummy-pure>=1"], python, machine)
        for python, machine in (("3.11", "x86_64"), ("3.13", "amd64"), ("3.11", "arm64"))
    }
    assert len(set(folders.values())) == 3
    for (python, machine), folder in folders.items():
        assert folder.is_relative_to(cache)
        text = (folder / "dummy_compiled" / "__init__.py").read_text()
        assert f"cp{python.replace('.', '')}" in text
        assert ("aarch64" in text) == (machine == "arm64")
    used = subprocess.run(
        [sys.executable, "-c", "import dummy_pure; print(dummy_pure.__file__)"],
        env={"PYTHONPATH": str(folders["3.11", "x86_64"])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(folders["3.11", "x86_64"]) in used.stdout


def test_it_is_made_once(wheel_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_wheel(wheel_folder, "dummy")
    first = library(["dummy"], "3.11")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert library(["dummy"], "3.11") == first
    with pytest.raises(MachineFault, match="cannot start pip"):
        library(["dummy"], "3.13")


def test_two_at_once(wheel_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_wheel(wheel_folder, "dummy")
    fetched, made = [], []
    real = wheels.fetch_wheels

    def counting(*arguments: object) -> list[Path]:
        fetched.append(arguments)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(wheels, "fetch_wheels", counting)
    threads = [threading.Thread(target=lambda: made.append(library(["dummy"], "3.11"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 3
    assert len(fetched) == 1


def test_pip_s_last_lines_and_nothing_kept(wheel_folder: Path, cache: Path) -> None:
    make_wheel(wheel_folder, "dummy", "cp39-cp39-manylinux2014_x86_64")
    with pytest.raises(MachineFault, match="No matching distribution found for dummy") as caught:
        library(["dummy"], "3.11")
    assert "\n" not in str(caught.value)
    assert "ERROR" in caught.value.detail
    assert [path.name for path in (cache / "wheels").iterdir() if path.name != ".lock"] == []


@pytest.mark.usefixtures("wheel_folder")
def test_an_option_is_no_requirement() -> None:
    with pytest.raises(MachineFault):
        library(["--version"], "3.11")


@pytest.mark.usefixtures("wheel_folder")
def test_nothing_asked_for_is_an_empty_folder() -> None:
    assert list(library([], "3.11").iterdir()) == []


def test_the_parts_of_a_wheel(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path,
        "dummy",
        **{"dummy-1.0.data/platlib/native.py": "x", "dummy-1.0.data/scripts/tool": "x", "dummy-1.0.data/odd": "x"},
    )
    unzip([wheel], tmp_path / "lib")
    assert sorted(path.name for path in (tmp_path / "lib").iterdir()) == ["dummy", "dummy-1.0.dist-info", "native.py"]


@pytest.mark.parametrize("name", ["../evil.py", "/evil.py", "dummy-1.0.data/purelib/../../../evil.py"])
def test_a_wheel_that_leads_out(tmp_path: Path, name: str) -> None:
    wheel = make_wheel(tmp_path, "dummy", **{name: "x"})
    with pytest.raises(MachineFault, match="leads out"):
        unzip([wheel], tmp_path / "a" / "lib")
    assert not list(tmp_path.rglob("evil.py"))


def test_a_damaged_wheel(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "dummy")
    wheel.write_bytes(wheel.read_bytes()[:-30])
    with pytest.raises(MachineFault, match="damaged"):
        unzip([wheel], tmp_path / "lib")
