"""Footprints of a real server: the same twice, and whatever is done to its database or its files is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.compare.footprint_diff import leftovers
from harness.model.procedure import Footprint
from harness.oar2.server import Oar2Server
from harness.procedure.database_tables import HISTORY
from harness.procedure.take_footprint import take_footprint

pytestmark = pytest.mark.engine

DONE = (
    "ALTER TABLE jobs ADD COLUMN left_column real DEFAULT 1",
    "ALTER TABLE queues ALTER COLUMN state SET DEFAULT 'notActive'",
    "CREATE TABLE left_table (id integer PRIMARY KEY, note text)",
    "INSERT INTO left_table VALUES (7, NULL)",
    "CREATE INDEX left_index ON jobs (project)",
    "ALTER TABLE queues ADD CONSTRAINT left_check CHECK (priority < 1000)",
    "CREATE SEQUENCE left_sequence",
    "CREATE FUNCTION left_function() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "UPDATE admission_rules SET enabled = 'NO' WHERE id = 1",
    "GRANT SELECT ON left_table TO oar_ro",
)
UNDONE = (
    "ALTER TABLE jobs DROP COLUMN left_column",
    "ALTER TABLE queues ALTER COLUMN state SET DEFAULT 'Active'",
    "DROP TABLE left_table",
    "DROP INDEX left_index",
    "ALTER TABLE queues DROP CONSTRAINT left_check",
    "DROP SEQUENCE left_sequence",
    "DROP FUNCTION left_function()",
    "UPDATE admission_rules SET enabled = 'YES' WHERE id = 1",
)
FILES = "ln -s /bin/false /usr/lib/oar/schedulers/left; touch /usr/lib/oar/a.py; chown root /etc/oar/sshd_config"
NO_FILES = "rm /usr/lib/oar/schedulers/left /usr/lib/oar/a.py; chown oar /etc/oar/sshd_config"


def tell(server: Oar2Server, statements: tuple[str, ...]) -> None:
    with server.database.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture
def before(server: Oar2Server) -> Iterator[Footprint]:
    footprint = take_footprint(server)
    yield footprint
    tell(server, UNDONE)
    server.container.run("sh", "-c", NO_FILES)
    assert leftovers(footprint, take_footprint(server)) == (), "what is undone leaves nothing"


def test_all_that_is_done_is_named(server: Oar2Server, before: Footprint) -> None:
    assert {"queues default", "admission_rules 1"} <= set(before.areas["row"])
    assert not any(name.partition(" ")[0] in HISTORY for name in before.areas["row"])
    assert {"/usr/lib/oar/sarko", "/etc/oar/oar.conf", "/var/log/oar.log"} <= set(before.areas["file"])
    assert "content" not in before.areas["file"]["/var/log/oar.log"]
    assert "Almighty: bipbip" in before.areas["process"]
    assert "oar-server" in before.areas["package"]
    tell(server, DONE)
    server.container.run("sh", "-c", FILES)
    found = {each.name: (each.how, each.why) for each in leftovers(before, take_footprint(server))}
    assert found["column jobs.left_column"][0] == "added"
    assert "type real, default 1" in found["column jobs.left_column"][1]
    assert "'notActive'" in found["column queues.state"][1]
    assert found["row left_table 7"] == ("added", "id 7, note null")
    assert found["row admission_rules 1"] == ("changed", "enabled was YES, is NO")
    assert found["file /usr/lib/oar/schedulers/left"][1].endswith("target /bin/false")
    assert found["file /etc/oar/sshd_config"] == ("changed", "owner was oar:root, is root:root")
    assert "oar_ro" in found["table left_table"][1]
    for name in ("index left_index", "constraint queues.left_check", "sequence left_sequence"):
        assert found[name][0] == "added"
    assert found["function left_function()"][0] == "added"
