"""What a look into a container shows, from the words of both kinds of control groups."""

from __future__ import annotations

import pytest

from harness.engine.container_health import Look, read_look

DISKS = """Filesystem 1024-blocks Used Available Capacity Mounted on
overlay 264212084 30490320 75900592 29% /
tmpfs 2097152 {used} {free} 99% /pgdata
"""
PROCESSES = """Ss   /usr/bin/tini -g -- /bin/sh
S    /usr/bin/perl -w /usr/lib/oar/Almighty
"""
WELL = DISKS.format(used=100, free=2097052)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (f"oom_kill 0\nmax 0\n--\n{WELL}--\n{PROCESSES}", Look()),
        (f"--\n{WELL}--\n{PROCESSES}", Look()),
        (f"oom_kill 2\nmax 0\n--\n{WELL}--\n{PROCESSES}", Look(killed=2)),
        (f"oom_kill 0\nmax 17\n--\n{WELL}--\n{PROCESSES}", Look(refused=17)),
        (f"oom_kill 0\n--\n{DISKS.format(used=2097152, free=0)}--\n{PROCESSES}", Look(full=("/pgdata",))),
        (
            f"--\n{WELL}--\n{PROCESSES}T    postgres: checkpointer\nTl   /usr/bin/postgres -D /x\n",
            Look(frozen=("postgres: checkpointer", "/usr/bin/postgres -D /x")),
        ),
    ],
)
def test_a_look_is_read(text: str, seen: Look) -> None:
    assert read_look(text) == seen


def test_what_is_no_look_is_not_taken_for_a_healthy_container() -> None:
    with pytest.raises(ValueError, match="unpack"):
        read_look("sh: 1: cannot fork\n")
