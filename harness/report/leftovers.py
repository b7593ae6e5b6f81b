"""What a procedure left, for tables: packages that are expected in one line, everything else one by one."""

from __future__ import annotations

from collections.abc import Iterable

from harness.model.procedure import Leftover

_PACKAGE = "package "


def listed(leftovers: Iterable[Leftover]) -> list[Leftover]:
    """Those that have a row of their own."""
    return [left for left in leftovers if not _is_expected_package(left)]


def packages(leftovers: Iterable[Leftover]) -> list[str]:
    """Names of the packages that came and are expected."""
    return [left.name.removeprefix(_PACKAGE) for left in leftovers if _is_expected_package(left)]


def _is_expected_package(left: Leftover) -> bool:
    return left.name.startswith(_PACKAGE) and bool(left.because)
