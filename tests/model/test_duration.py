from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.duration import format_duration, parse_duration
from harness.model.fault import ConfigurationFault


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0:00:10", 10),
        ("1:00:00", 3600),
        ("100:0:0", 360000),
        (" 0:1:5 ", 65),
        ("90", 90),
        (90, 90),
        (0, 0),
        ("2 min", 120),
        ("1 h 30 min", 5400),
        ("1h30min", 5400),
        ("45 s", 45),
        ("2 hours", 7200),
    ],
)
def test_reads(text: object, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "-5", -5, 1.5, True, None, "1:60:00", "0:00:60", "1.5 h", "10 m", "+10", [], "²"]
)
def test_refuses(text: object) -> None:
    with pytest.raises(ConfigurationFault, match="cannot read the at"):
        parse_duration(text, where="x.toml:3", what="at")


def test_hours_or_minutes_is_asked_back() -> None:
    with pytest.raises(ConfigurationFault) as caught:
        parse_duration("1:30", where="x.toml:3", what="at")
    assert str(caught.value) == 'x.toml:3: at \'1:30\' could mean hours or minutes — write "0:1:30" or "1:30:00"'


@settings(deadline=None)
@given(st.integers(0, 10**7))
def test_written_and_read_again(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds
