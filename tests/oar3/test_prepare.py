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


def test_3_0_2_on_trixie_needs_a_column(prepared: Prepared, oar3: Oar3Source) -> None:
    if oar3.name != "3.0.2" or oar3.origin != "tree":
        pytest.skip(f"the copy of OAR3 is {oar3.name} ({oar3.origin}), not the tree of 3.0.2")
    assert [adaptation.id for adaptation in prepared.adaptations] == ["column:jobs.last_karma"]
    (karma,) = prepared.adaptations
    assert karma.what == "ALTER TABLE jobs ADD COLUMN IF NOT EXISTS last_karma FLOAT"
    assert "column jobs.last_karma does not exist" in karma.because
    assert prepared.statements == (karma.what,)
    assert prepared.trouble == ""


def test_it_is_prepared_once_and_found_again(workshop: Workshop, prepared: Prepared, oar3: Oar3Source) -> None:
    told: list[str] = []
    assert prepare(workshop.client, workshop.image.tag, oar3, {}, told.append) == prepared
    assert told == [], "nothing was installed again"


def test_without_its_packages_it_does_not_even_start(workshop: Workshop, oar3: Oar3Source) -> None:
    if oar3.name != "3.0.2" or oar3.origin != "tree":
        pytest.skip(f"the copy of OAR3 is {oar3.name} ({oar3.origin}), not the tree of 3.0.2")
    with workshop.lane("bare", Arm("any", NATIVE, oar3), almighty=False) as lane:
        server = Oar2Server(lane)
        assert try_import(server) == ""
        assert "UndefinedColumn" in try_database(server), "a fresh database lacks what the statements add"
        # Recommended by what the documentation lists, so it is not there where recommended packages are not wanted.
        lane.server.run("dpkg", "--force-all", "--remove", "python3-rich")
        need = diagnose(try_import(server))
        assert need
        assert (need.kind, need.name) == ("module", "rich")
        assert need.error == "ModuleNotFoundError: No module named 'rich'"
