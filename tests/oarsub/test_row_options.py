"""What rows can say is an allow-list: an option that nobody thought of is left to ``oarsub``."""

from __future__ import annotations

import pytest

from harness.oarsub import option_parser
from harness.oarsub.request import read_request
from harness.oarsub.row_options import IN_ROWS, NOT_IN_ROWS, NotInRows


def test_every_option_of_oarsub_is_on_one_list() -> None:
    assert {*option_parser.VALUED, *option_parser.FLAGS} == {*IN_ROWS, *NOT_IN_ROWS}
    assert not IN_ROWS & set(NOT_IN_ROWS)


VALUES = {"reservation": "2026-01-05 08:10:00", "resource": "core=1", "notify": "mail:a"}


@pytest.mark.parametrize("name", sorted(IN_ROWS))
def test_an_option_in_rows_changes_what_is_read(name: str) -> None:
    value = [] if name in option_parser.FLAGS else [VALUES.get(name, "7")]
    found = read_request(("oarsub", f"--{name}", *value, "x"), {})
    plain = read_request(("oarsub", "x"), {})
    changed = {each for each in found.__slots__ if getattr(found, each) != getattr(plain, each)}
    assert changed - {"asked"}


@pytest.mark.parametrize("name", sorted(NOT_IN_ROWS))
def test_any_other_is_left_to_oarsub(name: str) -> None:
    value = [] if name in option_parser.FLAGS else ["7"]
    with pytest.raises(NotInRows, match=f"--{name}: {NOT_IN_ROWS[name]}"):
        read_request(("oarsub", f"--{name}", *value, "x"), {})


@pytest.mark.parametrize(("table", "words"), [("VALUED", ["--priority=3"]), ("FLAGS", ["--priority"])])
def test_so_is_one_that_a_later_oarsub_adds(monkeypatch: pytest.MonkeyPatch, table: str, words: list[str]) -> None:
    monkeypatch.setitem(getattr(option_parser, table), "priority", "")
    with pytest.raises(NotInRows, match="--priority: an option that rows were not made for"):
        read_request(("oarsub", *words, "x"), {})
