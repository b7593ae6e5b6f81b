"""OAR2's scheduler_quotas.conf."""

from __future__ import annotations

import pytest

from harness.model.fault import ConfigurationFault
from harness.model.quota import Quota
from harness.workload.quota_file import parse_quotas

FILE = """
# Implements quotas on: ...
#       $Gantt_quotas->{'*'}->{'*'}->{'*'}->{'*'} = [-1, -1, -1] ;
$Gantt_quotas->{'*'}->{'*'}->{'*'}->{'john'} = [80,10,100] ;   # a comment; with a semicolon
$Gantt_quotas->{"*"}->{proj1}->{'besteffort'}->{'/'} = [ 25, -1,
   2000.5, ];
$Gantt_quotas->{'admin'}->{'/'}->{'*'}->{'*'} = 100 ;
"""


def test_the_documented_syntax() -> None:
    assert parse_quotas(FILE) == (
        Quota(user="john", resources=80, jobs=10, hours=100),
        Quota(project="proj1", type="besteffort", user="/", resources=25, hours=2000.5),
        Quota("admin", "/", resources=100),
    )
    assert parse_quotas("") == ()


def test_the_last_of_a_key_counts() -> None:
    line = "$Gantt_quotas->{'*'}->{'*'}->{'*'}->{'*'} = "
    assert parse_quotas(f"{line}[1, 2];\n{line}3;") == (Quota(resources=3),)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("\n\nuse strict;", "q, line 3"),
        ("$Gantt_quotas->{'*'}->{'*'}->{'*'} = 1;", "q, line 1"),
        ("$Gantt_quotas->{'*'}->{'*'}->{'/'}->{'*'} = 1;", "q, line 1"),
        ("$Gantt_quotas->{'*'}->{'*'}->{'*'}->{'*'} = [1,2,3,4];", "q, line 1"),
        ("$Gantt_quotas->{'*'}->{'*'}->{'*'}->{'*'} = [];", "q, line 1"),
    ],
)
def test_anything_else_is_refused_with_its_line(text: str, where: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        parse_quotas(text, "q")
    assert caught.value.where == where
