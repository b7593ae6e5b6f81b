from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.cluster import RESOURCE_STATES, Resource
from harness.model.fault import ConfigurationFault
from harness.workload.resource_table import read_resources, write_resources

TEXTS = st.none() | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
NUMBERS = st.none() | st.integers(-(2**31) + 1, 2**31 - 1)
ROWS = st.lists(
    st.builds(
        Resource,
        st.integers(1, 4_000_000),
        st.sampled_from(["", "n1", "n-2.site"]),
        st.sampled_from(RESOURCE_STATES),
        st.sampled_from(["default", "licence"]),
        st.integers(0, 2**31 - 1),
        st.fixed_dictionaries({"gpu": TEXTS, "mem": NUMBERS}),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda each: each.id,
)


@given(ROWS)
def test_resources_come_back(resources: list[Resource]) -> None:
    assert read_resources(write_resources(resources), "x") == tuple(resources)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot name a column"),
        ("host\nn1\n", "x:1: its first line names no columns"),
        ("resource_id\tA b\n1\t2\n", "cannot name a column"),
        ("resource_id\tstate_num\n1\t2\n", "cannot name a column"),
        ("resource_id\tmem:int\n1\tmuch\n", "x:2: mem is 'much'"),
        ("resource_id\thost\n1\n", "x:2: 1 fields, and 2 columns"),
        ("resource_id\n1\n1\n", "x:3: resource 1 is there twice"),
        ("resource_id\tstate\n1\tasleep\n", "x:2: unknown state 'asleep'"),
        ("resource_id\n0\n", "x:2: resource_id is 0"),
        ("resource_id\n", "there are no resources"),
        ("resource_id\thost\n1\t" + "x" * 300, "300 characters long"),
    ],
)
def test_what_is_no_table_is_one_line(text: str, words: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        read_resources(text, "x")
    assert words in str(caught.value)
