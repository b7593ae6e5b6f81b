"""Real engines for the tests: programs fetched once a session, one throw-away cache a test."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import docker
import pytest

from harness.engine.apt import on_debian
from harness.engine.own import connection
from harness.engine.own.binaries import engine_binaries
from harness.engine.own.paths import EnginePaths

GRACE_SECONDS = 0.5
SOURCE = Path(__file__).resolve().parent.parent.parent
TINY = "oar-compat/tiny:test"


@dataclass
class Home:
    """A cache folder with an engine of its own, and what was started with it."""

    cache: Path
    children: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def paths(self) -> EnginePaths:
        return EnginePaths(self.cache.resolve() / "engine")

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "OAR_COMPAT_CACHE": str(self.cache),
            "OAR_COMPAT_ENGINE": "own",
            "OAR_COMPAT_GRACE": str(GRACE_SECONDS),
            "PYTHONPATH": str(SOURCE),
        }

    def harness(self, *words: str) -> subprocess.Popen[str]:
        """Start a process that uses the engine as the harness does; see holder.py."""
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.holder", *words],
            env=self.environment,
            cwd=SOURCE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.children.append(child)
        return child

    def processes(self) -> dict[int, str]:
        """Every process whose command line or control group names this engine."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                groups = (folder / "cgroup").read_text()
            except OSError:
                continue
            ours = str(self.paths.home) in command or str(self.paths.runtime) in command
            if ours or self.paths.cgroup in groups:
                found[int(folder.name)] = command
        return found

    def supervisor(self) -> int:
        """The supervisor's pid."""
        return next(pid for pid, command in self.processes().items() if "harness.engine.own.supervisor" in command)

    def assert_nothing_left(self, seconds: float) -> float:
        """Soon, no process, mount, runtime folder or control group of this engine; gives how long it took."""
        began = time.monotonic()
        while self.processes() or self.paths.runtime.exists():
            if time.monotonic() - began > seconds:
                pytest.fail(f"still there after {seconds} s: {self.processes()} {self.paths.runtime}")
            time.sleep(0.05)
        took = time.monotonic() - began
        mounts = Path("/proc/self/mounts").read_text()
        assert str(self.paths.home) not in mounts
        assert str(self.paths.runtime) not in mounts
        groups = subprocess.run(
            ["find", "/sys/fs/cgroup", "-maxdepth", "2", "-name", self.paths.cgroup.strip("/")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert groups.stdout == ""
        return took


def reply(child: subprocess.Popen[str]) -> dict[str, object]:
    """The next JSON line a harness process prints."""
    assert child.stdout
    line = child.stdout.readline()
    assert line, f"the process ended with {child.wait()}"
    answer: dict[str, object] = json.loads(line)
    return answer


def tiny_system() -> bytes:
    """A tar with ``sleep`` and ``perl`` and no more, out of this machine's own files."""
    wanted = {Path("/usr/bin/sleep"), Path("/usr/bin/perl")}
    for program in list(wanted):
        listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
        wanted |= {Path(name) for name in re.findall(r"(/\S+)", listed)}
    wanted |= {path for path in Path("/usr/lib").glob("*/perl-base/**/*") if path.is_file()}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as tar:
        for path in sorted(wanted):
            tar.add(path, arcname=str(path).lstrip("/"))
    return buffer.getvalue()


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unpacked engine for all tests of a session: fetched here for real."""
    if os.geteuid() or not on_debian():
        pytest.skip("needs to be root on Debian or Ubuntu")
    home = tmp_path_factory.mktemp("programs") / "engine"
    engine_binaries(home, lambda _: None)
    return home / "packages"


@pytest.fixture
def new_home(programs: Path, tmp_path: Path) -> Iterator[Callable[[str], Home]]:
    """Makes homes; each one's engine is ended after the test, whatever happened."""
    homes: list[Home] = []

    def make(name: str) -> Home:
        home = Home(tmp_path / name)
        home.paths.home.mkdir(parents=True)
        (home.paths.home / "packages").symlink_to(programs)
        homes.append(home)
        return home

    yield make
    for home in homes:
        for child in home.children:
            child.kill()
            child.communicate()
        connection.stop(home.paths)
        home.assert_nothing_left(40)
        shutil.rmtree(home.cache)


@pytest.fixture
def home(new_home: Callable[[str], Home]) -> Home:
    """One home."""
    return new_home("cache")


def client(home: Home) -> docker.DockerClient:
    """A client of a home's engine."""
    return docker.DockerClient(base_url=home.paths.url, timeout=60)
