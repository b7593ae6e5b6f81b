"""What is done about an error, on a server that only remembers what was asked of it; pip's index is a folder."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from harness.engine.container_commands import CommandFault, Completed
from harness.model.fault import MachineFault
from harness.oar3.adapt import Adapter
from harness.oar3.diagnose import Need, diagnose
from harness.oar3.install import Unmet
from harness.oar3.source import read_tree
from tests.oar3.test_wheels import make_wheel

if TYPE_CHECKING:
    from tests.oar3.conftest import MakeTree


@dataclass
class Container:
    """Has Debian's packages ``debian`` on offer, and Python's packages ``python`` installed."""

    debian: tuple[str, ...] = ()
    python: dict[str, str] = field(default_factory=dict)
    apt: str = ""
    calls: list[tuple[str, ...]] = field(default_factory=list)
    tars: list[str] = field(default_factory=list)

    def run(self, *argv: str, check: bool = True, **_: Any) -> Completed:
        self.calls.append(argv)
        output, code = "", 0
        if argv[:2] == ("apt-cache", "policy"):
            output = f"Candidate: {'1.0' if argv[2] in self.debian else '(none)'}"
        elif argv[0] == "apt-get" and self.apt:
            output, code = self.apt, 100
        elif "importlib.metadata" in str(argv[2:3]):
            output = self.python.get(argv[3], "")
            code = 0 if output else 1
        elif argv[:2] == ("python3", "-c"):
            output = "3.11"
        done = Completed(argv, code, output, "")
        if check and code:
            raise CommandFault(done, "server")
        return done

    def put_tar(self, folder: str, _archive: bytes) -> None:
        self.tars.append(folder)

    @property
    def installed(self) -> list[str]:
        return [call[-1] for call in self.calls if call[0] == "apt-get"]


def adapter(tree: Path, container: Container) -> Adapter:
    lane = SimpleNamespace(server=container, egress=lambda: contextlib.nullcontext({}))
    return Adapter(SimpleNamespace(container=container, lane=lane), read_tree(tree))  # type: ignore[arg-type]


@pytest.fixture
def wheel_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def tree(tmp_path: Path, make_tree: MakeTree) -> Path:
    made = make_tree(tmp_path / "tree")
    with (made / "pyproject.toml").open("a") as file:
        file.write('[tool.poetry.dependencies]\ndummy = "^1.0"\nzmq = "*"\n')
    return made


@pytest.mark.parametrize(
    "error",
    [
        "ImportError: cannot import name 'schedule' from 'oar.kao.scheduling' (/opt/x/oar/kao/scheduling.py)",
        "ModuleNotFoundError: No module named 'oar.kao.gone'",
        "ModuleNotFoundError: No module named 'oar'",
        "AttributeError: module 'oar.lib.models' has no attribute 'Gone'",
        "ModuleNotFoundError: No module named 'tests'",
        "ModuleNotFoundError: No module named 'distutils'",
        "ModuleNotFoundError: No module named 'nobody_names_this'",
    ],
)
def test_what_is_oar3_s_own_or_named_by_nobody_is_never_fetched(wheel_folder: Path, tree: Path, error: str) -> None:
    """Packages of all these names can be had, and none is taken: the error is the tree's own."""
    for name in ("oar", "tests", "distutils", "nobody_names_this"):
        make_wheel(wheel_folder, name)
    (tree / "tests").mkdir()
    (tree / "tests" / "test_x.py").write_text("")
    container = Container(debian=("python3-oar", "python3-nobody-names-this", "python3-tests", "python3-distutils"))
    need = diagnose(error)
    assert need
    made = adapter(tree, container)
    assert made.meet(need) is None
    assert made.refused
    assert (container.installed, container.tars) == ([], [])


def test_debian_s_package_comes_first(wheel_folder: Path, tree: Path) -> None:
    make_wheel(wheel_folder, "dummy")
    container = Container(debian=("python3-dummy",))
    done = adapter(tree, container).meet(Need("module", "dummy", "ModuleNotFoundError: …"))
    assert done
    assert done.id == "package:python3-dummy"
    assert container.installed == ["python3-dummy"]
    assert "--no-remove" in next(call for call in container.calls if call[0] == "apt-get")


def test_a_wheel_where_debian_has_none_or_cannot_install_it(wheel_folder: Path, tree: Path) -> None:
    make_wheel(wheel_folder, "dummy")
    for container in (
        Container(),
        Container(debian=("python3-dummy",), apt=" x : Depends: y but it is not installable\nE: unmet dependencies"),
    ):
        done = adapter(tree, container).meet(Need("module", "dummy", "ModuleNotFoundError: …"))
        assert done
        assert done.id == "wheel:dummy"
        assert "dummy<2,>=1.0" in done.what
        assert container.tars == ["/usr/local/lib/python3.11/dist-packages"]


