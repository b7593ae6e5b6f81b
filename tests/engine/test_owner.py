"""Owners: a later process with the same pid is another one, and some processes cannot be judged."""

from __future__ import annotations

import subprocess
from dataclasses import replace

from harness.engine.owner import OWNER_LABEL, RUN_LABEL, ProcessOwner, labels, start_time


def test_this_process_lives_and_reads_back() -> None:
    owner = ProcessOwner.this_process()
    assert ProcessOwner.parse(str(owner)) == owner
    assert not owner.is_dead()


def test_labels_name_run_and_owner() -> None:
    assert labels("r1") == {RUN_LABEL: "r1", OWNER_LABEL: str(ProcessOwner.this_process())}
    assert ProcessOwner.parse(labels("r1", keep=True)[OWNER_LABEL]) is None


def test_a_reused_pid_is_another_process() -> None:
    owner = ProcessOwner.this_process()
    assert replace(owner, start=owner.start - 1).is_dead()


def test_an_ended_process_is_dead_even_while_a_zombie() -> None:
    child = subprocess.Popen(["sleep", "60"])
    owner = replace(ProcessOwner.this_process(), pid=child.pid, start=start_time(child.pid) or 0)
    assert not owner.is_dead()
    child.kill()
    # Not yet reaped: a zombie still has its entry in /proc.
    while start_time(child.pid) is not None:
        pass
    assert owner.is_dead()
    child.wait()
    assert owner.is_dead()


def test_another_boot_is_dead_only_on_an_engine_of_this_machine() -> None:
    earlier = replace(ProcessOwner.this_process(), boot="another-boot")
    assert earlier.is_dead(engine_is_local=True)
    assert not earlier.is_dead(engine_is_local=False)


def test_a_process_of_another_container_is_never_judged() -> None:
    assert not replace(ProcessOwner.this_process(), pid=999_999_999, space="1").is_dead()


def test_the_three_field_form_is_read_and_others_are_not() -> None:
    assert ProcessOwner.parse("12:34:boot") == ProcessOwner(12, 34, "boot")
    assert str(ProcessOwner(12, 34, "boot")) == "12:34:boot"
    assert [ProcessOwner.parse(text) for text in ("", "kept", "x:1:b", "1:x:b", "1:2:")] == [None] * 5
