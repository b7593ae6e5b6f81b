"""Keys that the harness owns, and what becomes of a production server's oar.conf."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.oar_keys import KNOWN_KEYS, OAR2_KEYS, OAR3_KEYS
from harness.model.owned_keys import LOGGING, NOTHING, OWNED, Owner, owner_of, take_over

OURS = ("DB_HOSTNAME", "DB_BASE_PASSWD", "SERVER_PORT", "LOG_FILE", "OARDIR", "OAR_RUNTIME_DIRECTORY", "CPUSET_PATH")


def test_names_of_keys_are_names() -> None:
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]+", key) for key in KNOWN_KEYS)
    assert {"SCHEDULER_JOB_SECURITY_TIME", "META_SCHED_CMD"} <= OAR2_KEYS & OAR3_KEYS
    assert "SCHEDULER_RESOURCE_ORDER_ADV_RESERVATIONS" in OAR2_KEYS - OAR3_KEYS
    assert "HIERARCHY_LABELS" in OAR3_KEYS - OAR2_KEYS


def test_each_has_its_reason_and_its_remedy() -> None:
    for each in OWNED:
        assert each.reason, each.pattern
        assert not each.reason.endswith("."), each.pattern
        assert each.remedy, each.pattern
    assert len({each.pattern for each in OWNED}) == len(OWNED)


def test_no_pattern_stands_in_the_shadow_of_one_before_it() -> None:
    for each in OWNED:
        found = owner_of(each.pattern.replace("*", "X"))
        assert found is each


@pytest.mark.parametrize("key", OURS)
def test_these_are_the_lanes(key: str) -> None:
    owned = owner_of(key)
    assert owned is not None
    assert owned.owner is Owner.LANE


@pytest.mark.parametrize("key", ["SCHEDULER_JOB_SECURITY_TIME", "QUOTAS", "HIERARCHY_LABELS", *LOGGING])
def test_these_are_the_sites(key: str) -> None:
    assert owner_of(key) is None


def test_a_production_oar_conf() -> None:
    taken = take_over(
        {
            "DB_BASE_PASSWD": "s3cret",
            "META_SCHED_CMD": "kao",
            "SCHEDULER_TIMEOUT": "30",
            "SCHEDULER_NODE_MANAGER_WAKE_UP_CMD": "/etc/oar/wake_up_nodes.sh",
            "SCHEDULER_NODE_MANAGER_SLEEP_CMD": "",
            "SERVER_PROLOGUE_EXEC_FILE": "/etc/oar/server_prologue",
        }
    )
    assert taken.kept == {
        "META_SCHED_CMD": "kao",
        "SCHEDULER_TIMEOUT": "30",
        "SCHEDULER_NODE_MANAGER_WAKE_UP_CMD": NOTHING,
    }
    assert [each.key for each in taken.overridden] == [
        "DB_BASE_PASSWD",
        "SCHEDULER_NODE_MANAGER_WAKE_UP_CMD",
        "SCHEDULER_NODE_MANAGER_SLEEP_CMD",
        "SERVER_PROLOGUE_EXEC_FILE",
    ]
    notes = [each.note for each in taken.overridden]
    assert notes[0] == (
        "DB_BASE_PASSWD of the site's oar.conf is not taken over: each lane has a database of its own, with passwords"
        " of its own; the lane's own stands in for it"
    )
    assert NOTHING in notes[1]
    assert NOTHING not in notes[2]
    assert not any("s3cret" in note for note in notes)


@given(st.dictionaries(st.sampled_from(sorted(KNOWN_KEYS)), st.sampled_from(["", " ", "yes", "/opt/x"])))
def test_every_key_is_kept_as_it_is_or_told(production: dict[str, str]) -> None:
    taken = take_over(production)
    told = {each.key for each in taken.overridden}
    assert {key for key, value in taken.kept.items() if production.get(key) != value} <= told
    assert told | set(taken.kept) == set(production)
    for each in taken.overridden:
        owned = owner_of(each.key)
        assert owned is not None
        assert owned.owner is not Owner.COLUMN
        assert taken.kept.get(each.key) == each.instead
