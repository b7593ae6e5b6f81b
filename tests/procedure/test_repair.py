"""What an error calls for if no module and no column is missing: the labels that kao's page does not name."""

from __future__ import annotations

from typing import Any

import pytest

from harness.procedure.repair import Repairer

LABELS = "resource_id,network_address,cpu,core"
DEATH = """\
Traceback (most recent call last):
  File "/usr/lib/oar/kao", line 4, in <module>
    sys.exit(main())
  File "/usr/lib/python3/dist-packages/oar/kao/scheduling.py", line 287, in some_slots
    found(here)
  File "/usr/lib/python3/dist-packages/oar/kao/scheduling.py", line 106, in find_resource_hierarchies_job
    here[name]
    ~~~~^^^^^^
KeyError: 'core'
"""


class Server:
    """Remembers what is set."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}

    def set_conf(self, keys: dict[str, Any]) -> None:
        self.keys |= keys


@pytest.fixture
def server() -> Server:
    return Server()


def test_a_label_that_is_not_there_is_told(server: Server) -> None:
    advice = Repairer(server, None, LABELS).advise(DEATH)  # type: ignore[arg-type]
    assert advice == f"HIERARCHY_LABELS=\"{LABELS}\" in oar.conf: 'core' is asked for, and not among them"
    assert server.keys == {}, "as written, nothing is done"


def test_it_is_set_once(server: Server) -> None:
    repairer = Repairer(server, None, LABELS)  # type: ignore[arg-type]
    done = repairer.repair(DEATH)
    assert done
    assert (done.id, done.because) == ("conf:HIERARCHY_LABELS", "KeyError: 'core' in a round")
    assert server.keys == {"HIERARCHY_LABELS": LABELS}
    assert repairer.repair(DEATH) is None, "what did not help is not done again"
    assert repairer.done == [done]


@pytest.mark.parametrize(
    "log", ["", "all is well", "KeyError: 'core'", DEATH.replace("find_resource", "lose_resource")]
)
def test_nobody_knows(server: Server, log: str) -> None:
    repairer = Repairer(server, None, LABELS)  # type: ignore[arg-type]
    assert repairer.advise(log) == ""
    assert repairer.repair(log) is None
