"""An installed wheel works outside a checkout: what it needs travels in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.shipped import CHECKOUT, FIXTURES, SCENARIOS, located


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, installed into a folder of its own; its dependencies are this environment's."""
    assert CHECKOUT is not None
    wheels, place = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("installed")
    # Of a copy: setuptools leaves a folder "build" behind, whose old files would be packed the next time.
    tree = tmp_path_factory.mktemp("copy") / "tree"
    shutil.copytree(
        CHECKOUT, tree, symlinks=True, ignore=shutil.ignore_patterns(".*", "build", "reports", "*.egg-info")
    )
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    built = [*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(tree)]
    subprocess.run(built, check=True, timeout=300)
    (wheel,) = wheels.glob("*.whl")
    subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--target", str(place), str(wheel)], check=True, timeout=300
    )
    return place


def _command(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), "COLUMNS": "200"}
    program = "from harness.cli import main; main()"
    argv = [sys.executable, "-c", program, *words]
    return subprocess.run(argv, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=500)


def test_it_holds_the_demonstration_the_catalogue_known_differences_and_departures(installed: Path) -> None:
    shipped = installed / "harness" / "shipped"
    for name, here in (("fixtures", FIXTURES), ("scenarios", SCENARIOS)):
        assert {str(path.relative_to(here)) for path in here.rglob("*.toml")} == {
            str(path.relative_to(shipped / name)) for path in (shipped / name).rglob("*.toml")
        }
    assert (shipped / "docker-compose.yml").is_file()


def test_it_holds_every_module_of_the_checkout_and_what_runs_in_containers(installed: Path) -> None:
    assert CHECKOUT is not None
    here = CHECKOUT / "harness"
    kinds = {".py", ".pm", ".sh", ".pl", ".json", ".j2", ".typed", ""}
    wanted = {path.relative_to(here) for path in here.rglob("*") if path.is_file() and path.suffix in kinds}
    left_out = {path for path in wanted if not (installed / "harness" / path).is_file()}
    assert not left_out


def test_it_lists_cases_outside_a_checkout(installed: Path, tmp_path: Path) -> None:
    done = _command(installed, tmp_path, "list")
    assert done.returncode == 0, done.stderr
    assert "site " in done.stdout
    assert str(CHECKOUT) not in done.stdout


@pytest.mark.engine
def test_it_compares_on_a_real_server_outside_a_checkout(installed: Path, tmp_path: Path) -> None:
    done = _command(
        installed,
        tmp_path,
        *("run", "--scenario", "scenarios/order/fifo.toml", "--kind", "plan"),
        *("--combination", "oar_meta_sched+oar_sched_gantt_with_timesharing"),
        *("--known", "fixtures/known-differences"),
    )
    assert done.returncode in (0, 1), done.stderr
    assert (tmp_path / "reports" / "latest" / "report.html").is_file()
    assert "oar-compat run" in (tmp_path / "reports" / "latest" / "report.json").read_text()


def test_what_travels_along_is_found_by_the_name_it_has_in_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert located(Path("fixtures/known-differences")) == FIXTURES / "known-differences"
    assert located(Path("scenarios")) == SCENARIOS
    assert located(Path("elsewhere")) == Path("elsewhere")
    assert located(Path("fixtures/none")) == Path("fixtures/none")
    (tmp_path / "scenarios").mkdir()
    assert located(Path("scenarios")) == Path("scenarios"), "what is there comes first"
