"""A time limit for each of the harness's own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

_SECONDS = 600


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Set it here, as pytest knows no such setting where pytest-timeout is not installed, and then refuses to run."""
    if config.pluginmanager.hasplugin("timeout"):
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent) and not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(_SECONDS))
