"""The copies of OAR3 that this machine has: read, never run."""

from __future__ import annotations

import pytest

from harness.engine.cache import cache_root
from harness.model.record import Missing
from harness.oar3.copies import cached, find

HERE = cache_root()


@pytest.mark.oar3
def test_every_copy_in_the_machine_s_cache_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAR_COMPAT_CACHE", str(HERE))
    names = cached()
    if not names:
        pytest.skip(f"no copy of OAR3 in {HERE / 'oar3'}")
    for codename in ("bookworm", "trixie"):
        sources = find(names, codename=codename)
        assert not isinstance(sources, Missing)
        for source in sources:
            assert source.debs or {"kao", "kamelot"} <= set(source.scripts)
            for target in source.scripts.values():
                assert ":" in target
