"""Short forms of combination ids."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.model.registry import Registry
from harness.report.short_ids import shorten

NATIVE = "oar_sched_gantt_with_timesharing"
ALL = [c.id for c in Registry().all()]


def test_the_native_schedulers_share_a_stem() -> None:
    names = shorten(ALL)
    assert names[f"oar_meta_sched+{NATIVE}"] == "oar_meta_sched+…"
    assert names[f"kao-external+{NATIVE}_and_fairsharing_and_placeholder"] == (
        "kao-external+…_and_fairsharing_and_placeholder"
    )
    assert names["kao"] == "kao"
    assert names.legend == f"… stands for {NATIVE}"


def test_a_stem_does_not_end_in_a_joining_word() -> None:
    two = [f"kao-external+{NATIVE}_and_fairsharing_and_{last}" for last in ("quotas", "placeholder")]
    assert shorten(two).stem == f"{NATIVE}_and_fairsharing"


def test_short_ids_stay() -> None:
    assert shorten(["kao", "oar_meta_sched+kamelot"]).legend == ""


@given(st.lists(st.sampled_from(ALL) | st.text("ab_+", max_size=8), max_size=8), st.integers(1, 60))
def test_short_forms_give_the_ids_back(ids: list[str], at_most: int) -> None:
    names = shorten(ids, at_most=at_most)
    for one in ids:
        assert names[one] == one or names[one].replace("…", names.stem, 1) == one
    assert len({names[one] for one in ids}) == len(set(ids))
