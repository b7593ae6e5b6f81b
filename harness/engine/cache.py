"""The cache folder: what is kept between runs and may be deleted at any time."""

from __future__ import annotations

import os
from pathlib import Path

from harness.model.fault import ConfigurationFault

_VARIABLE = "OAR_COMPAT_CACHE"


def cache_root() -> Path:
    """The folder named by ``OAR_COMPAT_CACHE``, else ``~/.cache/oar-compat``; it may not exist yet.

    Raises ConfigurationFault if no folder can be there, as for ``/dev/null``.
    """
    named = os.environ.get(_VARIABLE)
    try:
        root = Path(named) if named else Path.home() / ".cache" / "oar-compat"
    except RuntimeError:
        raise ConfigurationFault(
            "there is no home folder to keep a cache in", where=_VARIABLE, remedy="name a folder by it"
        ) from None
    for folder in (root, *root.parents):
        try:
            if folder.is_dir():
                return root
            # Asked again, as another run may have made it meanwhile.
            if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
                raise ConfigurationFault(f"{folder} is no folder", where=_VARIABLE, remedy="name another by it")
        except OSError as error:
            raise ConfigurationFault(
                f"cannot look at {folder}: {error.strerror}", where=_VARIABLE, remedy="name another by it"
            ) from None
    return root
