"""The namespaces our own dockerd lives in: its own process ids, mounts and network, so that ending it leaves nothing.

When their first process ends the kernel kills all others in them, whatever state they are in: containerd, shims,
containers. Mounts, bridges and firewall chains belong to the namespaces and vanish with them. They also keep two
engines on one machine apart: a dockerd that starts flushes the DOCKER chains it finds, which may be another's.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.engine.own import cgroups, linux_calls, publish
from harness.engine.own.binaries import Binaries
from harness.engine.own.paths import RUNTIME, EnginePaths
from harness.model.fault import MachineFault

EGRESS_PORT = 3128
EGRESS_PROXY = f"http://127.0.0.1:{EGRESS_PORT}"
SUPERVISOR_LABEL = "oar-compat.keeper"
"""Label of an engine of ours: its supervisor's socket, which opens a way to the package mirrors. The string is older
than the name, and stays: an engine that runs may have been started by another version of the harness."""

# Folders dockerd and containerd write to outside the paths they are told: covered inside the namespaces.
_COVERED = ("/etc/docker", "/opt/containerd", "/run/containerd", "/run/docker")
_COVERED_LIST = "covered.json"

_OPEN_FILES = 524288

_NAMESPACES = (("net", linux_calls.NEW_NET), ("mnt", linux_calls.NEW_MOUNTS), ("pid", linux_calls.NEW_PIDS))


@dataclass(frozen=True)
class Namespaces:
    """Running namespaces.

    :ivar pid: of their first process.
    :ivar egress: bound inside, served outside by the egress proxy.
    :ivar names: bound inside, served outside by the name server.
    """

    pid: int
    egress: socket.socket
    names: socket.socket


def open_namespaces(paths: EnginePaths, binaries: Binaries, alive: int) -> Namespaces:
    """Start dockerd in new namespaces.

    Call it from a process's only thread, which is back in the machine's namespaces afterwards. ``alive`` is a
    descriptor that every process in them inherits. Raises MachineFault.
    """
    try:
        home = [(os.open(f"/proc/self/ns/{name}", os.O_RDONLY | os.O_CLOEXEC), kind) for name, kind in _NAMESPACES]
        linux_calls.unshare(linux_calls.NEW_MOUNTS | linux_calls.NEW_NET)
        linux_calls.keep_mounts_private()
        linux_calls.raise_loopback()
        _do_without_ipv6()
        # For dockerd's own pulls; no container is on this loopback.
        egress = socket.create_server(("127.0.0.1", EGRESS_PORT), backlog=128)
        names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        names.bind(("127.0.0.1", 53))
        _name_servers(paths)
        _bind_host_net(paths, home[0][0])
        _cover(paths)
        cgroups.make_room()
        links = _iptables_links(paths, binaries)
        linux_calls.unshare(linux_calls.NEW_PIDS)
        command = _dockerd_command(paths, binaries)
        environment = {**binaries.environment(iptables=links), **_dockerd_environment(paths)}
        log = os.open(paths.dockerd_log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        pid = os.fork()
        if pid == 0:
            _become_dockerd(command, environment, log, alive)
        os.close(log)
        for namespace, kind in home:
            linux_calls.enter(namespace, kind)
            os.close(namespace)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MachineFault(
            f"cannot give a container engine its own namespaces: {error}",
            where="own engine",
            remedy="run on a machine or in a container with full privileges, or name an engine by DOCKER_HOST",
        ) from error
    return Namespaces(pid, egress, names)


def listen_inside(pid: int, address: str) -> socket.socket:
    """A socket that listens on a free port of an address in the network namespace that ``pid`` is in.

    Raises OSError. A thread of its own goes there, and ends there.
    """
    made: list[socket.socket | OSError] = []

    def make() -> None:
        try:
            inside = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            try:
                linux_calls.enter(inside, linux_calls.NEW_NET)
            finally:
                os.close(inside)
            made.append(socket.create_server((address, 0), backlog=128))
        except OSError as error:
            made.append(error)

    thread = threading.Thread(target=make, name=f"listener on {address}")
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


def _become_dockerd(command: list[str], environment: dict[str, str], log: int, alive: int) -> None:
    """Never returns: the namespaces' first process is tini, which passes signals on and reaps what is orphaned."""
    try:
        linux_calls.die_with_parent(signal.SIGTERM)
        linux_calls.mount("proc", "/proc", "proc")
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.set_inheritable(alive, True)
        os.execve(command[0], command, environment)
    except OSError as error:
        os.write(log, f"cannot start dockerd: {error}\n".encode())
    finally:
        os._exit(127)


