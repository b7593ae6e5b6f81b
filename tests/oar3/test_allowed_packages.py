"""The list of what may be installed: what OAR3's files name, read without trusting them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from harness.oar3.allowed_packages import Allowed, allowed
from harness.oar3.deb import read_debs
from harness.oar3.requirement import RefusedRequirement, from_line, from_poetry
from harness.oar3.source import read_tree

if TYPE_CHECKING:
    from tests.oar3.conftest import MakeDeb, MakeTree


@pytest.fixture
def tree(tmp_path: Path, make_tree: MakeTree) -> Path:
    return make_tree(tmp_path / "tree")


def with_dependencies(tree: Path, lines: str) -> Allowed:
    with (tree / "pyproject.toml").open("a") as file:
        file.write(f"[tool.poetry.dependencies]\npython = '>=3.10, <4'\n{lines}\n")
    return allowed(read_tree(tree))


@pytest.mark.parametrize(
    ("module", "declared", "requirement"),
    [
        ("sqlalchemy", 'SQLAlchemy = "^2.0.0"', "SQLAlchemy<3,>=2.0.0"),
        ("sqlalchemy_utils", 'SQLAlchemy-Utils = ">=0.37.3"', "SQLAlchemy-Utils>=0.37.3"),
        ("tabulate", 'tabulate = ">=0.8.9, <1.0"', "tabulate<1.0,>=0.8.9"),
        ("passlib", 'passlib = {extras = ["bcrypt"], version = "^1.7.4"}', "passlib<2,>=1.7.4"),
        ("yaml", 'PyYAML = ">=5.0"', "PyYAML>=5.0"),
        ("zmq", 'pyzmq = "<25.0, >=22.0.3"', "pyzmq<25.0,>=22.0.3"),
        ("ClusterShell", 'ClusterShell = ">=1.8"', "ClusterShell>=1.8"),
        ("rich", 'rich = "*"', "rich"),
        ("rich", 'rich = "13.5.2"', "rich==13.5.2"),
        ("rich", 'rich = "13.*"', "rich==13.*"),
        ("rich", 'rich = "^0.3.1"', "rich<0.4,>=0.3.1"),
        ("rich", 'rich = "^0.0.3"', "rich<0.0.4,>=0.0.3"),
        ("rich", 'rich = "^1"', "rich<2,>=1"),
        ("rich", 'rich = "^0"', "rich<1,>=0"),
        ("rich", 'rich = "~1.2.3"', "rich<1.3,>=1.2.3"),
        ("rich", 'rich = "~1"', "rich<2,>=1"),
        ("rich", 'rich = "^1 || ^2"', "rich"),
        ("rich", 'rich = [{version = "^1"}, {version = "^2"}]', "rich"),
    ],
)
def test_a_requirement_is_written_as_pip_reads_it(tree: Path, module: str, declared: str, requirement: str) -> None:
    found = with_dependencies(tree, declared).package(module)
    assert found
    assert found.ranged == requirement
    assert Requirement(found.ranged)


HOSTILE = [
    '"--index-url" = "*"',
    '"--index-url=http://192.0.2.1/" = "*"',
    '"-r /etc/passwd" = "*"',
    '"evil; touch x" = "*"',
    '"evil$(id)" = "*"',
    '"evil`id`" = "*"',
    '"../evil" = "*"',
    '"evil @ https://192.0.2.1/evil.whl" = "*"',
    '"evil\\nother" = "*"',
    'evil = "*; --index-url http://192.0.2.1/"',
    'evil = "==1 --index-url=http://192.0.2.1/"',
    'evil = "$(id)"',
    'evil = {git = "https://192.0.2.1/evil.git"}',
    'evil = {url = "https://192.0.2.1/evil.whl"}',
    'evil = {path = "../evil"}',
    'evil = {version = "*", source = "private"}',
]


@pytest.mark.parametrize("declared", HOSTILE)
def test_what_is_no_name_or_comes_from_elsewhere_is_refused(tree: Path, declared: str) -> None:
    found = with_dependencies(tree, declared)
    assert found.package("evil") is None
    assert all("evil" not in key and "index" not in key for key in found.packages)
    (line,) = found.refused
    assert line.startswith("pyproject.toml names ")
    assert "\n" not in line
    if declared.startswith("evil"):
        assert line in found.why_not("evil"), "the reader sees why nothing was installed"


@pytest.mark.parametrize(
    "line",
    [
        "--index-url http://192.0.2.1/",
        "-r other.txt",
        "-e .",
        "evil @ https://192.0.2.1/evil.whl",
        "https://192.0.2.1/evil.whl",
        "./evil",
        "evil; $(id)",
        "evil --hash=sha256:0",
        "evil\\",
    ],
)
def test_lines_of_requirements_that_are_none(tree: Path, line: str) -> None:
    (tree / "requirements").mkdir()
    (tree / "requirements" / "base.txt").write_text(f"rich>=12 # for tables\n{line}\nescapism")
    found = allowed(read_tree(tree))
    assert found.package("evil") is None
    assert [found.packages[key].ranged for key in ("rich", "escapism")] == ["rich>=12", "escapism"]
    assert len(found.refused) == 1


def test_setup_py_is_read_and_not_run(tree: Path) -> None:
    (tree / "setup.py").write_text(
        "raise SystemExit('run')\nsetup(install_requires=['rich>=12', name], extras_require={'x': ['simpy']})\n"
    )
    found = allowed(read_tree(tree))
    assert found.package("rich").ranged == "rich>=12"  # type: ignore[union-attr]
    assert found.package("simpy")


def test_project_dependencies(tree: Path) -> None:
    with (tree / "pyproject.toml").open("a") as file:
        file.write('[project]\ndependencies = ["rich>=12,<14", "evil @ https://192.0.2.1/x", 3]\n')
    found = allowed(read_tree(tree))
    assert found.package("rich").ranged == "rich<14,>=12"  # type: ignore[union-attr]
    assert found.package("evil") is None


def test_the_lock_file_pins(tree: Path) -> None:
    (tree / "poetry.lock").write_text(
        "".join(
            f'[[package]]\nname = "{name}"\nversion = "{version}"\n{more}\n'
            for name, version, more in (
                ("rich", "13.5.3", ""),
                ("greenlet", "3.0.3", ""),
                ("numpy", "1.0", ""),
                ("numpy", "2.0", ""),
                ("evil", "1.0", '[package.source]\ntype = "git"\nurl = "https://192.0.2.1/evil"\n'),
                ("inner", "1.0", '[package.source]\ntype = "legacy"\nurl = "https://192.0.2.1/simple"\n'),
                ("--pre", "1.0", ""),
                ("bad", "1.0 --pre", ""),
            )
        )
    )
    found = with_dependencies(tree, 'rich = "^13"\nsimplejson = "*"')
    assert found.package("rich").pinned == "rich==13.5.3"  # type: ignore[union-attr]
    assert found.package("greenlet").pinned == "greenlet==3.0.3"  # type: ignore[union-attr]
    assert found.package("numpy").pinned == "numpy", "two versions, for two Pythons: neither"  # type: ignore[union-attr]
    assert dict(found.locked) == {"rich": "13.5.3", "greenlet": "3.0.3"}
    assert [found.package(name) for name in ("evil", "inner", "bad")] == [None, None, None]
    assert len(found.refused) == 4


def test_a_locked_version_outside_of_the_range_is_not_asked_for(tree: Path) -> None:
    (tree / "poetry.lock").write_text('[[package]]\nname = "rich"\nversion = "12.0"\n')
    found = with_dependencies(tree, 'rich = "^13"').package("rich")
    assert found
    assert found.pinned == "rich<14,>=13"


def test_pages_name_debian_s_packages_by_commands_alone(tree: Path) -> None:
    (tree / "docs").mkdir()
    (tree / "docs" / "installation.rst").write_text(
        "Never install python3-evil by hand.\n\n    apt-get install -y perl \\\n    python3-escapism \\\n"
        "      python3-clustershell\n    dpkg -i python3-wheelhouse_1.0-2_all.deb\n    echo python3-shell\n"
    )
    found = allowed(read_tree(tree))
    assert found.debian_package("escapism") == "python3-escapism"
    assert found.debian_package("ClusterShell") == "python3-clustershell"
    assert found.debian_package("wheelhouse") == "python3-wheelhouse"
    assert found.debian_package("evil") == found.debian_package("shell") == ""
    assert found.package("escapism") is None, "the index may have another package of that name"


def test_what_the_documented_procedure_names_is_always_there(tree: Path) -> None:
    found = allowed(read_tree(tree))
    assert found.package("sqlalchemy").ranged == "SQLAlchemy<2.1,>=2"  # type: ignore[union-attr]
    assert found.package("procset")
    assert found.debian_package("zmq") == "python3-zmq"


def test_own_modules_and_python_s_are_never_looked_for(tree: Path) -> None:
    (tree / "tests").mkdir()
    (tree / "tests" / "a.py").write_text("")
    (tree / "Tool.py").write_text("")
    found = with_dependencies(tree, 'oar = "*"\ntests = "*"\ntool = "*"\ndistutils = "*"')
    for module in ("oar", "OAR", "tests", "tool", "distutils"):
        assert found.package(module) is None
        assert found.debian_package(module) == ""
        assert "own" in found.why_not(module)


def test_a_deb_names_what_it_depends_on(tmp_path: Path, make_deb: MakeDeb) -> None:
    fields = "Depends: python3-alembic (>= 1.7), python3-rich | python3-poor, python3:any, python3-procset, perl\n"
    found = allowed(read_debs(make_deb(tmp_path / "d", fields=fields)))
    assert found.debian_package("rich") == "python3-rich"
    assert found.debian_package("poor") == "python3-poor"
    assert found.debian_package("perl") == ""
    assert found.package("rich") is None
    assert found.package("procset")
    assert found.is_own("oar")


def test_files_that_cannot_be_read_name_nothing(tree: Path) -> None:
    (tree / "poetry.lock").write_text("no TOML [")
    (tree / "setup.py").write_text("no Python (")
    os.mkfifo(tree / "README")
    (tree / "requirements.txt").write_bytes(b"\xff\xfe\nrich\n")
    (tree / "docs").symlink_to(tree / "docs")
    assert allowed(read_tree(tree)).package("rich")


def test_another_list_is_another_image(tree: Path) -> None:
    before = allowed(read_tree(tree)).digest
    assert allowed(read_tree(tree)).digest == before
    (tree / "poetry.lock").write_text('[[package]]\nname = "rich"\nversion = "12.0"\n')
    assert allowed(read_tree(tree)).digest != before


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=400)
@given(
    st.text(max_size=12) | st.sampled_from(["rich", "--pre", "a b", "a@b", "rich\n"]),
    st.text(max_size=16)
    | st.sampled_from(["*", "^1.2", "==1; x", "|| -r x"])
    | st.dictionaries(st.sampled_from(["version", "git", "extras"]), st.text(max_size=8)),
)
def test_what_is_taken_is_one_word_that_pip_reads_as_a_package(name: str, entry: object) -> None:
    for read in (lambda: from_poetry(name, entry, "x"), lambda: from_line(f"{name}{entry}", "x")):
        try:
            found = read()
        except RefusedRequirement as refusal:
            lines = str(refusal).splitlines()
            assert len(lines) == 1
            continue
        for word in (found.ranged, found.pinned):
            assert word.split() == [word]
            assert word[0].isalnum()
            requirement = Requirement(word)
            assert requirement.url is None
            assert requirement.marker is None
