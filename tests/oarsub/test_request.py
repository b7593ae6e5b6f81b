from __future__ import annotations

import shlex
from typing import Any

import pytest

from harness.model.job import ALL, BEST, BESTHALF, Level
from harness.oarsub.admission import admit
from harness.oarsub.request import JobRequest, read_request
from harness.oarsub.reservation import Reservation
from harness.oarsub.resource_request import Alternative, ResourceGroup
from harness.oarsub.row_options import NotInRows

CONF = {"OARSUB_DEFAULT_RESOURCES": "/resource_id=1", "OARSUB_NODES_RESOURCES": "network_address"}


def read(line: str, **conf: str) -> JobRequest:
    return read_request(shlex.split(line), {**CONF, **conf})


def asked(*levels: Level, condition: str = "", walltime: int | None = None) -> Alternative:
    return Alternative((ResourceGroup(levels, condition),), walltime)


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        ("core=1", asked(Level("core", 1))),
        ("/core=1", asked(Level("core", 1))),
        ("nodes=2/core=3,walltime=2", asked(Level("network_address", 2), Level("core", 3), walltime=7200)),
        ("host=ALL/cpu=BEST/core=BESTHALF", asked(Level("host", ALL), Level("cpu", BEST), Level("core", BESTHALF))),
        (" / host = 1 / core = 2 , walltime = 0:90:1 ", asked(Level("host", 1), Level("core", 2), walltime=5401)),
        ("walltime=1:2", asked(Level("resource_id", 1), walltime=3720)),
        ("{mem > 3}/host=1", asked(Level("host", 1), condition="mem > 3")),
        ("{mem > 3}", asked(Level("resource_id", 1), condition="mem > 3")),
        ("{mem > 3},walltime=0:0:5", asked(Level("resource_id", 1), condition="mem > 3", walltime=5)),
        ("{a in ('x,y', 'p+q/r')}core=1", asked(Level("core", 1), condition="a in ('x,y', 'p+q/r')")),
        ("core=0,walltime=0", asked(Level("core", 0), walltime=0)),
    ],
)
def test_one_alternative(request_: str, wanted: Alternative) -> None:
    assert read(f"oarsub -l {shlex.quote(request_)} x").alternatives == (wanted,)


def test_groups_are_held_together_and_alternatives_are_not() -> None:
    request = read("oarsub -l {gpu=1}/host=1/core=2+cpu=1,walltime=3 --resource core=4 x")
    groups = (ResourceGroup((Level("host", 1), Level("core", 2)), "gpu=1"), ResourceGroup((Level("cpu", 1),)))
    assert request.alternatives == (Alternative(groups, 10800), asked(Level("core", 4)))


def test_nothing_asked_is_the_default_of_the_configuration() -> None:
    assert read("oarsub x").alternatives == (asked(Level("resource_id", 1)),)
    changed = read("oarsub x", OARSUB_DEFAULT_RESOURCES="/nodes=2,walltime=1", OARSUB_NODES_RESOURCES="host")
    assert changed.alternatives == (asked(Level("host", 2), walltime=3600),)


@pytest.mark.parametrize(
    "request_",
    [
        *("", "core", "core=", "core=x", "core=-1", "core=1/", "core=1,", "core=1+", "+core=1", "core=all", "Core=1"),
        *("core=1,core=2", "core=1,walltime=", "core=1,walltime=1:2:3:4", "core=1,walltime=1h", "core=1,walltime=-1"),
        *(
            "core=1,walltime=1+core=2",
            "core=1+walltime=2",
            "core=1,walltime=1,walltime=2",
            "core=1,walltime=999999999",
        ),
        *("{}core=1", "{a=1}{b=1}core=1", "{a=1", "core=1{a=1}", "core=99999999999", "core=1;x", "co-re=1"),
    ],
)
def test_unusual_requests_are_for_oarsub_alone(request_: str) -> None:
    with pytest.raises(NotInRows):
        read(f"oarsub -l {shlex.quote(request_)} x")


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("oarsub 'sleep 10'", {"command": "sleep 10", "asked": "oarsub sleep 10"}),
        ("oarsub -q a -q b x", {"queue": "b"}),
        ("oarsub -p a=1 --property 'b = 2' x", {"properties": "b = 2"}),
        ("oarsub -t b -t a x", {"types": ("b", "a")}),
        ("oarsub -n n --project p x --array=3", {"name": "n", "project": "p", "array": 3}),
        ("oarsub -a 3 --anterior 1 x", {"after": (3, 1)}),
        ("oarsub --checkpoint 5 --signal 9 --hold -vl core=1 x", {"checkpoint": 5, "signal": 9, "hold": True}),
        ("oarsub -t noop", {"command": None, "interactive": False}),
        ("oarsub -t noop x", {"command": "x"}),
        ("oarsub -d /tmp -O o -E e.%jobid% x", {"directory": "/tmp", "stdout": "o", "stderr": "e.%jobid%"}),
        ("oarsub -n '' x", {"name": ""}),
    ],
)
def test_options(line: str, fields: dict[str, Any]) -> None:
    request = read(line)
    assert {name: getattr(request, name) for name in fields} == fields


