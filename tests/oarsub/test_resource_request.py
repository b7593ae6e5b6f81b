from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness.oarsub
from harness.model.job import COUNT_WORDS, Level
from harness.oarsub.request import read_alternatives
from harness.oarsub.resource_request import MOST, Alternative, ResourceGroup, read_alternative
from harness.oarsub.row_options import NotInRows

MODULES = [name for _, name, _ in pkgutil.iter_modules(harness.oarsub.__path__, "harness.oarsub.")]
MODULES += ["harness.model.duration", "harness.model.job"]

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in ("walltime", "nodes"))
LEVELS = st.builds(Level, NAMES, st.one_of(st.integers(0, MOST), st.sampled_from(sorted(COUNT_WORDS))))
CONDITIONS = st.text(st.characters(codec="ascii", exclude_characters="{}"), max_size=20)
GROUPS = st.builds(ResourceGroup, st.lists(LEVELS, min_size=1, max_size=3).map(tuple), CONDITIONS)
ALTERNATIVES = st.builds(
    Alternative, st.lists(GROUPS, min_size=1, max_size=3).map(tuple), st.one_of(st.none(), st.integers(0, MOST))
)


@given(ALTERNATIVES)
def test_what_is_written_is_read_as_the_same(alternative: Alternative) -> None:
    assert read_alternative(str(alternative)) == alternative


@given(ALTERNATIVES)
def test_rows_and_generated_lines_read_a_request_alike(alternative: Alternative) -> None:
    assert read_alternatives([str(alternative)], {}) == (alternative,)


@given(st.text("{}ab=1/+, walltime:\n", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read_alternative(text)
    except ValueError:
        with pytest.raises(NotInRows):
            read_alternatives([text], {"OARSUB_DEFAULT_RESOURCES": "-"})
    else:
        assert read_alternative(str(found)) == found


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
