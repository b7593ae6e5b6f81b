"""A crash names the keys of oar.conf that it came from."""

from __future__ import annotations

import pytest

from harness.model.record import Crash
from harness.oar2.suspect_keys import own_keys, with_keys

PLACE = " in load (oar/kao/kamelot.py, line 60)"


def test_own_keys_are_those_that_a_fresh_server_has_otherwise() -> None:
    assert own_keys({"A": "1", "B": "2", "C": ""}, {"A": "1", "B": "3"}) == {"B": "2", "C": ""}


@pytest.mark.parametrize(
    ("key", "value", "how", "log", "named"),
    [
        ("JOB_PRIORITY", "x", "traceback: KeyError: 'JOB_PRIORITY'", "", True),
        ("JOB_PRIORITY", "x", "exit 7", "in oar.conf: JOB_PRIORITY is wrong", True),
        ("A", "abc", "traceback: ValueError: invalid literal for int() with base 10: 'abc'" + PLACE, "", True),
        ("LOG_LEVEL", "9", "traceback: KeyError: 9" + PLACE, "", True),
        ("LOG_LEVEL", "60", "traceback: KeyError: 9" + PLACE, "", False),
        ("A", "9", "traceback: KeyError: 99" + PLACE, "", False),
        ("A", "abc", "traceback: ValueError: 'abcd'", "", False),
        ("A", "", "traceback: ValueError: invalid literal: ''", "", False),
        ("JOB", "x", "traceback: KeyError: 'JOB_PRIORITY'", "", False),
    ],
)
def test_a_program_names_a_key_or_its_value(key: str, value: str, how: str, log: str, named: bool) -> None:
    (crash,) = with_keys([Crash("kamelot", how, log)], {key: value})
    assert crash.conf == (f'{key} = "{value}"',)
    assert (crash.how == f'{how} — with {key} = "{value}" in oar.conf') is named
    assert crash.how.startswith(how)


def test_without_keys_nothing_is_said() -> None:
    crash = Crash("kao", "exit 7", "log")
    assert with_keys([crash], {}) == (crash,)
