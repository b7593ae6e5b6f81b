"""Making an OAR2 server into one that can run OAR3's programs: once for each image and copy of OAR3."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import docker
import docker.errors
import msgspec

from harness.engine.cache import cache_root
from harness.engine.discovery import Engine
from harness.engine.file_locks import locked
from harness.engine.lane import Lane, LaneSpec
from harness.model.fault import LostServer
from harness.model.record import Adaptation
from harness.oar2.server import Oar2Server
from harness.oar2.server_health import Machinery
from harness.oar3 import adapt as adapting
from harness.oar3 import allowed_packages, diagnose, install, requirement, trial, wheels
from harness.oar3.adapt import Adapter
from harness.oar3.allowed_packages import allowed
from harness.oar3.source import Oar3Source
from harness.oar3.trial import LATE, try_database, try_import

_LABEL = "oar-compat.prepared"
_ATTEMPTS = 12


@dataclass(frozen=True, slots=True)
class Prepared:
    """An OAR2 server's image with OAR3 in it.

    :ivar image: its tag.
    :ivar adaptations: what had to be done beyond the documented procedure, in the order it was found.
    :ivar statements: SQL that each database needs before OAR3 can use it, part of the adaptations.
    :ivar trouble: the error that no adaptation helped against; empty if OAR3 starts.
    :ivar passing: whether that may be the machine's: the next run tries again.
    """

    image: str
    adaptations: tuple[Adaptation, ...] = ()
    statements: tuple[str, ...] = ()
    trouble: str = ""
    passing: bool = False


def prepare(
    engine: Engine,
    image: str,
    source: Oar3Source,
    labels: Mapping[str, str],
    progress: Callable[[str], None],
) -> Prepared:
    """The image for that copy of OAR3, made on first use: documented procedure, then what the errors call for.

    Adaptations are found by trying: OAR3's programs are imported and then run on a database with a waiting job;
    each error of a known kind is answered by one adaptation, and it is tried again, until they run or the error
    is none that an adaptation helps against. The result is kept in a label of the image.
    """
    client = engine.client()
    tag = _tag(client, image, source)
    locks = cache_root() / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    # Of two runs that start together on one machine, the second finds what the first made.
    with locked(locks / f"mixed-{tag[-12:]}.lock", f"installing OAR3 {source.name}", progress):
        with contextlib.suppress(docker.errors.ImageNotFound):
            stored = client.images.get(tag).labels.get(_LABEL, "{}")
            found = msgspec.convert({**json.loads(stored), "image": tag}, Prepared)
            if not found.passing:
                return found
        progress(f"installing OAR3 {source.name} as documented")
        try:
            return _made(image, source, tag, labels, engine.url, progress)
        except LostServer as fault:
            progress(f"{fault}: once more on another server")
            return _made(image, source, tag, labels, engine.url, progress)


def _made(
    image: str,
    source: Oar3Source,
    tag: str,
    labels: Mapping[str, str],
    engine: str,
    progress: Callable[[str], None],
) -> Prepared:
    """Make the image; raises LostServer where what went wrong was trouble of the machine, and nothing is kept."""
    with Lane(LaneSpec(f"oar-compat-prepare-{tag[-12:]}", image, labels, engine, almighty=False)) as lane:
        server = Oar2Server(lane)
        machinery = Machinery(server, almighty=False)
        with machinery.watched():
            adaptations = install.install_documented(lane, source)
            for adaptation in adaptations:
                progress(f"adaptation: {adaptation.what}")
            prepared = adapt(server, source, tag, progress, adaptations)
        if prepared.trouble:
            machinery.check(prepared.trouble)
            progress(f"OAR3 {source.name} does not start: {prepared.trouble.splitlines()[-1]}")
        _commit(lane, tag, prepared)
    return prepared


def adapt(
    server: Oar2Server,
    source: Oar3Source,
    tag: str,
    progress: Callable[[str], None],
    already: tuple[Adaptation, ...] = (),
) -> Prepared:
    """Try OAR3's programs on a server where they are installed, and do what their errors call for, until they start.

    :param already: adaptations that their installation needed.
    """
    adapter = Adapter(server, source)
    done: list[Adaptation] = [*already]
    for attempt in (try_import, try_database):
        for _ in range(_ATTEMPTS):
            error = attempt(server)
            if error.startswith(LATE):
                progress(f"OAR3's trial {error}; it is tried once more")
                error = attempt(server)
            if not error:
                break
            need = diagnose.diagnose(error)
            adaptation = adapter.meet(need) if need else None
            if adaptation is None or adaptation.id in {a.id for a in done}:
                if adapter.refused:
                    progress(f"not adapted: {adapter.refused}")
                passing = error.startswith(LATE)
                return Prepared(tag, tuple(done), tuple(adapter.statements), error.strip()[-2000:], passing)
            progress(f"adaptation: {adaptation.what}")
            done.append(adaptation)
        else:
            return Prepared(
                tag, tuple(done), tuple(adapter.statements), f"still failing after {_ATTEMPTS} adaptations"
            )
    return Prepared(tag, tuple(done), tuple(adapter.statements))


def _tag(client: docker.DockerClient, image: str, source: Oar3Source) -> str:
    """Made of all that goes in: the image, the copy of OAR3, and the modules that install it."""
    total = hashlib.sha256((client.images.get(image).id or image).encode())
    total.update(f"{source.version} {source.sha256} {allowed(source).digest}".encode())
    modules = (install, allowed_packages, requirement, wheels, diagnose, adapting, trial, sys.modules[__name__])
    for module in modules:
        total.update(Path(str(module.__file__)).read_bytes())
    return f"oar-compat/mixed:{total.hexdigest()[:12]}"


def _commit(lane: Lane, tag: str, prepared: Prepared) -> None:
    repository, _, name = tag.partition(":")
    stored = json.dumps(msgspec.to_builtins(prepared))
    lane.server.run("sh", "-c", "rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin; : > /var/log/oar.log")
    environment = [f"ENV {name}=" for name in ("LEASE", "ALMIGHTY")]
    image = lane.server.get_wrapped_container().commit(repository, name, changes=environment)
    _label(lane, image.id or tag, tag, stored)


def _label(lane: Lane, image: str, tag: str, stored: str) -> None:
    """A label cannot hold any text in a commit's ``changes``, but can in a container's own configuration."""
    api = lane.server.get_docker_client().client.api
    container = api.create_container(image, command=["true"], labels={_LABEL: stored}, entrypoint=None)
    try:
        repository, _, name = tag.partition(":")
        api.commit(container["Id"], repository, name, conf={"Labels": {_LABEL: stored}})
    finally:
        api.remove_container(container["Id"], force=True)
