"""Real servers for the tests, one provisioner a session and few lanes shared; a time limit for each test."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.engine import ending
from harness.engine.lane import Lane
from harness.model.fault import MachineFault
from harness.model.record import Missing
from harness.oar2.database_clock import written
from harness.oar2.server import Oar2Server
from harness.oar3.copies import find
from harness.oar3.prepare import Prepared
from harness.oar3.source import Oar3Source
from harness.plan.plan_server import EPOCH, PlanServer
from harness.run.columns import Column
from harness.run.environment import Provisioner
from tests.servers import CLUSTER, NATIVE

_SECONDS = 600


def pytest_configure() -> None:
    """If pytest was started in the background of a shell, SIGINT is ignored, also by what tests start: undone."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Set it here, as pytest knows no such setting if pytest-timeout is not installed, and then refuses to run."""
    if config.pluginmanager.hasplugin("timeout"):
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent) and not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(_SECONDS))


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Whatever a command that ran here did with signals is undone."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    ending.uninstall()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def provisioner() -> Iterator[Provisioner]:
    """An engine and the image; skips if this machine can have no engine."""
    opened = Provisioner("trixie", lambda _: None)
    try:
        opened.__enter__()
    except MachineFault as fault:
        if fault.where == "container engine":
            pytest.skip(str(fault))
        raise
    yield opened
    opened.__exit__(None, None, None)


@pytest.fixture(scope="session")
def lane(provisioner: Provisioner) -> Iterator[Lane]:
    """A plain OAR2 server with its Almighty."""
    with provisioner.lane("shared") as started:
        yield started


@pytest.fixture(scope="session")
def server(lane: Lane) -> Oar2Server:
    """The server of that lane, with a cluster of two nodes."""
    found = Oar2Server(lane)
    found.populate(CLUSTER)
    return found


@pytest.fixture(scope="session")
def oar3(provisioner: Provisioner) -> Oar3Source:
    """The copy of OAR3 that a run would take; skips if there is none."""
    found = find()
    if isinstance(found, Missing):
        pytest.skip(f"no OAR3: {found.why}")
    provisioner.prepare(found)
    return found[0]


@pytest.fixture(scope="session")
def prepared(provisioner: Provisioner, oar3: Oar3Source) -> Prepared:
    """The image with OAR3."""
    return provisioner.prepared(oar3)


@pytest.fixture(scope="session")
def mixed_server(provisioner: Provisioner, oar3: Oar3Source) -> Iterator[Oar2Server]:
    """A server with its Almighty, prepared for OAR3, with a cluster of two nodes."""
    with provisioner.lane("mixed", Column("any", NATIVE, oar3)) as started:
        found = Oar2Server(started)
        found.populate(CLUSTER)
        yield found


@pytest.fixture(scope="session")
def plan_server(provisioner: Provisioner) -> Iterator[PlanServer]:
    """A bench for plan cases, of OAR2 alone."""
    with provisioner.lane("bench", almighty=False, clock=written(EPOCH)) as started:
        yield PlanServer(started)


@pytest.fixture(scope="session")
def mixed_plan_server(provisioner: Provisioner, oar3: Oar3Source) -> Iterator[PlanServer]:
    """A bench for plan cases with OAR3."""
    column = Column("any", NATIVE, oar3)
    with provisioner.lane("mixed-bench", column, almighty=False, clock=written(EPOCH)) as started:
        yield PlanServer(started, provisioner.prepared(oar3).statements)
