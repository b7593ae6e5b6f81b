"""The OAR2 image: built once for what it is made of, found again ever after."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.errors import APIError, DockerException, ImageNotFound

from harness.engine.base import BASE_REPOSITORY, base_tag, ensure_base
from harness.engine.cache import cache_root
from harness.engine.egress import for_build
from harness.engine.file_locks import locked
from harness.model.fault import MachineFault

_log = logging.getLogger(__name__)

IMAGE_REPOSITORY = "oar-compat/oar2"
_LOG_LINES = 15


@dataclass(frozen=True)
class ImageRef:
    """An image: its tag, whether this call built it, and how long the call took in seconds."""

    tag: str
    built: bool
    seconds: float


def image_tag(release: str, context: Path) -> str:
    """The tag of the image a context makes for a Debian release: by its files' content and the base's recipe."""
    digest = hashlib.sha256(base_tag(release).encode())
    for path in sorted(path for path in context.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        mode = "x" if path.stat().st_mode & 0o100 else "-"
        digest.update(f"\0{path.relative_to(context)}\0{mode}\0".encode() + path.read_bytes())
    return f"{IMAGE_REPOSITORY}:{release}-{digest.hexdigest()[:12]}"


def ensure_image(
    client: docker.DockerClient, release: str, context: Path, *, progress: Callable[[str], None]
) -> ImageRef:
    """Return the image of a context (a folder with a Dockerfile using ``ARG BASE``), built if it does not exist.

    Raises MachineFault with the end of the build's log.
    """
    began = time.monotonic()
    tag = image_tag(release, context)
    locks = cache_root() / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with locked(locks / f"image-{release}.lock", f"making the image of Debian {release}", progress):
        with contextlib.suppress(ImageNotFound):
            client.images.get(tag)
            return ImageRef(tag, False, time.monotonic() - began)
        base = ensure_base(client, release, progress)
        progress(f"building the OAR2 image for Debian {release}")
        _build(client, context, tag, base, progress)
        _remove_old(client, release, keep={tag, base})
    return ImageRef(tag, True, time.monotonic() - began)


def _build(client: docker.DockerClient, context: Path, tag: str, base: str, progress: Callable[[str], None]) -> None:
    log: deque[str] = deque(maxlen=_LOG_LINES)
    try:
        with for_build(client, base) as (network, proxies):
            events = client.api.build(
                path=str(context),
                tag=tag,
                buildargs={"BASE": base, **proxies},
                network_mode=network,
                labels={"oar-compat.image": "oar2"},
                rm=True,
                forcerm=True,
                decode=True,
            )
            for event in events:
                if "error" in event:
                    raise _failure(tag, str(event["error"]).strip(), log)
                for line in str(event.get("stream", "")).splitlines():
                    if line.strip():
                        log.append(line.rstrip())
                    if line.startswith("Step "):
                        progress(line.strip()[:100])
        client.images.get(tag)
        _log.info("built %s", tag)
    except (DockerException, OSError) as error:
        raise _failure(tag, str(error), log) from error


def _failure(tag: str, error: str, log: deque[str]) -> MachineFault:
    lines = [*log, error]
    if "no space left on device" in "\n".join(lines).lower():
        what, remedy = "the disk is full", "free some space (oar-compat clean removes what we keep), and run again"
    else:
        what, remedy = "the image could not be built", "see the end of its log below"
    return MachineFault(what, where=tag, remedy=remedy, detail="\n".join(lines[-_LOG_LINES:]))


def _remove_old(client: docker.DockerClient, release: str, keep: set[str]) -> None:
    for repository in (IMAGE_REPOSITORY, BASE_REPOSITORY):
        for image in client.images.list(name=repository):
            for tag in image.tags:
                if tag.startswith(f"{repository}:{release}-") and tag not in keep:
                    # A container still uses it: it goes after a later build.
                    with contextlib.suppress(APIError):
                        client.images.remove(tag)
                        _log.debug("removed the old image %s", tag)
