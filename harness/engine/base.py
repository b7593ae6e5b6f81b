"""The base image of a Debian release: pulled by name, or made from the machine's own apt sources."""

from __future__ import annotations

import hashlib
import logging
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
from docker.errors import DockerException, ImageNotFound

from harness.engine.apt import Apt, apt_options, on_debian
from harness.engine.cache import cache_root
from harness.engine.own.binaries import Binaries, mmdebstrap_binaries
from harness.engine.sources import AptSource, all_adapted
from harness.model.fault import MachineFault

_log = logging.getLogger(__name__)

BASE_REPOSITORY = "oar-compat/base"
_RECIPE = "1"
_SILENCE_SECONDS = 15.0
_CHUNK = 1 << 20

# What mmdebstrap uses beyond perl-base, which is all that a minimal Debian has.
_PERL_CHECK = ["perl", "-MEnglish", "-MDigest::SHA", "-MTerm::ANSIColor", "-MPod::Usage", "-e", "1"]


def base_tag(release: str) -> str:
    """The tag under which the base image of a release is kept: it changes with the machine's apt sources."""
    made_of = [_RECIPE, release, *(source.line for source in all_adapted(release))]
    return f"{BASE_REPOSITORY}:{release}-{hashlib.sha256(chr(10).join(made_of).encode()).hexdigest()[:12]}"


def ensure_base(client: docker.DockerClient, release: str, progress: Callable[[str], None]) -> str:
    """Return the tag of the base image, which is made if it does not exist. Raises MachineFault."""
    tag = base_tag(release)
    try:
        client.images.get(tag)
    except ImageNotFound:
        progress(f"looking for debian:{release}-slim in a registry")
        refusal = _pull(client, release, tag)
        if refusal:
            _log.warning("no base image from a registry: %s", refusal)
            progress(f"no registry ({refusal}): making Debian {release} from this machine's apt sources")
            _make(client, release, tag, refusal, progress)
    return tag


def _pull(client: docker.DockerClient, release: str, tag: str) -> str:
    """Pull and tag; gives why it could not, or nothing. A registry that is silent for 15 s counts as none."""
    events: queue.Queue[dict[str, str] | None] = queue.Queue()

    def pull() -> None:
        try:
            for event in client.api.pull("debian", tag=f"{release}-slim", stream=True, decode=True):
                events.put(event)
            events.put(None)
        except (DockerException, OSError) as error:
            events.put({"error": str(getattr(error, "explanation", None) or error)})

    threading.Thread(target=pull, daemon=True).start()
    while True:
        try:
            event = events.get(timeout=_SILENCE_SECONDS)
        except queue.Empty:
            return f"it did not answer in {_SILENCE_SECONDS:.0f} s"
        if event is None:
            break
        if "error" in event:
            return event["error"].strip().splitlines()[0][:160]
    repository, _, name = tag.partition(":")
    client.api.tag(f"debian:{release}-slim", repository, name)
    return ""


def _make(client: docker.DockerClient, release: str, tag: str, refusal: str, progress: Callable[[str], None]) -> None:
    sources = all_adapted(release)
    if not on_debian() or not sources:
        raise MachineFault(
            f"no base image for Debian {release}: no registry answers and this machine has no Debian apt source",
            where=f"debian:{release}-slim",
            remedy=f"docker pull debian:{release}-slim where there is a registry, and docker load it here",
            detail=refusal,
        )
    home = cache_root().absolute() / "base"
    binaries = mmdebstrap_binaries(home, _perl_packages(home), progress)
    work = home / f"work-{os.getpid()}"
    _remove_stale(home)
    work.mkdir(parents=True)
    repository, _, name = tag.partition(":")
    try:
        stream = _archive(binaries, release, sources, work)
        client.api.import_image_from_data(stream, repository=repository, tag=name, changes=['CMD ["/bin/bash"]'])
    except DockerException as error:
        raise MachineFault(f"the engine refused the base image: {error}", where=tag) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    client.images.get(tag)
    _log.info("made the base image %s", tag)


def _archive(binaries: Binaries, release: str, sources: list[AptSource], work: Path) -> Iterator[bytes]:
    """The new system as a tar, piece by piece; raises MachineFault instead of ending where mmdebstrap failed."""
    with (work / "log").open("w+") as log:
        process = subprocess.Popen(
            _command(binaries, release, sources),
            env={**os.environ, **_perl_environment(binaries), "TMPDIR": str(work), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            umask=0o022,
        )
        assert process.stdout
        try:
            while data := process.stdout.read(_CHUNK):
                yield data
        except BaseException:
            # It would go on fetching packages until it writes the next time.
            process.kill()
            raise
        finally:
            process.stdout.close()
            code = process.wait()
        if code:
            log.seek(0)
            detail = "\n".join(log.read().splitlines()[-15:])
            full = any(words in detail.lower() for words in ("enough free space", "no space left on device"))
            raise MachineFault(
                "the disk is full" if full else f"mmdebstrap ended with code {code}",
                where=str(cache_root()) if full else f"Debian {release}",
                remedy="free some space, and run again"
                if full
                else "do the machine's apt sources carry this release?",
                detail=detail,
            )


def _command(binaries: Binaries, release: str, sources: list[AptSource]) -> list[str]:
    """mmdebstrap in mount and process namespaces of its own, so that a kill leaves neither mounts nor processes."""
    root = os.geteuid() == 0
    fence = ["setpriv", "--pdeathsig=KILL", "--", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--"]
    return [
        *(fence if root else []),
        str(binaries.root / "usr/bin/mmdebstrap"),
        f"--mode={'root' if root else 'auto'}",
        "--variant=minbase",
        "--include=ca-certificates",
        "--format=tar",
        *(f"--aptopt={option}" for option in apt_options()),
        release,
        "-",
        *(source.line for source in sources),
    ]


def _perl_packages(home: Path) -> tuple[str, ...]:
    """perl's full library, where the machine has only what is essential."""
    try:
        if subprocess.run(_PERL_CHECK, capture_output=True, check=False, timeout=60).returncode == 0:
            return ()
    except (OSError, subprocess.TimeoutExpired):
        return ("perl-base", "perl")
    apt = Apt(home / "apt")
    apt.update()
    return ("perl", *(name for name in apt.depends(["perl"]) if name.startswith("perl-modules")))


def _perl_environment(binaries: Binaries) -> dict[str, str]:
    folders = [*binaries.root.glob("usr/share/perl/5.*"), *binaries.root.glob("usr/lib/*/perl/5.*")]
    extra = {"PERL5LIB": ":".join(map(str, folders))} if folders else {}
    return {**extra, "PATH": f"{binaries.root / 'usr/bin'}:/usr/sbin:/usr/bin:/sbin:/bin"}


def _remove_stale(home: Path) -> None:
    for folder in home.glob("work-*"):
        if not Path(f"/proc/{folder.name.partition('-')[2]}").exists():
            shutil.rmtree(folder, ignore_errors=True)
