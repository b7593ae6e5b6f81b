"""Hints for mistyped names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.combination import did_you_mean
from harness.oar3.version import did_you_mean as which_version

NAMES = st.text(alphabet="ab1.-", max_size=4)


@given(NAMES, st.lists(NAMES, max_size=8))
def test_what_was_typed_is_never_proposed(typed: str, known: list[str]) -> None:
    hint = did_you_mean(typed, known)
    assert hint
    assert f"did you mean {typed!r}?" != hint
    assert typed not in hint.removeprefix("known are: ").split(", ") or not hint.startswith("known are")
    assert which_version(typed, known) != f"did you mean {typed}?"


@pytest.mark.parametrize(
    ("typed", "known", "hint"),
    [
        ("disk", ["disk"], "there is no other"),
        ("disk", ["disk", "disc"], "did you mean 'disc'?"),
        ("x", ["disk", "core", "core"], "known are: disk, core"),
        ("x", [], "there is no other"),
    ],
)
def test_hints(typed: str, known: list[str], hint: str) -> None:
    assert did_you_mean(typed, known) == hint
