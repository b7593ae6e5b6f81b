"""A user's condition that takes for ever ends at a limit, is reported as such, and leaves the server as it was."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

import harness.oar2.submit
import harness.oar2.users_sql
from harness.oar2.users_sql import SlowCondition, UsersSql
from harness.plan.plan_server import PlanServer
from harness.workload.scenario import Scenario, parse_scenario

CONDITION = "host = 'node1' OR pg_sleep(100) IS NOT NULL"


def scenario(condition: str, *more: str) -> Scenario:
    line = " ".join(("oarsub -l core=1", *more, f'-p "{condition}"', "'sleep 60'"))
    return parse_scenario(
        f"title = 't'\ncluster = '4 nodes'\n[[job]]\nname = 'one'\nuser = 'alice'\nsubmit = '''{line}'''\n"
    )


def test_time_that_is_used_up_is_not_given_again() -> None:
    said: list[str] = []
    clock = UsersSql(said.append, seconds=0.0)
    with pytest.raises(SlowCondition, match="within 0 s which resources fulfil 'a = 1'"), clock.asking("a = 1"):
        raise AssertionError("it was asked")
    assert said == []


def test_other_errors_are_left_as_they_are() -> None:
    error = OperationalError("select", {}, Exception("the server is gone"))
    with pytest.raises(OperationalError), UsersSql(lambda _: None).asking("x"):
        raise error


@pytest.mark.engine
@pytest.mark.parametrize("option", ["-p", "-l"])
def test_a_condition_that_sleeps(plan_server: PlanServer, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    monkeypatch.setattr(harness.oar2.users_sql.UsersSql.__init__, "__defaults__", (2.0,))
    group = f'-l "{{{CONDITION}}}/host=1"'
    slow = scenario(CONDITION) if option == "-p" else scenario("host IS NOT NULL", group)
    with pytest.raises(SlowCondition, match="within 2 s"):
        plan_server.snapshot(slow, by="any")
    assert plan_server.alive()
    assert busy(plan_server) == 0
    assert plan_server.snapshot(scenario("host = 'node1'"), by="any").names == {1: "one"}


@pytest.mark.engine
def test_a_condition_that_oarsub_itself_sleeps_on(plan_server: PlanServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness.oar2.submit, "SECONDS", 5.0)
    monkeypatch.setattr(harness.oar2.users_sql.UsersSql.__init__, "__defaults__", (2.0,))
    (fate,) = plan_server.snapshot(scenario(CONDITION), by="oarsub").refused.values()
    assert fate.message == "oarsub did not end in 5 s, and was ended"
    monkeypatch.undo()
    assert plan_server.snapshot(scenario("host = 'node1'"), by="oarsub").names == {1: "one"}
    assert busy(plan_server) == 0


def busy(plan_server: PlanServer) -> int:
    """Statements that PostgreSQL is still at."""
    with plan_server.server.administration.connect() as connection:
        found: Any = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%%pg_sleep%%'"
            " AND pid <> pg_backend_pid()"
        ).scalar()
    return int(found)