def _dockerd_command(paths: EnginePaths, binaries: Binaries) -> list[str]:
    configuration = paths.runtime / "daemon.json"
    # Of our own, because the machine's /etc/docker/daemon.json is not meant for this engine.
    configuration.write_text(json.dumps({"default-address-pools": [{"base": "172.16.0.0/12", "size": 24}]}))
    script = paths.runtime / "publish"
    script.write_text(
        "#!/bin/sh\n"
        "unset LD_LIBRARY_PATH\n"
        f"exec '{sys.executable}' -I -S '{Path(publish.__file__).resolve()}' '{paths.host_net}' \"$@\"\n"
    )
    script.chmod(0o755)
    return [
        str(binaries.init),
        "--",
        str(binaries.dockerd),
        f"--config-file={configuration}",
        f"--host={paths.url}",
        "--group=root",
        f"--data-root={paths.data}",
        f"--exec-root={paths.exec_root}",
        f"--pidfile={paths.runtime / 'docker.pid'}",
        f"--init-path={binaries.init}",
        "--bridge=none",
        f"--userland-proxy-path={script}",
        # Not systemd's driver: it would hand systemd process ids that mean something else outside the namespaces.
        "--exec-opt=native.cgroupdriver=cgroupfs",
        f"--cgroup-parent={paths.cgroup}",
        f"--default-ulimit=nofile={_open_files()}",
        "--shutdown-timeout=5",
        "--log-level=warn",
        f"--label={SUPERVISOR_LABEL}={paths.lifeline}",
    ]


def _open_files() -> str:
    """systemd's limits for daemons, or what this process may grant: dockerd's own default can be a billion."""
    granted = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    hard = _OPEN_FILES if granted == resource.RLIM_INFINITY else min(granted, _OPEN_FILES)
    return f"{min(1024, hard)}:{hard}"


def _dockerd_environment(paths: EnginePaths) -> dict[str, str]:
    """containerd, its shims and runc take over what dockerd has: their temporary files stay out of /tmp."""
    paths.temporary.mkdir(mode=0o700)
    return {
        "TMPDIR": str(paths.temporary),
        "XDG_RUNTIME_DIR": str(paths.temporary),
        "HOME": os.environ.get("HOME", "/root"),
        "LC_ALL": "C.UTF-8",
        "HTTP_PROXY": EGRESS_PROXY,
        "HTTPS_PROXY": EGRESS_PROXY,
        "NO_PROXY": "localhost,127.0.0.1",
    }


def _do_without_ipv6() -> None:
    """Else dockerd publishes each port twice; where the setting cannot be written it does, and no harm is done."""
    with contextlib.suppress(OSError):
        Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1")


def _name_servers(paths: EnginePaths) -> None:
    """Point dockerd to the name server inside; one on a loopback it asks from its own namespace, so it is reached."""
    named = paths.runtime / "resolv.conf"
    named.write_text("nameserver 127.0.0.1\noptions ndots:0\n")
    with contextlib.suppress(FileNotFoundError):
        linux_calls.mount(str(named), str(Path("/etc/resolv.conf").resolve()), flags=linux_calls.BIND)


def _bind_host_net(paths: EnginePaths, host: int) -> None:
    paths.host_net.touch()
    linux_calls.mount(f"/proc/self/fd/{host}", str(paths.host_net), flags=linux_calls.BIND)


def _cover(paths: EnginePaths) -> None:
    """Mount an empty folder over each path that would be written to; which ones had to be made is written down.

    A mount point that is removed outside takes the mount inside along, so the list is shared by all engines of ours
    on the machine, and the last of them removes what is on it.
    """
    with _covering() as shared:
        made = {folder for folder in _COVERED if not Path(folder).exists()}
        for listed in (shared, paths.home / _COVERED_LIST):
            made |= _listed(listed)
        for listed in (shared, paths.home / _COVERED_LIST):
            listed.write_text(json.dumps(sorted(made)))
        for folder in _COVERED:
            Path(folder).mkdir(parents=True, exist_ok=True)
            linux_calls.mount("tmpfs", folder, "tmpfs", options="mode=0711")


def uncover(paths: EnginePaths) -> None:
    """Remove the folders that were made only to be covered, unless another engine of ours still covers them.

    Call it when the engine's runtime folder is gone. A folder that is used by now is not empty and stays.
    """
    with _covering() as shared:
        if shared.parent.is_dir() and any(entry.is_dir() for entry in shared.parent.iterdir()):
            return
        for listed in (shared, paths.home / _COVERED_LIST):
            for folder in _listed(listed):
                with contextlib.suppress(OSError):
                    Path(folder).rmdir()
            listed.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            shared.parent.rmdir()


@contextlib.contextmanager
def _covering() -> Iterator[Path]:
    """Keep other engines from covering and uncovering meanwhile; yields the list they share."""
    lock = os.open(RUNTIME.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield RUNTIME / _COVERED_LIST
    finally:
        os.close(lock)


def _listed(listed: Path) -> set[str]:
    return set(json.loads(listed.read_text())) if listed.exists() else set()


def _iptables_links(paths: EnginePaths, binaries: Binaries) -> Path:
    """A folder with ``iptables`` and ``ip6tables``: by nftables where this kernel has it, else the legacy kind."""
    folder = paths.runtime / "bin"
    folder.mkdir()
    for kind in ("nft", "legacy"):
        program = binaries.root / f"usr/sbin/xtables-{kind}-multi"
        works = subprocess.run(
            [str(program), "iptables", "-t", "nat", "-n", "-L"],
            env=binaries.environment(),
            capture_output=True,
            check=False,
            timeout=30,
        )
        if works.returncode == 0:
            (folder / "iptables").symlink_to(program)
            (folder / "ip6tables").symlink_to(program)
            return folder
    detail = works.stderr.decode(errors="replace").strip()
    raise MachineFault("this kernel offers no iptables, by nftables or legacy", where="own engine", detail=detail)
