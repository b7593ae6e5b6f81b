"""Moments and durations, written and read."""

from __future__ import annotations

from datetime import UTC

import pytest

from harness.compare.moments import Clock, duration, zone
from harness.model.fault import ConfigurationFault
from tests.compare.making import NOW


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00:00"),
        (59, "0:00:59"),
        (61, "0:01:01"),
        (3600, "1:00:00"),
        (100 * 3600 + 754, "100:12:34"),
        (-61, "-0:01:01"),
    ],
)
def test_duration(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_moments_show_the_date_on_another_day_only() -> None:
    clock = Clock(NOW)
    assert clock.at(NOW) == "15:06:40"
    assert clock.at(NOW + 86400) == "2025-06-16 15:06:40"
    assert Clock(NOW, zone("Europe/Paris")).at(NOW) == "17:06:40"
    assert clock.at(10**30) == f"@{10**30}"


def test_days_begin_at_midnight_in_the_servers_zone() -> None:
    late = NOW + 8 * 3600 + 23 * 60 + 20
    assert Clock(late).at(late + 3600) == "2025-06-16 00:30:00"
    assert Clock(late, zone("Europe/Paris")).at(late + 3600) == "02:30:00"


def test_moments_since() -> None:
    assert Clock(NOW).since(NOW + 61) == "+0:01:01"
    assert Clock(NOW).since(NOW) == "+0:00:00"
    assert Clock(NOW).since(NOW - 61) == "-0:01:01"


@pytest.mark.parametrize("text", ["2025-06-15 15:06:40", " 2025-06-15   15:06:40 "])
def test_dates_of_job_types(text: str) -> None:
    assert Clock(0).read(text) == NOW
    assert Clock(0, zone("Europe/Paris")).read(text) == NOW - 7200


def test_dates_without_seconds_or_time() -> None:
    assert Clock(0).read("2025-06-15 15:06") == NOW - 40
    assert Clock(0).read("2025-06-15") == NOW - 40 - 6 * 60 - 15 * 3600


@pytest.mark.parametrize("text", ["", "tomorrow", "2025-13-01"])
def test_no_date(text: str) -> None:
    assert Clock(0).read(text) is None


def test_zones() -> None:
    assert zone("UTC") is UTC
    with pytest.raises(ConfigurationFault, match="unknown time zone 'Mars/Base' — write for example Europe/Paris"):
        zone("Mars/Base")
