"""The two files of quotas: what stands in OAR3's, and that they are put back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, cast

import pytest

from harness.model.combination import Combination
from harness.model.quota import Quota
from harness.model.registry import Registry
from harness.oar2.server import Oar2Server
from harness.oar3.quota_files import OAR2_FILE, OAR3_FILE, QuotaFiles, quota_conf, quotas_json
from harness.plan.plan_server import PlanServer
from harness.workload.quota_file import parse_quotas
from harness.workload.scenario import parse_scenario
from tests.servers import NATIVE, targets

PER_USER = Quota(user="/", resources=4)
MANY = (
    PER_USER,
    Quota("default", "p", "besteffort", "*", 1, 2, 1.5),
    Quota(type="noop", jobs=1),
    Quota(type="noop", user="x"),
)


def test_the_file_of_oar3() -> None:
    assert json.loads(quotas_json(MANY)) == {
        "quotas": {
            "*,*,*,/": [4, -1, -1],
            "default,p,besteffort,*": [1, 2, 1.5],
            "*,*,noop,*": [-1, 1, -1],
            "*,*,noop,x": [-1, -1, -1],
        },
        "job_types": ["besteffort", "noop"],
    }


def test_oar3_minds_quotas_only_where_there_are_some() -> None:
    assert quota_conf(()) == {}
    assert quota_conf(MANY) == {"QUOTAS": "yes", "QUOTAS_CONF_FILE": OAR3_FILE}


class Disk:
    """Stands for a server whose container has files; one that cannot be written says so once."""

    def __init__(self) -> None:
        self.files = {OAR2_FILE: "# the package's\n"}
        self.written: list[str] = []
        self.container = self

    def run(self, *argv: str, **_: bool) -> Disk:
        self.exit_code = 0
        if argv[0] == "cat":
            self.exit_code = 0 if argv[1] in self.files else 1
            self.stdout = self.files.get(argv[1], "")
        else:
            assert argv[0] == "rm"
            self.files.pop(argv[2], None)
        return self

    def write(self, path: str, text: str) -> None:
        self.written.append(path)
        self.files[path] = text


def test_they_are_there_while_they_are_asked_for() -> None:
    disk = Disk()
    files = QuotaFiles(cast(Oar2Server, disk))
    files.put(())
    assert disk.files == {OAR2_FILE: "# the package's\n"}
    assert disk.written == []
    files.put(MANY)
    assert parse_quotas(disk.files[OAR2_FILE]) == MANY
    assert disk.files[OAR3_FILE] == quotas_json(MANY)
    files.put((PER_USER,))
    files.put((PER_USER,))
    assert parse_quotas(disk.files[OAR2_FILE]) == (PER_USER,)
    assert len(disk.written) == 4
    files.put(())
    assert disk.files == {OAR2_FILE: "# the package's\n"}


SCENE = """
title = "t"
cluster = "2 nodes x 1 cpus x 2 cores"
{quota}
[[job]]
name = "one"
user = "alice"
submit = "oarsub -l core=2 x"
[[job]]
name = "two"
user = "alice"
submit = "oarsub -l core=2 x"
"""
LIMIT = "[[quota]]\nuser = 'alice'\nresources = 2\n"


WAYS: tuple[tuple[str, Literal["rows", "oarsub"]], ...] = (
    ("", "rows"),
    (LIMIT, "rows"),
    ("", "oarsub"),
    (LIMIT, "oarsub"),
    ("", "rows"),
)


def waits(plan_server: PlanServer, combination: Combination, folder: Path) -> list[bool]:
    """Whether the second job waits for the first: without a quota and with one, in turn."""
    found = []
    for quota, by in WAYS:
        snapshot = plan_server.snapshot(parse_scenario(SCENE.format(quota=quota)), by)
        assert snapshot.situation.quotas == ((Quota(user="alice", resources=2),) if quota else ())
        seen = plan_server.observe(snapshot, targets(folder, combination))[combination.id]
        assert seen.crashes == ()
        assert seen.schedule
        one, two = (seen.schedule.fates[name].placement for name in ("one", "two"))
        assert one
        assert two
        found.append(two.start > one.start)
    return found


@pytest.mark.engine
def test_no_quota_outlives_its_case(plan_server: PlanServer, tmp_path: Path) -> None:
    def file() -> tuple[list[str], str]:
        listed = plan_server.server.container.run("stat", "-c", "%U %G %a %s", OAR2_FILE).stdout
        return listed.split(), plan_server.server.container.read(OAR2_FILE)

    before = file()
    assert waits(plan_server, NATIVE, tmp_path) == [False, True, False, True, False]
    assert file() == before


@pytest.mark.engine
@pytest.mark.oar3
def test_nor_under_kao(mixed_plan_server: PlanServer, tmp_path: Path) -> None:
    assert waits(mixed_plan_server, Registry().find("kao"), tmp_path) == [False, True, False, True, False]
    assert mixed_plan_server.server.container.run("ls", OAR3_FILE, check=False).exit_code != 0
