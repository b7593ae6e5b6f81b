"""What a trial of OAR3's programs comes to if it is late or killed: nothing that is remembered of that copy."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from harness.engine.container_commands import Completed
from harness.oar3 import prepare
from harness.oar3.source import read_tree
from harness.oar3.trial import LATE, try_import

if TYPE_CHECKING:
    from pathlib import Path

    from tests.oar3.conftest import MakeTree

TRACEBACK = "Traceback (most recent call last):\nValueError: the tree's own\n"


def server(*answers: tuple[int, str]) -> Any:
    """Answers each command with an exit code and what it prints on standard error, in their order."""
    left = list(answers)

    def run(*argv: str, **_: object) -> Completed:
        code, said = left.pop(0)
        return Completed(argv, code, "", said)

    return SimpleNamespace(container=SimpleNamespace(run=run, left=left))


@pytest.mark.parametrize("code", [124, 137])
def test_what_is_killed_without_a_word_is_no_success(code: int) -> None:
    """It printed nothing on standard error, and so passed for a program that starts."""
    assert try_import(server((code, ""))).startswith(LATE)


def test_a_failure_without_a_word_is_told_by_its_code() -> None:
    assert try_import(server((3, ""))) == "exit code 3"
    assert try_import(server((1, TRACEBACK))) == TRACEBACK
    assert try_import(server((0, "a warning"))) == ""


@pytest.mark.parametrize(
    ("answers", "trouble", "passing"),
    [
        ([(124, ""), (0, "")], "", False),
        ([(124, ""), (124, "")], LATE, True),
        ([(124, ""), (1, TRACEBACK)], "Traceback", False),
        ([(1, TRACEBACK)], "Traceback", False),
    ],
)
def test_a_late_trial_is_made_once_more_and_not_remembered(
    tmp_path: Path,
    make_tree: MakeTree,
    monkeypatch: pytest.MonkeyPatch,
    answers: list[tuple[int, str]],
    trouble: str,
    passing: bool,
) -> None:
    monkeypatch.setattr(prepare, "try_database", lambda _: "")
    used = server(*answers)
    found = prepare.adapt(used, read_tree(make_tree(tmp_path / "tree")), "tag", lambda _: None)
    assert found.trouble.startswith(trouble)
    assert bool(found.trouble) is bool(trouble)
    assert found.passing is passing
    assert used.container.left == []
