"""The examples in the docstrings of what judges are true."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "name",
    [
        "align",
        "classify",
        "expect.assertions",
        "expect.expectations",
        "judge",
        "known.condition",
        "moments",
        "validate",
    ],
)
def test_the_examples_hold(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"harness.compare.{name}"))
    assert found.attempted
    assert found.failed == 0
