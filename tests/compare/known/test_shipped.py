"""The known differences that come with the harness explain what docs/findings.md describes, and nothing beside."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from harness.compare.known.circumstances import Circumstances
from harness.compare.known.known_differences import KnownDifference, explain
from harness.compare.known.known_file import parse_known
from harness.model.difference import Difference, DifferenceClass
from harness.model.record import Kind
from tests.compare.making import HOUR, job, place

FOLDER = Path(__file__).parents[3] / "fixtures" / "known-differences"
ENTRIES: list[KnownDifference] = [
    entry for path in sorted(FOLDER.rglob("*.toml")) for entry in parse_known(path.read_text(), str(path))
]
TODAY = date(2026, 11, 22)
NATIVE = "oar_meta_sched+oar_sched_gantt_with_timesharing"
FAIR = f"{NATIVE}_and_fairsharing_and_quotas"
D = DifferenceClass
DIED = "kao: traceback: AssertionError in split_at_after (oar/kao/slot.py, line 466)"
JOBS = {
    one.name: one
    for one in [*(job(f"flood[{n}]", id=n + 1) for n in range(31)), job("next", after=("flood[1]",), user="b")]
}
PLACES = {
    "flood[0]": place("1-8", -HOUR),
    "flood[1]": place("1-8", 60),
    "next": place("9", 60 + HOUR + 60),
}
JOBS["booked"] = job("booked", reservation=1, user="b")


def found(
    kind: D, name: str, candidate: str, shift: int | None = None, *, reference: str = FAIR, **more: object
) -> str | None:
    """The entry that explains a difference."""
    here = Circumstances(
        reference=reference,
        candidate=candidate,
        kind=Kind.PLAN,
        title="any",
        jobs=JOBS,
        environment={"oar3": {"version": "3.0.2"}},
        **{"conf": {"SCHEDULER_JOB_SECURITY_TIME": "60"}, "places": PLACES, **more},  # type: ignore[arg-type]
    )
    places = (place("1-8"), place("1-8", shift)) if shift is not None else (None, None)
    why = DIED if kind is D.CRASH else "why"
    return explain([Difference(name, kind, why, *places)], here, ENTRIES, TODAY)[0].known


def test_they_are_complete() -> None:
    assert len({entry.id for entry in ENTRIES}) == len(ENTRIES) >= 5
    for entry in ENTRIES:
        assert entry.owner == "oar-compat"
        assert TODAY < entry.expires <= date(2027, 11, 22)
        assert entry.when.candidate
        assert entry.when.classes


@pytest.mark.parametrize("candidate", ["kao", "oar_meta_sched+kamelot", "kao-external+kamelot"])
def test_of_the_security_time(candidate: str) -> None:
    assert found(D.SHIFTED, "flood[1]", candidate, -1) == "KD-001"
    assert found(D.EARLIER, "next", candidate, -60) == "KD-002"
    assert found(D.SHIFTED, "next", candidate, -61) == "KD-002"
    for shift in (1, 0, -6, -60):
        assert found(D.EARLIER, "flood[1]", candidate, shift) is None
    for shift in (60, -59, -66, -120):
        assert found(D.EARLIER, "next", candidate, shift) is None
    assert found(D.EARLIER, "next", candidate, -60, conf={"SCHEDULER_JOB_SECURITY_TIME": "30"}) is None
    assert found(D.EARLIER, "next", candidate, -60, reference="kao") is None


def test_of_thirty_jobs_a_user() -> None:
    for candidate in ("kao", "oar_meta_sched+kamelot", NATIVE, f"{NATIVE}_and_placeholder"):
        assert found(D.ONLY_IN_CANDIDATE, "flood[30]", candidate) == "KD-003"
        assert found(D.ONLY_IN_CANDIDATE, "next", candidate) is None, "its user has one"
        assert found(D.ONLY_IN_CANDIDATE, "booked", candidate) is None
        assert found(D.ONLY_IN_REFERENCE, "flood[30]", candidate) is None
        more = {"SCHEDULER_FAIRSHARING_MAX_JOB_PER_USER": "100"}
        assert found(D.ONLY_IN_CANDIDATE, "flood[30]", candidate, conf=more) is None
    assert found(D.ONLY_IN_CANDIDATE, "flood[30]", f"{NATIVE}_and_fairsharing") is None
    assert found(D.ONLY_IN_CANDIDATE, "flood[30]", "kao", reference=NATIVE) is None


def test_of_kao_in_external_mode() -> None:
    column = "kao-external+oar_sched_gantt_with_timesharing"
    log = f"{DIED}\n  File oar/kao/slot.py, line 689, in split_slots_jobs\nAssertionError"
    for kind, name in ((D.CRASH, ""), (D.ONLY_IN_REFERENCE, "flood[1]"), (D.ONLY_IN_REFERENCE, "booked")):
        assert found(kind, name, column, crashes={DIED: log}) == "KD-101"
        assert found(kind, name, column, crashes={DIED: DIED}) is None, "from elsewhere"
        assert found(kind, name, "kao", crashes={DIED: log}) is None
    assert found(D.ONLY_IN_REFERENCE, "booked", column) == "KD-102"
    assert found(D.ONLY_IN_REFERENCE, "booked", "kao") is None
    assert found(D.ONLY_IN_REFERENCE, "flood[1]", column) is None
