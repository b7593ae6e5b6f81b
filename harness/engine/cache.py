"""Where the harness keeps what it fetched or made and can use again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_root() -> Path:
    """The cache's folder (it may not exist yet): ``OAR_COMPAT_CACHE`` if set, else ``~/.cache/oar-compat``."""
    return Path(os.environ.get("OAR_COMPAT_CACHE") or Path.home() / ".cache" / "oar-compat")
