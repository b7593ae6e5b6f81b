"""The cache folder: what is kept between runs and may be deleted at any time."""

from __future__ import annotations

import os
from pathlib import Path


def cache_root() -> Path:
    """The folder named by ``OAR_COMPAT_CACHE``, else ``~/.cache/oar-compat``; it may not exist yet."""
    return Path(os.environ.get("OAR_COMPAT_CACHE") or Path.home() / ".cache" / "oar-compat")