def test_a_mirror_that_cannot_be_reached_is_the_machine_s_fault(wheel_folder: Path, tree: Path) -> None:
    make_wheel(wheel_folder, "dummy")
    container = Container(debian=("python3-dummy",), apt="Err: Temporary failure resolving 'deb.example.org'")
    with pytest.raises(MachineFault, match="Temporary failure") as caught:
        adapter(tree, container).meet(Need("module", "dummy", "ModuleNotFoundError: …"))
    assert not isinstance(caught.value, CommandFault | Unmet)


@pytest.mark.parametrize(
    ("there", "adapted"), [("0.9", True), ("2.0", True), ("1.4", False), ("1.0", False), ("nonsense", True)]
)
def test_a_package_is_replaced_only_where_it_is_not_what_oar3_asks_for(
    wheel_folder: Path, tree: Path, there: str, adapted: bool
) -> None:
    """A name that OAR3 mistyped is no sign of an old library."""
    make_wheel(wheel_folder, "dummy")
    container = Container(python={"dummy": there})
    made = adapter(tree, container)
    done = made.meet(Need("too-old", "dummy", "ImportError: cannot import name 'x' from 'dummy'"))
    assert (done is not None) is adapted
    assert bool(made.refused) is not adapted
    assert bool(container.tars) is adapted


def test_the_lock_file_s_version_first_and_the_range_where_it_cannot_be_had(wheel_folder: Path, tree: Path) -> None:
    make_wheel(wheel_folder, "dummy", requires="Requires-Dist: other\n")
    make_wheel(wheel_folder, "other")
    lock = '[[package]]\nname = "dummy"\nversion = "{}"\n[[package]]\nname = "other"\nversion = "1.0"\n'
    (tree / "poetry.lock").write_text(lock.format("1.0"))
    done = adapter(tree, Container()).meet(Need("module", "dummy", "…"))
    assert done
    assert "dummy==1.0 put" in done.what
    (tree / "poetry.lock").write_text(lock.format("1.7"))
    done = adapter(tree, Container()).meet(Need("module", "dummy", "…"))
    assert done
    assert "dummy<2,>=1.0 put" in done.what
    assert "dummy==1.7, as locked, is not to be had" in done.what


def test_what_comes_along_is_locked_too(wheel_folder: Path, tree: Path) -> None:
    make_wheel(wheel_folder, "dummy", requires="Requires-Dist: other\n")
    make_wheel(wheel_folder, "other")
    lock = '[[package]]\nname = "dummy"\nversion = "1.0"\n[[package]]\nname = "other"\nversion = "0.5"\n'
    (tree / "poetry.lock").write_text(lock)
    done = adapter(tree, Container()).meet(Need("module", "dummy", "…"))
    assert done
    assert "as locked, is not to be had" in done.what, "its companion was not, so it is not what was locked"


@pytest.mark.usefixtures("wheel_folder")
def test_nothing_is_to_be_had(tree: Path) -> None:
    made = adapter(tree, Container())
    assert made.meet(Need("module", "dummy", "…")) is None
    assert "is not to be had for Python 3.11" in made.refused


def test_a_wheel_that_would_hide_oar3_is_not_put_there(wheel_folder: Path, tree: Path) -> None:
    make_wheel(wheel_folder, "dummy", **{"oar/__init__.py": "raise SystemExit('foreign')\n"})
    container = Container()
    made = adapter(tree, container)
    assert made.meet(Need("module", "dummy", "…")) is None
    assert "would hide OAR3's own" in made.refused
    assert container.tars == []


@pytest.mark.parametrize(
    ("container", "advice"),
    [
        (
            Container(debian=("python3-dummy",)),
            "Debian's package python3-dummy, which is not among the documented ones",
        ),
        (Container(), "Python package dummy<2,>=1.0: Debian's is not there"),
        (Container(python={"dummy": "0.9"}), "Python package dummy<2,>=1.0: Debian's is 0.9, which is not what OAR3"),
        (Container(python={"dummy": "1.9"}), ""),
    ],
)
def test_advice_is_what_would_be_done_and_does_nothing(tree: Path, container: Container, advice: str) -> None:
    made = adapter(tree, container)
    assert str(made.remedy(Need("module", "dummy", "…"))).startswith(advice)
    assert container.installed == []
