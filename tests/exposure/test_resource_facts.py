"""Conditions on resources: as counted resource by resource, and nothing but reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.exposure.resource_facts import ResourceFacts
from harness.model.cluster import Resource

VALUES = st.sampled_from([None, 1, 2])
ROWS = st.lists(st.tuples(VALUES, VALUES, st.sampled_from(["Alive", "Dead"])), min_size=1, max_size=12)


@given(ROWS, st.sampled_from(["a", "b"]), st.sampled_from([1, 2]))
def test_as_resource_by_resource(rows: list[tuple[int | None, int | None, str]], name: str, value: int) -> None:
    resources = [Resource(n, "", state, properties={"a": a, "b": b}) for n, (a, b, state) in enumerate(rows, 1)]
    facts = ResourceFacts(resources)
    condition = f"{name} = {value}"
    fits = [each for each in resources if each.properties[name] == value]
    assert facts.part(condition) == (len(fits) < len(resources))
    blocks: dict[object, set[bool]] = {}
    for each in resources:
        if each.properties["a"] is not None:
            blocks.setdefault(each.properties["a"], set()).add(each in fits)
    assert facts.split(condition, "a") == any(len(found) > 1 for found in blocks.values())
    assert facts.null(condition, "a") == any(each.properties["a"] is None for each in fits)
    assert facts.up(condition) == any(each.state == "Alive" for each in fits)


@pytest.mark.parametrize(
    "condition",
    [
        "a ~ 'x'",
        "1) FROM kinds0; DROP TABLE kinds0; --",
        "1) FROM kinds0 UNION ALL SELECT 1, (1",
        "(SELECT load_extension('x'))",
        "1), (2",
        "a = (WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM r) SELECT max(x) FROM r)",
        "a = '" + "x" * 20_000 + "'",
        "nothing_such > 3",
    ],
)
def test_what_is_no_condition_is_not_answered(condition: str) -> None:
    facts = ResourceFacts([Resource(1, "n", properties={"a": 1}), Resource(2, "n", properties={"a": 2})])
    assert facts.part(condition) is None
    assert facts.part("a = 1") is True


def test_numbers_and_texts_compare_as_in_postgresql() -> None:
    facts = ResourceFacts([Resource(1, "n", properties={"mem": 32, "host": "n1", "x": "5"})])
    for condition in ("mem = '32'", "mem > 5", "x = 5", "host LIKE 'n%'", "host IN ('n1', 'n2')", '"mem" = 32', ""):
        assert facts.part(condition) is False, condition
    assert facts.part("host LIKE 'N%'") is True


def test_a_level_that_there_is_not_is_not_answered() -> None:
    facts = ResourceFacts([Resource(1, "n")])
    assert (facts.split("", "rack"), facts.null("", "rack"), facts.split("", "nodes")) == (None, None, False)
