"""Seeing every file that is made in a folder, however short it lives: inotify(7)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path

_CREATE, _MOVED_TO = 0x100, 0x80
_NONBLOCK = 0x800


@contextlib.contextmanager
def made_in(*folders: Path) -> Iterator[set[str]]:
    """The names of what is made directly in these folders meanwhile; filled when the context ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(_NONBLOCK)
    assert descriptor >= 0
    made: set[str] = set()
    try:
        for folder in folders:
            assert libc.inotify_add_watch(descriptor, bytes(folder), _CREATE | _MOVED_TO) >= 0
        yield made
        with contextlib.suppress(BlockingIOError):
            while data := os.read(descriptor, 1 << 16):
                while data:
                    length = struct.unpack("iIII", data[:16])[3]
                    made.add(data[16 : 16 + length].rstrip(b"\0").decode())
                    data = data[16 + length :]
    finally:
        os.close(descriptor)
