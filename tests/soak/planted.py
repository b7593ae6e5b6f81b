"""Subjects that do what none may: the soak must find each of them."""

from __future__ import annotations

import time
from pathlib import Path

from hypothesis import strategies as st

from tests.soak.subjects import ACCEPTED, Subject


def _raises(number: int) -> str:
    return {}[number]  # type: ignore[no-any-return]


def _hangs(_: int) -> str:
    time.sleep(1000)
    return ACCEPTED


def _writes_outside(_: int) -> str:
    Path("../../../escaped").write_text("")
    return ACCEPTED


def _swallows_it(_: int) -> str:
    try:
        Path("../../../escaped").mkdir()
    except BaseException:
        return ACCEPTED
    return ACCEPTED


def _takes_all_memory(_: int) -> str:
    return ACCEPTED if bytearray(8 << 30) else ""


def _ends(_: int) -> str:
    raise SystemExit(1)


PLANTED = tuple(
    Subject(f"planted-{give.__name__.strip('_')}", 0, st.integers, give)
    for give in (_raises, _hangs, _writes_outside, _swallows_it, _takes_all_memory, _ends)
)
