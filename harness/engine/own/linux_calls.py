"""The few Linux calls Python 3.11 does not offer: namespaces, mounts, a signal when the parent dies."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct

NEW_MOUNTS = 0x00020000
NEW_PIDS = 0x20000000
NEW_NET = 0x40000000

BIND = 0x1000
_PRIVATE_ALL = 0x4000 | 0x40000
_PR_SET_PDEATHSIG = 1
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, call: str) -> None:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{call}: {os.strerror(error)}")


def unshare(kinds: int) -> None:
    """Move this thread into new namespaces (of process ids: only its next children). Raises OSError."""
    _checked(_libc.unshare(kinds), "unshare")


def enter(namespace: int, kind: int) -> None:
    """Move this thread into the namespace of an open file descriptor. Raises OSError."""
    _checked(_libc.setns(namespace, kind), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2). Raises OSError."""
    result = _libc.mount(source.encode(), target.encode(), kind.encode() or None, flags, options.encode() or None)
    _checked(result, f"mount {target}")


def keep_mounts_private() -> None:
    """From here on, mounts made in this mount namespace stay in it. Raises OSError."""
    mount("none", "/", flags=_PRIVATE_ALL)


def die_with_parent(number: signal.Signals) -> None:
    """Have the kernel send this process a signal when the thread that forked it ends."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0), "prctl")


def raise_loopback() -> None:
    """Switch ``lo`` on in this thread's network namespace. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        fcntl.ioctl(channel, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))
