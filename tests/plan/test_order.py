"""Plan cases in any order: what one leaves on the server has no part in what the next one decides."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from harness.model.registry import Registry
from harness.model.schedule import Schedule
from harness.oar2.database_clock import written
from harness.oar3.source import Oar3Source
from harness.plan.plan_server import EPOCH, PlanServer
from harness.run.columns import Column
from harness.run.environment import Provisioner
from harness.workload.scenario import load_scenario
from tests.servers import targets

pytestmark = [pytest.mark.engine, pytest.mark.oar3]

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
CASES = (
    "quotas/by-user",  # quotas of one user, in the files of both sides
    "order/fifo",  # four nodes, no quotas, nobody's share
    "order/fair-sharing-by-user",  # targets in oar.conf
    "order/quotas-asked-of-oar3",  # an admission rule, which writes a file
    "order/queues-of-three-priorities",  # queues
    "order/resource-order-by-property",  # a property, and another order of resources
    "requests/array-by-parameters",  # files in a home directory
    "requests/licences",  # resources of another type, another HIERARCHY_LABELS
    "state/dead",  # nodes that are down
    "types/besteffort-killed-by-job",  # a job that runs, and is killed
)
COLUMNS = [
    Registry().find(name)
    for name in (
        "oar_meta_sched+oar_sched_gantt_with_timesharing_and_fairsharing_and_quotas",
        "oar_meta_sched+kamelot",
        "kao",
    )
]


Plans = dict[tuple[str, str], tuple[Schedule | None, bool]]


def plans(plan_server: PlanServer, names: Iterable[str], folder: Path) -> Plans:
    """What each combination plans in each case, and whether a program died of it."""
    found = {}
    for name in names:
        snapshot = plan_server.snapshot(load_scenario(SCENARIOS / f"{name}.toml"), "any")
        for column, seen in plan_server.observe(snapshot, targets(folder / name, *COLUMNS)).items():
            found[name, column] = (seen.schedule, bool(seen.crashes))
    return found


def in_order(provisioner: Provisioner, source: Oar3Source, names: Iterable[str], folder: Path) -> Plans:
    """The cases' plans on a server that nobody used before."""
    column = Column("any", COLUMNS[0], source)
    with provisioner.lane(f"order-{folder.name}", column, almighty=False, clock=written(EPOCH)) as lane:
        return plans(PlanServer(lane, provisioner.prepared(source).statements), names, folder)


def test_the_same_cases_are_planned_alike_in_two_orders(
    provisioner: Provisioner, oar3: Oar3Source, tmp_path: Path
) -> None:
    forwards = in_order(provisioner, oar3, CASES, tmp_path / "forwards")
    backwards = in_order(provisioner, oar3, reversed(CASES), tmp_path / "backwards")
    assert set(forwards) == set(backwards)
    assert len(forwards) == len(CASES) * len(COLUMNS)
    assert [key for key in forwards if forwards[key] != backwards[key]] == []
    shapes = {name: repr(forwards[name, COLUMNS[0].id]) for name in CASES}
    assert len(set(shapes.values())) == len(CASES), "cases that could not be told apart would prove nothing"
