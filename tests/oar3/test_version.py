"""The order of versions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.oar3.version import did_you_mean, is_release, newest_first, version_key

numbers = st.lists(st.integers(0, 40), min_size=2, max_size=4)


def test_the_repository_s_own_tags() -> None:
    tags = ["3.0.0.dev9", "3.0.0dev14", "3.0.0.dev10", "3.0.1", "3.0.2", "3.0.10", "master", "3.0.0"]
    assert newest_first(tags) == ["3.0.10", "3.0.2", "3.0.1", "3.0.0", "3.0.0dev14", "3.0.0.dev10", "3.0.0.dev9"]
    assert [name for name in tags if is_release(name)] == ["3.0.1", "3.0.2", "3.0.10", "3.0.0"]


@given(numbers, numbers)
def test_finished_versions_order_as_their_numbers_do(one: list[int], other: list[int]) -> None:
    def text(version: list[int]) -> str:
        return ".".join(map(str, version))

    def padded(version: list[int]) -> list[int]:
        return version + [0] * (4 - len(version))

    left, right = version_key(text(one)), version_key(text(other))
    assert left is not None
    assert right is not None
    assert (left < right) == (padded(one) < padded(other))


@given(numbers, st.integers(0, 99))
def test_a_development_version_comes_before_its_release(version: list[int], count: int) -> None:
    final = ".".join(map(str, version))
    assert newest_first([f"{final}.dev{count}", final, f"{final}rc{count}"])[0] == final


@given(st.text())
def test_any_text_is_a_version_or_not(text: str) -> None:
    key = version_key(text)
    assert key is None or text.lstrip("vV")[0].isdigit()


def test_did_you_mean() -> None:
    assert did_you_mean("3.0.22", ["3.0.2", "master"]) == "did you mean 3.0.2?"
    assert did_you_mean("zzz", ["3.0.2", "master"]) == ""