def test_a_reservation_without_a_command_is_interactive() -> None:
    request = read("oarsub -r '2026-01-05 08:10:00'")
    assert (request.reservation, request.interactive, request.command) == (Reservation(1767600600), True, "")
    assert read("oarsub -r '2026-01-05 08:10:00' x").interactive is False


def test_the_end_of_a_reservation_is_the_walltime_of_those_without() -> None:
    request = read("oarsub -r '2026-01-05 08:10:00, 2026-01-05 08:40:00' -l core=1 -l core=2,walltime=1 x")
    assert [each.walltime for each in request.alternatives] == [1800, 3600]


@pytest.mark.parametrize(
    "line",
    [
        *("oarsub -r now x", "oarsub -r 08:10 x", "oarsub --array-param-file f x", "oarsub -k x", "oarsub -e f x"),
        *("oarsub ''", 'oarsub -n "it\'s" x', "oarsub -n é x", "oarsub -a 1 -a 1 x", "oarsub --signal=-9 x"),
        *("oarsub --notify someone x", "oarsub -O '' x", "oarsub -O 'a;b' x", 'oarsub -t "a\'b" x'),
        *("oarsub --array 2 -r '2026-01-05 08:10:00'", "oarsub -n " + 101 * "x" + " x", "oarsub 'x\ny'"),
    ],
)
def test_unusual_lines_are_for_oarsub_alone(line: str) -> None:
    with pytest.raises(NotInRows):
        read(line)


def admitted(line: str) -> JobRequest:
    return admit(read(line), "alice")


def test_a_fresh_server_completes_a_request() -> None:
    request = admitted("oarsub -l core=1 -l '{mem > 1}/core=2,walltime=1' x")
    assert request.queue == "default"
    assert request.properties == "desktop_computing = 'NO'"
    assert [each.walltime for each in request.alternatives] == [7200, 3600]
    conditions = [each.groups[0].condition for each in request.alternatives]
    assert conditions == ["type = 'default'", "(mem > 1) AND type = 'default'"]


@pytest.mark.parametrize("condition", ["type = 'x'", "type='x'", "a = 1 AND type = 'x'", "(type = 'x')"])
def test_a_group_that_speaks_of_its_type_is_left_alone(condition: str) -> None:
    (alternative,) = admitted(f'oarsub -l "{{{condition}}}core=1" x').alternatives
    assert alternative.groups[0].condition == condition


@pytest.mark.parametrize(
    "line", ["oarsub -t besteffort x", "oarsub -q besteffort x", "oarsub -q default -t besteffort x"]
)
def test_best_effort_is_queue_type_and_property_together(line: str) -> None:
    request = admitted(line)
    assert (request.queue, request.types) == ("besteffort", ("besteffort",))
    assert request.properties == "(besteffort = 'YES') AND desktop_computing = 'NO'"


def test_conditions_are_joined_in_the_order_of_the_rules() -> None:
    request = admitted("oarsub -p m=1 -t deploy -t besteffort -t desktop_computing -l nodes=1 x")
    assert request.properties == ("(((m=1) AND besteffort = 'YES') AND deploy = 'YES') AND desktop_computing = 'YES'")


@pytest.mark.parametrize(
    "line",
    [
        *("oarsub -q admin x", "oarsub -t fancy x", "oarsub -t container= x", "oarsub -t timesharing x"),
        *("oarsub -t besteffort -r '2026-01-05 08:10:00' x", "oarsub -l cpuset=1 x", "oarsub -t deploy x"),
        *("oarsub -t deploy -l host=1/core=1 x", "oarsub -l next_state=1 x", "oarsub -t postpone=tomorrow x"),
    ],
)
def test_what_a_rule_turns_away_is_for_oarsub_alone(line: str) -> None:
    with pytest.raises(NotInRows):
        admitted(line)


def test_who_may_not_submit() -> None:
    with pytest.raises(NotInRows, match="rule 2"):
        admit(read("oarsub x"), "root")
