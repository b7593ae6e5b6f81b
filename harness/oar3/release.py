"""A release of OAR3 in the cache: fetched from the release page whole or not at all, and the same ever after."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from harness.model.fault import MachineFault
from harness.oar3.archive import unpack_debs
from harness.oar3.checksums import Checksums, file_sum
from harness.oar3.github import Asset, Release, ReleasePage, Unavailable

_LOCK_SECONDS = 1200
_OFFERS = "release.json"


def fetch_release(
    version: str | None, codename: str, root: Path, page: ReleasePage, *, others: Iterable[str] = ()
) -> Path:
    """A release's ``.deb``s, in ``<root>/<version>/<codename>/``; downloaded where they are not there yet.

    :param version: its tag; None for the latest.
    :param codename: the Debian release wanted; where the release has no archive for it, the first of ``others`` it
        has one for, and the folder returned is called after that.
    :param root: ``oar3/`` of the cache; two runs at once wait for each other there.

    Raises NoSuchRelease and Unavailable as ``ReleasePage.release`` does, MachineFault if a sum is not the recorded
    one, the archive is refused, or the disk is full or read-only. In none of these cases anything is left behind.
    """
    release = page.release(version)
    there = next((name for name in (codename, *others) if name in release.archives), None)
    if there is None:
        raise Unavailable(
            f"release {release.tag} has .debs for {', '.join(sorted(release.archives))} only", where=page.api
        )
    target = root / release.tag / there
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / ".lock", timeout=_LOCK_SECONDS):
            for left in root.glob(".fetch-*"):
                shutil.rmtree(left, ignore_errors=True)
            if not target.is_dir():
                _fetch(release, release.archives[there], target, root, page)
    except Timeout as error:
        raise MachineFault(
            f"another run has been fetching OAR3 for more than {_LOCK_SECONDS} s",
            where=str(root / ".lock"),
            remedy="wait for it, or end it",
        ) from error
    except OSError as error:
        raise MachineFault(
            f"cannot keep OAR3's release in the cache: {error.strerror or error}",
            where=str(error.filename or root),
            remedy="make room or name another folder with OAR_COMPAT_CACHE",
        ) from error
    return target


def is_fetched(folder: Path, root: Path) -> bool:
    """Whether the ``.deb``s in ``folder`` came from the release page, by the record of sums.

    Raises MachineFault if they did and have changed since.
    """
    sums = Checksums(root / "checksums.json")
    known = sums.known()
    prefix = f"{folder.parent.name}/{folder.name}/"
    if folder.parent.parent != root or not any(name.startswith(prefix) for name in known):
        return False
    sums.check({prefix + path.name: file_sum(path) for path in sorted(folder.glob("*.deb"))})
    return True


def offered(folder: Path) -> tuple[str, ...]:
    """The Debian releases for which the release in the cache's ``folder`` had archives when it was fetched."""
    try:
        return tuple(str(name) for name in json.loads((folder / _OFFERS).read_text(encoding="utf-8"))["codenames"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def _fetch(release: Release, asset: Asset, target: Path, root: Path, page: ReleasePage) -> None:
    sums = Checksums(root / "checksums.json")
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=root) as name:
        archive, debs = Path(name) / asset.name, Path(name) / "debs"
        page.download(asset, archive)
        found = file_sum(archive)
        if asset.sha256 and found != asset.sha256:
            raise MachineFault(
                f"the SHA-256 of what came is {found}, the release page states {asset.sha256}; nothing is kept",
                where=asset.url,
                remedy="try again",
            )
        sums.check({f"{release.tag}/{asset.name}": found})
        debs.mkdir()
        unpacked = {f"{release.tag}/{target.name}/{path.name}": file_sum(path) for path in unpack_debs(archive, debs)}
        sums.record({f"{release.tag}/{asset.name}": found, **unpacked})
        target.parent.mkdir(exist_ok=True)
        (target.parent / _OFFERS).write_text(json.dumps({"codenames": sorted(release.archives)}) + "\n")
        debs.rename(target)
