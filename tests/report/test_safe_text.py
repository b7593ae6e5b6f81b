"""Text from outside, made safe to show."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring, tostring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.safe_text import last_lines, one_line, printable
from harness.report.wording import duration, offset


@given(st.text())
def test_xml_takes_it_and_gives_it_back(value: str) -> None:
    element = Element("x")
    element.text = printable(value)
    assert (fromstring(tostring(element, encoding="utf-8")).text or "") == printable(value)


@given(st.text())
def test_it_is_one_line(value: str) -> None:
    assert len(one_line(value).splitlines()) <= 1


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("nul\x00", "nul\\x00"),
        ("\udc80", "\\udc80"),
        ("safe\u202egnp", "safe\\u202egnp"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(raw: str, shown: str) -> None:
    assert printable(raw) == shown


def test_a_long_log_says_what_was_left_out() -> None:
    log = "\n".join(map(str, range(30)))
    assert last_lines(log, 2) == "[… 28 lines before]\n28\n29"
    assert last_lines("one\n", 2) == "one"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "now"), (60, "+0:01:00"), (-5, "-0:00:05"), (90_061, "+1 d 1:01:01")]
)
def test_moments(seconds: int, shown: str) -> None:
    assert offset(seconds) == shown


def test_durations() -> None:
    assert duration(3599.6) == "1:00:00"
