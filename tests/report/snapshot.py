"""Snapshots: plain text files that show a reader of the tests what a user sees.

``OAR_COMPAT_SNAPSHOTS=write`` writes them anew; read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"


def matches(name: str, shown: str) -> bool:
    """Whether what is shown is what the snapshot says; asserts line by line for a readable failure."""
    path = FOLDER / name
    if os.environ.get("OAR_COMPAT_SNAPSHOTS") == "write":
        path.write_text(shown, encoding="utf-8")
    assert shown.splitlines() == path.read_text(encoding="utf-8").splitlines()
    return True
