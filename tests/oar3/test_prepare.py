"""What OAR3 needs beyond its documentation, found by trying."""

from __future__ import annotations

import pytest

from harness.oar2.server import Oar2Server
from harness.oar3.diagnose import diagnose
from harness.oar3.prepare import Prepared, prepare
from harness.oar3.source import Oar3Source
from harness.oar3.trial import try_database, try_import
from harness.run.arms import Arm
from harness.run.workshop import Workshop
from tests.servers import NATIVE

pytestmark = [pytest.mark.engine, pytest.mark.oar3]


def test_3_0_2_on_trixie_needs_a_package_and_a_column(prepared: Prepared, oar3: Oar3Source) -> None:
    if oar3.name != "3.0.2" or oar3.origin != "tree":
        pytest.skip(f"the copy of OAR3 is {oar3.name} ({oar3.origin}), not the tree of 3.0.2")
    assert [adaptation.id for adaptation in prepared.adaptations] == [
        "package:python3-rich",
        "column:jobs.last_karma",
    ]
    rich, karma = prepared.adaptations
    assert rich.because == "ModuleNotFoundError: No module named 'rich'"
    assert karma.what == "ALTER TABLE jobs ADD COLUMN IF NOT EXISTS last_karma FLOAT"
    assert "column jobs.last_karma does not exist" in karma.because
    assert prepared.statements == (karma.what,)
    assert prepared.trouble == ""


def test_it_is_prepared_once_and_found_again(workshop: Workshop, prepared: Prepared, oar3: Oar3Source) -> None:
    told: list[str] = []
    assert prepare(workshop.client, workshop.image.tag, oar3, {}, told.append) == prepared
    assert told == [], "nothing was installed again"


def test_without_its_packages_it_does_not_even_start(
    workshop: Workshop, prepared: Prepared, oar3: Oar3Source
) -> None:
    packages = [each.id.partition(":")[2] for each in prepared.adaptations if each.id.startswith("package:")]
    if not packages:
        pytest.skip(f"OAR3 {oar3.name} needs no package beyond its documentation")
    with workshop.lane("bare", Arm("any", NATIVE, oar3), almighty=False) as lane:
        server = Oar2Server(lane)
        assert try_import(server) == ""
        assert "UndefinedColumn" in try_database(server), "a fresh database lacks what the statements add"
        lane.server.run("dpkg", "--force-all", "--remove", *packages)
        need = diagnose(try_import(server))
        assert need
        assert f"python3-{need.name}" in packages
