"""What a container may use, and what is said if the machine cannot limit it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engine.limits import lacking, limits, told
from harness.engine.postgres_access import pg_hba

GIB = 1 << 30
ABLE = {"MemTotal": 16 * GIB, "MemoryLimit": True, "SwapLimit": True, "PidsLimit": True}
UNABLE = {"MemTotal": 16 * GIB, "MemoryLimit": False, "SwapLimit": False, "PidsLimit": False}


@given(st.integers(min_value=GIB, max_value=1 << 42), st.sampled_from(["postgres", "server", "node", "frontend"]))
def test_limits_are_scaled_to_the_machine_and_bounded(total: int, role: str) -> None:
    found = limits(role, {**ABLE, "MemTotal": total})
    assert 256 << 20 <= found["mem_limit"] <= 6 * GIB
    assert found["mem_limit"] == found["memswap_limit"]
    assert 300 < found["pids_limit"] <= 2048


def test_what_an_engine_cannot_hold_is_not_asked_for_and_told() -> None:
    assert limits("server", UNABLE) == {}
    assert lacking(UNABLE) == ("memory", "processes")
    assert lacking(ABLE) == ()


@pytest.mark.parametrize(
    ("info", "shown", "said"),
    [
        (ABLE, "memory 1073741824\nprocesses 1024\n", "memory and processes of containers"),
        (ABLE, "memory 1073741824\nprocesses max\n", "processes of containers cannot be limited on this machine"),
        (
            ABLE,
            "memory 9223372036854771712\nprocesses 1024\n",
            "memory of containers cannot be limited on this machine",
        ),
        (ABLE, "", "memory and processes of containers cannot be limited on this machine"),
        (UNABLE, "memory 5\nprocesses 5\n", "memory and processes of containers cannot be limited on this machine"),
    ],
)
def test_the_kernel_s_own_word_counts(info: dict[str, int], shown: str, said: str) -> None:
    assert told(info, shown, limits("node", info)) == said


def test_the_database_takes_the_server_and_the_harness_and_refuses_the_rest() -> None:
    lines = pg_hba(["10.0.0.3", ""], "10.0.0.1").splitlines()
    assert lines[1:] == [
        "host all oar,oar_ro 10.0.0.3/32 md5",
        "host all oar,oar_ro,postgres 10.0.0.1/32 md5",
        "host all all all reject",
    ]
    reading = pg_hba(["10.0.0.3"], "10.0.0.1", "10.0.0.0/24", nodes_read=True).splitlines()
    assert set(reading) - set(lines) == {"host all oar_ro 10.0.0.0/24 md5"}
    assert reading[-1] == "host all all all reject"
    open_lines = pg_hba(["10.0.0.3"], "10.0.0.1", "10.0.0.0/24", closed=False).splitlines()
    assert open_lines.index("host all all 10.0.0.0/24 reject") < open_lines.index(
        "host all oar,oar_ro,postgres all md5"
    )
