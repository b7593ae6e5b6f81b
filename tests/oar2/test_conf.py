"""oar.conf: what is read is what OAR reads, and what is set leaves every other line alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.fault import ConfigurationFault
from harness.oar2.conf import read_keys, set_keys

KEYS = st.sampled_from(("META_SCHED_CMD", "HIERARCHY_LABELS", "A", "B_2"))
PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
VALUES = st.text(PRINTABLE, max_size=12).filter(lambda value: "#" not in value)
OTHER_LINES = st.one_of(
    st.text(PRINTABLE, max_size=20).map(lambda text: "#" + text),
    st.sampled_from(("", "   ", "# A=1", '#A="x"', "not a key", "=5", "export A=3", "a=lower case", "\tÄ=ü")),
)
SETTINGS = st.builds(
    lambda key, value, before, after: f"{before}{key}{after}={value}",
    KEYS,
    st.one_of(VALUES, VALUES.map(lambda value: f'"{value}"'), VALUES.map(lambda value: f"'{value}' # why")),
    st.sampled_from(("", "  ")),
    st.sampled_from(("", " ")),
)
TEXTS = st.lists(st.one_of(OTHER_LINES, SETTINGS), max_size=12).map(lambda lines: "".join(f"{x}\n" for x in lines))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=1", "1"),
        ('A="1"', "1"),
        ("A = 'one two'  # and why", "one two"),
        ("  A=one two # and why", "one two"),
        ('A="ends at the hash#tag"', '"ends at the hash'),
        ('A="it\'s"', "it's"),
        ("A='say \"x\"'", 'say "x"'),
        ('A="a" and "b"', 'a" and "b'),
        ('A="never closed', '"never closed'),
        ('A=""', '""'),
        ("A=", ""),
        ("A=x=y", "x=y"),
        ('A=" kept "', " kept "),
    ],
)
def test_a_value_is_what_oar_reads(line: str, value: str) -> None:
    assert read_keys(f"B=2\n{line}\n") == {"B": "2", "A": value}


@pytest.mark.parametrize("line", ["#A=1", " # A=1", "A", "export A=1", "=1", "A B=1", ""])
def test_what_is_no_key_is_none(line: str) -> None:
    assert read_keys(line) == {}


def test_the_last_line_of_a_key_counts() -> None:
    assert read_keys('A=1\n#A=9\nA="2"\n') == {"A": "2"}


@given(TEXTS, st.dictionaries(KEYS, st.none() | VALUES))
def test_what_is_set_is_read_again_and_other_keys_stay(text: str, keys: dict[str, str | None]) -> None:
    expected = {**read_keys(text), **keys}
    found = read_keys(set_keys(text, keys))
    assert found == {key: value for key, value in expected.items() if value is not None}


@given(TEXTS, st.dictionaries(KEYS, st.none() | VALUES))
def test_every_other_line_stays_where_it_was(text: str, keys: dict[str, str | None]) -> None:
    def others(lines: list[str]) -> list[str]:
        return [line for line in lines if not set(read_keys(line)) & set(keys)]

    assert others(set_keys(text, keys).splitlines()) == others(text.splitlines())


@given(TEXTS, st.dictionaries(KEYS, st.none() | VALUES))
def test_setting_twice_is_setting_once(text: str, keys: dict[str, str | None]) -> None:
    once = set_keys(text, keys)
    assert set_keys(once, keys) == once


@given(TEXTS)
def test_setting_nothing_changes_nothing(text: str) -> None:
    assert set_keys(text, {}) == text


def test_a_key_keeps_its_place_and_its_comment_above() -> None:
    text = "# the scheduler\nA=1\n\n# A=0\nB=2\nA=3\n"
    assert set_keys(text, {"A": "9", "C": "x"}) == '# the scheduler\nA="9"\n\n# A=0\nB=2\nC="x"\n'


def test_none_takes_out_every_line_of_a_key_and_no_comment() -> None:
    assert set_keys("A=1\n#A=2\nB=3\n  A = 4\n", {"A": None, "C": None}) == "#A=2\nB=3\n"


def test_a_key_added_and_taken_out_again_leaves_no_trace() -> None:
    text = "# only comments\n#META_SCHED_CMD=kao\n\nB=2\n"
    assert set_keys(set_keys(text, {"META_SCHED_CMD": "kao"}), {"META_SCHED_CMD": None}) == text


def test_a_last_line_without_an_end_gets_one() -> None:
    assert set_keys("A=1", {"B": "2"}) == 'A=1\nB="2"\n'


@pytest.mark.parametrize("value", ["#", "a # b", "two\nlines"])
def test_a_value_that_oar_would_not_read_back_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationFault, match="A cannot be") as caught:
        set_keys("", {"A": value})
    assert "\n" not in str(caught.value)
